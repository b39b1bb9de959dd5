"""Signs requests beforehand, as their bytes go over the wire.

botocore takes 150 microseconds for one; a round that spreads its calls over many callers wants
thousands. A test compares the two.
"""

import hashlib
import hmac
import json
import time
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode

REGION = "us-east-1"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
AGENT = "Boto3/1.44.1 md/Botocore#1.44.1 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = "application/x-amz-json-1.1"


class Key(NamedTuple):
    """An access key, or the credentials of a session."""

    id: str
    secret: str
    token: str = ""
    """The session token; empty for an access key."""


@cache
def _derived(secret, day, service):
    found = f"AWS4{secret}".encode()
    for part in (day, REGION, service, "aws4_request"):
        found = hmac.digest(found, part.encode(), "sha256")
    return found


def authorization(key, service, *, headers, body):
    """Return the value of Authorization for a body that is posted to `/`.

    `headers` are those that are signed, by their names in lower case: `X-Amz-Date` is among them.
    """
    date = headers["x-amz-date"]
    day, names = date[:8], sorted(headers)
    digest = hashlib.sha256(body).hexdigest()
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    canonical = f"POST\n/\n\n{lines}\n{';'.join(names)}\n{digest}"
    scope = f"{day}/{REGION}/{service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}"
    signature = hmac.new(_derived(key.secret, day, service), text.encode(), "sha256").hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={key.id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"


def signed(port, key, service, action, **fields):
    """Return the bytes of a signed call of a query API on this machine."""
    body = urlencode({"Action": action, "Version": VERSIONS[service], **fields}).encode()
    return _posted(port, key, service, body, {"Content-Type": FORM})


def signed_json(port, key, service, target, **fields):
    """Return the bytes of a signed call of a JSON API on this machine; `target` is `X-Amz-Target`."""
    body = json.dumps(fields).encode()
    return _posted(port, key, service, body, {"Content-Type": JSON, "X-Amz-Target": target})


def _posted(port, key, service, body, kind):
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {"Host": f"127.0.0.1:{port}", **kind, "X-Amz-Date": date}
    if key.token:
        headers["X-Amz-Security-Token"] = key.token
    lower = {name.lower(): value for name, value in headers.items()}
    sent = {
        **headers,
        "Accept-Encoding": "identity",
        "User-Agent": AGENT,
        "Authorization": authorization(key, service, headers=lower, body=body),
        "Content-Length": len(body),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body
