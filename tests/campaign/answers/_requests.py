"""Requests drawn at random, signed by botocore and by awscrt, and what the server must make of each.

What a request means is known from what it was drawn from, never from what was sent.
"""

import datetime
import hashlib
import urllib.parse
from dataclasses import dataclass, field

from awscrt import auth as crt
from awscrt import http as crt_http
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"
BUCKET = "kept"
KEY_PIECES = ("a", "B", "0", " ", "  ", "+", "/", "%", "é", "~", "-", "_", ".x", "(", "'", "=", "&")
VALUE_PIECES = ("a", "b ", " c", "+", "é", "/", "=", "~", "*", "!", ":", "@", "%41")
WORDS = ("one", "two  three", "a\tb", "=", "x;y", "é", '"q  r"')
ROLE_PIECES = ("a", "B", "9", "+", "=", ".", "@", "-", "_")
SAFE = "/~"
"""What AWS's signers leave as it is in a path, beside letters, digits and `-._`."""


@dataclass
class Request:
    """A request as it is sent: path and parameters percent-encoded, header names in any case."""

    method: str
    path: str
    query: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    head_start: str = ""
    """What is sent before the request line."""
    is_chunked: bool = False
    trailers: list[tuple[str, str]] = field(default_factory=list)
    """Fields behind a body in chunks."""

    @property
    def target(self):
        return self.path + ("?" + "&".join(self.query) if self.query else "")

    def copy(self):
        return Request(**{**vars(self), "query": [*self.query], "headers": [*self.headers]})

    def octets(self):
        """Return the bytes that are sent."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}:{value}" for name, value in self.headers]
        body = self.body
        if self.is_chunked:
            lines.append("Transfer-Encoding: chunked")
            halves = [half for half in (body[:3], body[3:]) if half]
            trailers = "".join(f"{name}:{value}\r\n" for name, value in self.trailers)
            pieces = [b"%x\r\n%b\r\n" % (len(half), half) for half in halves]
            body = b"".join([*pieces, b"0\r\n", trailers.encode(), b"\r\n"])
        elif self.body or self.method in {"PUT", "POST"}:
            lines.append(f"Content-Length: {len(body)}")
        head = self.head_start + "\r\n".join(lines) + "\r\n\r\n"
        return head.encode("utf-8", "surrogateescape") + body


@dataclass(frozen=True)
class Drawn:
    """A signed request, and what the server must make of it."""

    request: Request
    signer: str
    signed: tuple[str, ...]
    """The names of the signed headers, in lower case."""
    is_presigned: bool
    is_s3: bool
    status: int
    heard: tuple | None
    """What the store must hear: method, target, metadata, body; None for a call of an API."""
    told: str = ""
    """What the answer of an API must say."""


def draw(dice, host, keys):
    """Return a signed request."""
    made = _s3_request(dice) if dice.random() < 0.6 else _api_request(dice)
    request, is_s3, means = made
    is_presigned = not request.body and dice.random() < 0.4
    signer = dice.choice(("botocore", "awscrt"))
    request.headers.insert(0, ("host", host))
    sign = _sign_with_botocore if signer == "botocore" else _sign_with_awscrt
    signed = sign(request, keys, is_s3=is_s3, is_presigned=is_presigned)
    return Drawn(request, signer, tuple(signed), is_presigned, is_s3, **means)


def _text(dice, pieces, most):
    return "".join(dice.choice(pieces) for _ in range(dice.randint(1, most)))


def _encoded(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "~")


def _s3_request(dice):
    key = "k" + _text(dice, KEY_PIECES, 8)
    method = dice.choice(("GET", "GET", "PUT", "PUT", "DELETE"))
    path = f"/{BUCKET}/{_encoded(key, SAFE)}"
    headers, query, heard_query, body = [], [], [], b""
    metadata = {}
    for name in dice.sample(("a", "b-c", "list"), dice.randint(0, 3)):
        value = ",".join(dice.choice(WORDS) for _ in range(dice.randint(1, 3)))
        headers.append((f"x-amz-meta-{name}", value))
        metadata[f"x-amz-meta-{name}"] = folded(value)
    if method == "PUT":
        body = b"abc" if dice.random() < 0.8 else b""
    else:
        metadata = {}
    if method == "GET":
        for name in dice.sample(("response-content-type", "versionId"), dice.randint(0, 2)):
            value = "v" + _text(
                dice, ("a", "+", "=", "é") if name == "versionId" else VALUE_PIECES, 4
            )
            if name != "versionId":
                value = value.strip()
            heard_query.append(f"{_encoded(name)}={_encoded(value)}")
        query = [*heard_query]
        if dice.random() < 0.5:
            query.append("x-id=GetObject")
    heard = (
        method,
        path + ("?" + "&".join(sorted(heard_query)) if heard_query else ""),
        metadata,
        body,
    )
    return Request(method, path, query, headers, body), True, {"status": 200, "heard": heard}


def folded(value):
    """Return a header's value as it is signed and carried out."""
    return " ".join(value.replace("\t", " ").split())


def _api_request(dice):
    role = _text(dice, ROLE_PIECES, 8)
    fields = {"Action": "GetRole", "Version": "2010-05-08", "RoleName": role}
    headers = [("x-amz-note", dice.choice(WORDS))] if dice.random() < 0.5 else []
    means = {"status": 404, "heard": None, "told": f"The role with name {role} cannot be found."}
    pieces = [f"{name}={_encoded(value)}" for name, value in fields.items()]
    if dice.random() < 0.4:
        return Request("GET", "/", pieces, headers), False, means
    headers.append(("content-type", "application/x-www-form-urlencoded"))
    return Request("POST", "/", [], headers, "&".join(pieces).encode()), False, means


def _sign_with_botocore(request, keys, *, is_s3, is_presigned):
    url = f"http://{dict(request.headers)['host']}{request.target}"
    headers = {name: value for name, value in request.headers if name != "host"}
    made = AWSRequest(request.method, url, headers=headers, data=request.body)
    credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    service = "s3" if is_s3 else "iam"
    if is_presigned:
        (S3SigV4QueryAuth if is_s3 else SigV4QueryAuth)(credentials, service, REGION, 600).add_auth(
            made
        )
        request.query = urllib.parse.urlsplit(made.url).query.split("&")
        return _signed_in_query(request.query)
    (S3SigV4Auth if is_s3 else SigV4Auth)(credentials, service, REGION).add_auth(made)
    request.headers = [request.headers[0], *made.headers.items()]
    return _signed_in_header(request.headers)


def _sign_with_awscrt(request, keys, *, is_s3, is_presigned):
    message = crt_http.HttpRequest(
        request.method, request.target, crt_http.HttpHeaders(request.headers), None
    )
    types = crt.AwsSignatureType
    body_header = crt.AwsSignedBodyHeaderType
    digest = hashlib.sha256(request.body).hexdigest()
    config = crt.AwsSigningConfig(
        algorithm=crt.AwsSigningAlgorithm.V4,
        signature_type=(
            types.HTTP_REQUEST_QUERY_PARAMS if is_presigned else types.HTTP_REQUEST_HEADERS
        ),
        credentials_provider=crt.AwsCredentialsProvider.new_static(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        ),
        region=REGION,
        service="s3" if is_s3 else "iam",
        date=datetime.datetime.now(datetime.UTC),
        use_double_uri_encode=not is_s3,
        should_normalize_uri_path=not is_s3,
        signed_body_value="UNSIGNED-PAYLOAD" if is_presigned and is_s3 else digest,
        signed_body_header_type=(
            body_header.X_AMZ_CONTENT_SHA_256 if is_s3 and not is_presigned else body_header.NONE
        ),
        expiration_in_seconds=600 if is_presigned else None,
    )
    made = crt.aws_sign_request(message, config).result()
    request.headers = list(made.headers)
    if is_presigned:
        request.query = made.path.partition("?")[2].split("&")
        return _signed_in_query(request.query)
    return _signed_in_header(request.headers)


def _signed_in_query(pieces):
    [names] = [
        urllib.parse.unquote(each.partition("=")[2])
        for each in pieces
        if each.startswith("X-Amz-SignedHeaders=")
    ]
    return names.split(";")


def _signed_in_header(headers):
    value = {name.lower(): value for name, value in headers}["authorization"]
    return value.partition("SignedHeaders=")[2].partition(",")[0].split(";")
