"""Requests that are sent as they stand, and what they may answer."""

import contextlib
import http.client
import time
from urllib.parse import urlsplit

PAYLOAD = b"hello\x00\xff"
"""What the object holds that links read."""
MISMATCH = (403, "SignatureDoesNotMatch")
DENIED = (403, "AccessDenied")
NOT_SIGNED = (400, "InvalidRequest")
TWICE = (400, "InvalidArgument")


def key_of(found):
    return found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken", "")


def soon():
    return int(time.time()) + 600


def ask(live, target, *, method="GET", body=None, headers=None, host=None):
    """Send a request as it stands; return status, headers by name in lower case, and content."""
    split = urlsplit(target)
    sent = {"Host": host} if host else {}
    with contextlib.closing(
        http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    ) as connection:
        path = f"{split.path}?{split.query}" if split.query else split.path
        connection.request(method, path, body=body, headers=sent | (headers or {}))
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, found, answer.read()


def refusal(live, target, **how):
    status, _, content = ask(live, target, **how)
    return status, content.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


def keys_in(owner, bucket):
    found = owner.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"] for each in found}


def without(name):
    """Return what leaves a parameter out of a target."""

    def change(target):
        path, _, query = target.partition("?")
        kept = [each for each in query.split("&") if each.partition("=")[0] != name]
        return f"{path}?{'&'.join(kept)}"

    return change
