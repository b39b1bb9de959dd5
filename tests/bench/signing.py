"""Signs requests beforehand, as their bytes go over the wire.

botocore takes 150 microseconds for one; a round that spreads its calls over many callers wants
thousands. A test compares the two.
"""

import hashlib
import hmac
import time
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode

REGION = "us-east-1"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
AGENT = "Boto3/1.44.1 md/Botocore#1.44.1 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"
KIND = "application/x-www-form-urlencoded; charset=utf-8"
SIGNED = "content-type;host;x-amz-date"


class Key(NamedTuple):
    """An access key."""

    id: str
    secret: str


@cache
def _derived(secret, day, service):
    found = f"AWS4{secret}".encode()
    for part in (day, REGION, service, "aws4_request"):
        found = hmac.digest(found, part.encode(), "sha256")
    return found


def authorization(key, service, *, host, body, date):
    """Return the value of Authorization for a form that is posted to `/` at an `X-Amz-Date`."""
    day = date[:8]
    digest = hashlib.sha256(body).hexdigest()
    headers = f"content-type:{KIND}\nhost:{host}\nx-amz-date:{date}\n"
    canonical = f"POST\n/\n\n{headers}\n{SIGNED}\n{digest}"
    scope = f"{day}/{REGION}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}"
    signature = hmac.new(_derived(key.secret, day, service), text.encode(), "sha256").hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={key.id}/{scope}, SignedHeaders={SIGNED}, Signature={signature}"


def signed(port, key, service, action, **fields):
    """Return the bytes of a signed call of a query API on this machine."""
    body = urlencode({"Action": action, "Version": VERSIONS[service], **fields}).encode()
    host, date = f"127.0.0.1:{port}", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    value = authorization(key, service, host=host, body=body, date=date)
    head = (
        f"POST / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n"
        f"Content-Type: {KIND}\r\nUser-Agent: {AGENT}\r\nX-Amz-Date: {date}\r\n"
        f"Authorization: {value}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
