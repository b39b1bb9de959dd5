"""One call with boto3, unchanged: `python_client.py SERVICE OPERATION PARAMETERS`, as the CLI's.

It prints the answer as JSON, or the error on standard error and exits with the CLI's code.
"""

import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

service, operation, parameters = sys.argv[1:]
try:
    call = getattr(boto3.session.Session().client(service), operation)
    answer = call(**json.loads(parameters))
except (BotoCoreError, ClientError) as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(254)
sys.stdout.write(json.dumps(answer, default=str))
