"""What the bench signs itself is what botocore signs."""

import subprocess
import sys
import time

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.bench import signing
from tests.bench.load import Connection
from tests.bench.servers import cpu_seconds, process_tree

KEY = signing.Key("AKIAEXAMPLE", "a secret/+")


SESSION = signing.Key("ASIAEXAMPLE", "a secret/+", "a token/+=")
TARGET = "AWSIdentityStore.CreateUser"


@pytest.mark.parametrize(
    ("service", "key", "message"),
    [
        ("sts", KEY, signing.signed(4000, KEY, "sts", "GetThing", Name="a b/ü&=")),
        ("iam", KEY, signing.signed(4000, KEY, "iam", "GetThing", Name="a b/ü&=")),
        ("sts", SESSION, signing.signed(4000, SESSION, "sts", "GetThing")),
        ("identitystore", KEY, signing.signed_json(4000, KEY, "identitystore", TARGET, Name="ü")),
    ],
    ids=["sts", "iam", "session", "json"],
)
def test_a_signature_is_the_one_that_botocore_makes(service, key, message) -> None:
    head, _, body = message.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])

    names = ("Host", "Content-Type", "X-Amz-Target")
    kept = {name: headers[name] for name in names if name in headers}
    request = AWSRequest("POST", "http://127.0.0.1:4000/", headers=kept, data=body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    theirs = SigV4Auth(Credentials(*key), service, signing.REGION)
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    if key.token:
        request.headers["X-Amz-Security-Token"] = headers["X-Amz-Security-Token"]
    text = theirs.string_to_sign(request, theirs.canonical_request(request))
    assert headers["Authorization"].endswith(f"Signature={theirs.signature(text, request)}")
    assert int(headers["Content-Length"]) == len(body)


def test_the_processor_time_of_another_process_is_counted_with_what_has_ended() -> None:
    busy = "import threading, sys; t = threading.Thread(target=lambda: sum(range(2_000_000))); t.start(); t.join(); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        before = time.process_time()
        sum(range(1_000_000))
        alone = time.process_time() - before

        assert cpu_seconds(process.pid) > alone / 2
        assert process_tree(process.pid) == [process.pid]
        process.stdin.close()


def test_a_connection_to_nobody_is_an_error() -> None:
    with pytest.raises(OSError, match="refused"):
        Connection(1)
