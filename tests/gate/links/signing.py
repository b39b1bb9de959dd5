"""Links and forms of Signature Version 2, signed by hand: another way than botocore's and ours."""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote


def signature(secret, text):
    return base64.b64encode(
        hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    ).decode()


def link(signer, path, *, method="GET", end, signed=(), hoisted=(), body_type="", resource=None):
    """Return the target of a link.

    `signer` is the key id, secret and token; `signed` and `hoisted` are the parameters and headers in
    the query, in pairs; `resource` is the path that is signed, if that is another.
    """
    key_id, secret, token = signer
    headers = [*hoisted, *([("x-amz-security-token", token)] if token else [])]
    amz = "".join(f"{name}:{value}\n" for name, value in sorted(headers))
    parameters = [name if value is None else f"{name}={value}" for name, value in sorted(signed)]
    said = f"{resource or path}{'?' if parameters else ''}{'&'.join(parameters)}"
    text = f"{method}\n\n{body_type}\n{end}\n{amz}{said}"
    pairs = [
        *signed,
        *headers,
        *([("content-type", body_type)] if body_type else []),
        ("AWSAccessKeyId", key_id),
        ("Signature", signature(secret, text)),
        ("Expires", str(end)),
    ]
    return f"{path}?" + "&".join(
        quote(name) if value is None else f"{quote(name)}={quote(value, safe='')}"
        for name, value in pairs
    )


def form_fields(signer, conditions, *, expiration, **fields):
    """Return the fields of a form whose policy has these conditions; `signer` is as in `link`."""
    key_id, secret, token = signer
    extra = {"x-amz-security-token": token} if token else {}
    document = {
        "expiration": expiration,
        "conditions": [*conditions, *({name: value} for name, value in extra.items())],
    }
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        **fields,
        **extra,
        "AWSAccessKeyId": key_id,
        "policy": policy,
        "signature": signature(secret, policy),
    }
