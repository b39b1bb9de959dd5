"""Every place where input of a caller grows, with its bound: what happens at it, and one past it.

A row names the bound and asks a place for so much of something. At the bound it is taken, or
refused for another reason; one past it the refusal has the right code, in the shape of the protocol
that was spoken. A bound without a row is a failure too.
"""

import asyncio
import base64
import hashlib
import ipaddress
import json
import os
import re
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import msgspec
import pytest
from botocore.exceptions import ClientError
from tests.documents import allow, policy

from daypass.core import form_policy, quotas
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam import attachments
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import Fault, Invalid, NotFound
from daypass.core.http.request import RawRequest
from daypass.core.identity_center.portal import portal_tokens
from daypass.core.jsontext import count_values_max
from daypass.core.policy.checks.validate import DocumentKind, validate_document
from daypass.core.policy.decision import policy_references, refusal_record
from daypass.core.policy.explanation import question_files
from daypass.core.policy.explanation.statement_data import StatementLines
from daypass.core.policy.language import condition_values, parse
from daypass.core.sessions import session_plan, token
from daypass.core.sessions.narrowing import Narrowing, narrow_session
from daypass.core.sigv4 import chunked
from daypass.core.sigv4.claim import read_claim
from daypass.core.slices import at_once
from daypass.gate import admission, buffer_quota, gather
from daypass.gate import limits as gate
from daypass.gate.body import body_framing
from daypass.gate.buckets import bucket_policies, bucket_records
from daypass.gate.forms import form_fields
from daypass.gate.operations.table import OPERATIONS, resolve_request
from daypass.gate.protocol import (
    documents,
    errors,
    late_answers,
    reply,
    store_answers,
    success_answers,
    tag_sets,
)
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import headers, query_parameters, request_target
from daypass.gate.request.resolved_request import GateRules
from daypass.server import limits as server
from daypass.server.authority.error_codes import ErrorCodes
from daypass.server.http import asgi, protocol, proxies
from daypass.server.http.overload.early_refusals import EarlyRefusals
from daypass.services.iam.simulation import simulated_request
from daypass.services.registry import SERVICES
from daypass.services.sts import session_policies
from daypass.wire import limits as wire
from daypass.wire import paginate
from daypass.wire.catalog import load_catalog
from daypass.wire.error_response import error_response
from daypass.wire.errors import WireFault
from daypass.wire.message import HttpRequest
from daypass.wire.protocols import json11, jsonvalues, query

ROOT = Path(__file__).parents[2]
CATALOG = load_catalog(SERVICES)
REFUSALS = ErrorCodes(CATALOG, SERVICES)
EARLY_REFUSALS = EarlyRefusals(CATALOG, entropy=os.urandom, has_gate=True)
RULES = GateRules(
    region="us-east-1", host_names=frozenset({"gate.test"}), regions=frozenset({"us-east-1"})
)
FORM = (b"content-type", b"application/x-www-form-urlencoded")


@dataclass
class Row:
    """A bound, the last amount that is within it, who refuses more, with which code and words."""

    bound: str
    protocol: str
    code: str
    ask: object
    words: str = ""
    last: int | None = None

    @property
    def most(self):
        if self.last is not None:
            return self.last
        module, _, name = self.bound.partition(".")
        return getattr(
            {"quotas": quotas, "gate": gate, "wire": wire, "server": server}[module], name
        )


def run(coroutine):
    return asyncio.run(coroutine)


# The places.


def claim_of(value=b"", query=b""):
    given = ((b"host", b"gate.test"), (b"x-amz-date", b"20260101T000000Z"))
    given += ((b"authorization", value),) if value else ()
    return read_claim(RawRequest("GET", "/", query, given))


def signed_by(count):
    names = ";".join(sorted(f"{at:x}" for at in range(count)))
    return claim_of(
        f"AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders={names},Signature=a".encode()
    )


def chunk(data):
    for _ in chunked.ChunkedDecoder(None).feed(data):
        pass


def trailers(count, size=1):
    decoder = chunked.ChunkedDecoder(None, announced=frozenset())
    for _ in decoder.feed(
        b"0\r\n" + b"".join(b"x-%d:%b\r\n" % (at, b"v" * size) for at in range(count))
    ):
        pass


def post(conditions):
    text = json.dumps({"expiration": "2099-01-01T00:00:00Z", "conditions": conditions})
    return form_policy.parse_post_policy(base64.b64encode(text.encode()).decode())


def session(policy="", arns=0):
    named = {"arn": "arn:aws:iam::aws:policy/P"}
    request = {"PolicyArns": [named] * arns} | ({"Policy": policy} if policy else {})
    session_policies.check_session_policies(request, account="1")


def packed(size):
    """Ask for a session whose policy takes that much room, packed: a text that can hardly be
    compressed.
    """
    text = base64.b85encode(
        b"".join(hashlib.sha256(b"%d" % at).digest() for at in range(500))
    ).decode()
    most, low, high = quotas.PACKED_SESSION_BYTES_MAX, 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        used = len(zlib.compress(msgspec.msgpack.encode(((text[:middle],), ())), 9))
        low, high = (middle, high) if used <= most else (low, middle - 1)
    return session_plan.packed_percent((text[: low + (size > most)],), ())


def nested(depth):
    return "[" * depth + "1" + "]" * depth


def values(count):
    text = json.dumps([1] * (count - 1))
    assert count_values_max(text) == count
    return text


def sized(kind, length):
    text = policy(
        allow(
            **(
                {"Principal": {"AWS": "*"}}
                if kind in {DocumentKind.TRUST, DocumentKind.RESOURCE}
                else {}
            )
        )
    )
    return text.replace(
        '"Effect"', f'"Sid": "{"a" * (length - len("".join(text.split())) - 9)}", "Effect"'
    )


def simulated(texts, entry=0):
    request = {"PolicyInputList": texts, "ContextEntries": [{"ContextKeyValues": ["v"] * entry}]}
    simulated_request.check_policies_size(request)


def query_of(body):
    return at_once(query.parse_fields(HttpRequest("POST", b"/", b"", (FORM,), body)))


def listed(count):
    """Read so many elements of a list of a form: a longer one is cut, and what is over counts as
    not there.
    """
    form = query.QueryForm({f"ActionNames.member.{at}": "a" for at in range(1, count + 1)})
    found = query.FormShapeReader(CATALOG.services["iam"].model).compile_structure(
        "SimulateCustomPolicyRequest"
    )(form, "")
    return len(found["ActionNames"])


def below(depth):
    name = ".".join(["a"] * (depth + 1))
    return len(query.QueryForm({name: "1"}).prefixes)


def told(count):
    """Return how many violations a refusal tells of."""
    check = CATALOG.services["iam"].operations["TagUser"].validate
    with pytest.raises(Fault) as caught:
        check({"UserName": "alice", "Tags": [{"Key": "#", "Value": ""}] * count})
    return int(caught.value.message.partition(" ")[0])


def shown(size):
    """Return how much of a value a complaint repeats."""
    check = CATALOG.services["sts"].operations["GetAccessKeyInfo"].validate
    with pytest.raises(Fault) as caught:
        check({"AccessKeyId": "!" * size})
    return caught.value.message.count("!")


PAGINATOR = paginate.Paginator("Marker", "Marker", "Items", "MaxItems", "IsTruncated")


def weighed(weight):
    """Return how many entries of a thousand come on one page where each weighs so much."""
    items = paginate.ComputedList(1_000, lambda at: at, lambda: (), lambda _entry: weight)
    return len(
        at_once(
            paginate.answer_page(
                PAGINATOR, {"Items": items}, {"MaxItems": 1_000}, scope="s", keys=[b"k"]
            )
        )["Items"]
    )


def marker(size):
    """Return how much of a marker is read."""
    with mock.patch.object(paginate.base64, "b64decode", return_value=b"") as decoded:  # noqa: SIM117 - one is refused inside the other
        with pytest.raises(Fault):
            at_once(
                paginate.answer_page(
                    PAGINATOR, {"Items": [1]}, {"Marker": "A" * size}, scope="s", keys=[b"k"]
                )
            )
    return len(decoded.call_args[0][0])


def narrowed(times):
    """Narrow a session, over and over."""
    session = token.Session(kind=token.SessionKind.ROLE, origin=token.Origin.ASSUME_ROLE, account="1", principal_id="", session_name="", issued=0, expires=9, secret="")  # fmt: skip
    for _ in range(times):
        session = narrow_session(session, Narrowing("{}", None), steady=0)


def opened_token(size):
    """Open a session token that nobody issued; one that is short enough is looked up among the
    keys.
    """

    def key_by_id(*_):
        raise NotFound("looked up")

    token.open_session("A" * size, key_id="a", ring=SimpleNamespace(key_by_id=key_by_id))


def opened_portal_token(size):
    """Open an access token that nobody issued; as `opened_token` does."""

    def key_by_id(*_):
        raise NotFound("looked up")

    portal_tokens.open_portal_token("A" * size, ring=SimpleNamespace(key_by_id=key_by_id))


def resolved(method="GET", line="/bucket/k", **given):
    path, _, raw = line.partition("?")
    found = tuple(
        (name.replace("_", "-").encode(), value.encode()) for name, value in given.items()
    )
    return resolve_request(
        RawRequest(method, path.encode(), raw.encode(), ((b"host", b"gate.test"), *found)),
        None,
        RULES,
    )


def announced(name, length):
    """Announce a body of an operation."""
    lines = {
        "PutObject": ("PUT", "/bucket/k"),
        "DeleteObjects": ("POST", "/bucket?delete"),
        "CompleteMultipartUpload": ("POST", "/bucket/k?uploadId=u"),
        "PutBucketLifecycleConfiguration": ("PUT", "/bucket?lifecycle"),
        "PutBucketPolicy": ("PUT", "/bucket?policy"),
    }
    proved = SimpleNamespace(payload_hash="0" * 64)
    return body_framing.announced_body(
        resolved(*lines[name]), proved, {"content-length": str(length)}, RULES, secure=True
    )


def read(elements, most):
    return run(
        documents.parse_xml_in_turns(b"<a>" + b"<b/>" * (elements - 1) + b"</a>", elements=most)
    )


def checked(name, elements):
    """Read the document of an operation."""
    row = replace(OPERATIONS[name], has_own_reader=True)
    asked = SimpleNamespace(row=row, headers={"content-md5": ""})
    run(gather.parse_request_document(asked, b"<a>" + b"<b/>" * (elements - 1) + b"</a>"))


def deletion(count):
    root = run(
        documents.parse_xml_in_turns(
            b"<Delete>" + b"<Object><Key>k</Key></Object>" * count + b"</Delete>", elements=10_000
        )
    )
    documents.parse_deletion(root)


def deleted(size):
    documents.parse_deletion(
        documents.parse_xml(b"<Delete><Object><Key>" + b"k" * size + b"</Key></Object></Delete>")
    )


def tag(size):
    """Read a tag that is so long; behind it enough of the document comes to see that."""
    start = b"<a><b c='" + b"v" * (size - 9)
    documents.parse_xml(start + b"'/>" + b"d" * 10_000 + b"</a>")


def pairs(count, key=1, value=1):
    return tuple((f"{at}".ljust(key, "k"), "v" * value) for at in range(count))


def bucket_tags(count):
    directory = SimpleNamespace(tag_policy=lambda _account: {})
    bucket = Bucket(account="", name="b", owner="1", region="", created=0)
    bucket_records.with_tags(bucket, pairs(count), directory)


def receiving(*pieces):
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return waiting.pop(0)

    return receive


def field(name, value=""):
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


async def formed(content, kind="multipart/form-data; boundary=b"):
    form = await form_fields.read_form(receiving(content), kind)
    await form.spool_file(SimpleNamespace(length=0, write=_written), bytes_max=10)
    return form


async def _written(_piece):
    return None


def file_of(size):
    async def kept():
        form = await form_fields.read_form(
            receiving(field("file", "x" * 100) + b"--b--\r\n"), "multipart/form-data; boundary=b"
        )
        await form.spool_file(
            SimpleNamespace(length=size - 100, write=_written), bytes_max=gate.FORM_FILE_BYTES_MAX
        )

    run(kept())


def silent(size):
    """Send a preamble of a form in pieces: nothing comes of it."""
    pieces = [b"p" * (size // 4)] * 4

    async def sent():
        events = form_fields._form_events(receiving(*pieces, b"p" * (size % 4)), "b")
        return [event async for event in events]

    run(sent())


def carried_together(count):
    door = admission.RequestAdmission()
    door._under_way["1"] = count - 1
    with door.admit("1"):
        pass


def answered(size):
    """Pass on a store's result that is so long."""

    async def pieces():
        yield b"<CopyObjectResult><ETag>1</ETag></CopyObjectResult>".ljust(size)

    async def start(_status, _headers):
        pass

    told = SimpleNamespace(has_started=False, send_head=start)
    run(
        late_answers.LateAnswer(told, [], OPERATIONS["CopyObject"].result, location="").forward(
            pieces()
        )
    )


def result_of(elements):
    """Read a page of a store that has so many elements."""
    page = (
        b"<ListBucketResult>"
        + b"<a/>" * (elements - 2)
        + b"<IsTruncated>false</IsTruncated></ListBucketResult>"
    )
    left = [page, b""]

    async def read(most):
        piece, left[0] = left[0][:most], left[0][most:]
        return piece

    answer = SimpleNamespace(status=200, headers={}, content=SimpleNamespace(read=read))
    run(success_answers.read_document(answer, OPERATIONS["ListObjectsV2"].result))


def kept(make, things=1, size=0, *, of_one=False):
    """Keep so many things of so many bytes at the gate, of one account or of one each."""
    room = make()
    with ExitStack() as taken:
        for at in range(things):
            taken.enter_context(room.reserve("one" if of_one else str(at), size))


def together(make, size, part):
    """Keep so many bytes of several accounts, none of which has too many of its own."""
    room = make()
    with ExitStack() as taken:
        for at in range(-(-size // part)):
            taken.enter_context(room.reserve(str(at), min(part, size - at * part)))


def whole_answer(size):
    """Read a store's answer that is so long."""
    left = [b"x" * size, b""]

    async def read(most):
        piece, left[0] = left[0][:most], left[0][most:]
        return piece

    run(
        store_answers.read_whole(
            SimpleNamespace(content=SimpleNamespace(read=read)), gate.RESULT_BYTES_MAX
        )
    )


def one_page(size):
    """Return how many buckets a page has."""
    some = [
        Bucket(account="*", name=f"{at:06}", owner="1", region="r", created=0) for at in range(size)
    ]
    return bucket_records.bucket_list(some, None, {"max-buckets": str(size)}).count(b"<Bucket>")


def listed_by_name(size):
    """Return how many characters the names and hashes of policies have that a message lists."""
    found = policy_references.reference_policies(
        [policy_references.PolicyReference("n" * (size - 32), "", b"h" * 32)]
    )
    if not found.is_listed:
        raise Invalid("they are not listed")


def lines_of(size):
    """Tell at which lines a statement stands, in a document that is so long."""
    document = SimpleNamespace(text=policy(allow()).ljust(size))
    rule = SimpleNamespace(
        policy=SimpleNamespace(document=document), statement=SimpleNamespace(index=0)
    )
    if StatementLines(quotas.TRACED_CHARACTERS_MAX).lines_of(rule) is None:
        raise Invalid("its lines are not told")


def named_sid(size):
    """Ask for a message that names the Sid of the statement that decided."""
    rule = SimpleNamespace(
        statement=SimpleNamespace(syntax=SimpleNamespace(sid="s" * size), index=0),
        policy=SimpleNamespace(reference=policy_references.PolicyReference("", "", b"")),
    )
    if not refusal_record._deciding_statement(rule).sid:
        raise Invalid("it is not named")


def hops(count):
    """Find out who stands behind so many trusted proxies."""
    behind = proxies.TrustedProxies([ipaddress.ip_network("10.0.0.0/8")], None)
    if behind._client_address(["10.0.0.1"] * count) is None:
        raise Invalid("nobody knows")


def lingered(size):
    """Return how much is read of a client that is refused while it sends."""
    left = [b"x" * 1_024] * (size // 1_024)

    async def receive():
        return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

    run(reply._discard_body(receive))
    return size - 1_024 * len(left)


class Connection(protocol.StrictProtocol):
    """A connection that nothing is behind of."""

    def __init__(self):
        self.url, self.headers = b"", []
        self.loop = SimpleNamespace(time=lambda: 0.0)
        self.parser = SimpleNamespace(should_upgrade=lambda: False)


def header_section(size, count=1):
    connection = Connection()
    connection.headers = []
    for at in range(count):
        try:
            connection.on_header(b"n", b"v" * (size // count - 1))
        except ValueError as error:
            raise S3Error("InvalidRequest", str(error)) from None
        assert at < server.HEADERS_MAX


def long_request_line(size):
    try:
        Connection().on_url(b"/" * size)
    except ValueError as error:
        raise S3Error("InvalidRequest", str(error)) from None


def api_body(size):
    """Announce a body of the API."""
    scope = {"headers": [(b"content-length", b"%d" % size)]}
    found = run(asgi._read_body(scope, receiving(b"x"), lambda: 0.0))
    if not isinstance(found, bytes):
        refused = EARLY_REFUSALS.response(
            b"POST / HTTP/1.1\r\nauthorization: Credential=a/b/c/iam/aws4_request", found
        )
        code = re.search(rb"<Code>(.*?)</Code>", refused.body)[1].decode()
        raise WireFault(code, "", status=refused.status)


def json_body(text):
    return jsonvalues.parse_json_object(text.encode())


def parsed(text):
    parse_input = json11.compile_parse(
        CATALOG.services["organizations"].model, "TagResourceRequest"
    )
    kind = (b"content-type", b"application/x-amz-json-1.1")
    return parse_input(HttpRequest("POST", b"/", b"", (kind,), text.encode()))


ROWS = [
    # Signatures, and what carries them.
    Row("quotas.AUTHORIZATION_BYTES_MAX", "s3", "AuthorizationHeaderMalformed", lambda n: claim_of(b"AWS4-HMAC-SHA256 ".ljust(n, b"a")), "too long"),
    Row("quotas.SIGNED_HEADERS_MAX", "s3", "AuthorizationHeaderMalformed", signed_by, "not a list"),
    Row("quotas.QUERY_PARAMETERS_MAX", "s3", "AuthorizationHeaderMalformed", lambda n: claim_of(query=b"&".join([b"X-Amz-Date=1"] + [b"a"] * (n - 1))), "too many parameters"),
    Row("quotas.TOKEN_CHARACTERS_MAX", "iam", "InvalidClientTokenId", opened_token),
    Row("quotas.PORTAL_TOKEN_CHARACTERS_MAX", "sso", "UnauthorizedException", opened_portal_token),
    Row("quotas.CHUNK_LINE_BYTES_MAX", "s3", "InvalidRequest", lambda n: chunk(b"0" * n + b"\r\n"), "too long"),
    Row("quotas.CHUNK_BYTES_MAX", "s3", "InvalidRequest", lambda n: chunk(b"%x\r\n" % n), "too large"),
    Row("quotas.TRAILER_BYTES_MAX", "s3", "InvalidRequest", lambda n: trailers(1, n - 6), "too long"),
    Row("quotas.TRAILERS_MAX", "s3", "InvalidRequest", trailers, "cannot be read"),
    Row("quotas.POST_LENGTH_MAX", "s3", "InvalidPolicyDocument", lambda n: post([["content-length-range", 0, n]]), last=quotas.POST_LENGTH_MAX - 1),
    Row("quotas.POST_POLICY_CHARACTERS_MAX", "s3", "InvalidPolicyDocument", lambda n: form_policy.parse_post_policy("A" * n), "too long"),
    # Sessions.
    Row("quotas.SESSION_POLICY_CHARACTERS_MAX", "sts", "ValidationError", lambda n: session(sized(DocumentKind.SESSION, 300).ljust(n)), "longer than"),
    Row("quotas.SESSION_POLICY_ARNS_MAX", "sts", "ValidationError", lambda n: session(arns=n), "less than or equal to 10"),
    Row("quotas.PACKED_SESSION_BYTES_MAX", "sts", "PackedPolicyTooLarge", packed),
    # Documents.
    Row("quotas.DOCUMENT_CHARACTERS_MAX", "iam", "MalformedPolicyDocument", lambda n: validate_document(policy(allow()).ljust(n), DocumentKind.MANAGED)),
    Row("quotas.DOCUMENT_VALUES_MAX", "iam", "MalformedPolicyDocument", lambda n: parse.read_json(values(n))),
    Row("quotas.DOCUMENT_DEPTH_MAX", "iam", "MalformedPolicyDocument", lambda n: parse.read_json(nested(n))),
    Row("quotas.SCOPE_DOWNS_MAX", "sts", "AccessDenied", narrowed, "can have 3"),
    Row("quotas.QUESTION_CHARACTERS_MAX", "iam", "MalformedPolicyDocument", lambda n: question_files.read_json("1".ljust(n), characters_max=quotas.QUESTION_CHARACTERS_MAX)),
    Row("quotas.QUESTION_VALUES_MAX", "iam", "MalformedPolicyDocument", lambda n: parse.read_json("[" + "1," * (n - 2) + "1]", characters_max=quotas.QUESTION_CHARACTERS_MAX, json_values_max=quotas.QUESTION_VALUES_MAX)),
    Row("quotas.SIMULATED_WORK_MAX", "iam", "InvalidInput", lambda n: simulated([values(n // 2), values(n - n // 2)])),
    Row("quotas.SIMULATED_KEY_VALUES_MAX", "iam", "InvalidInput", lambda n: simulated([], entry=n)),
    Row("quotas.SIMULATED_COMPARISONS_MAX", "iam", "InvalidInput", lambda n: simulated([values(n // 20)], entry=20 + n % 20)),
    # Forms and bodies of the APIs.
    Row("wire.FORM_FIELDS_MAX", "iam", "MalformedQueryString", lambda n: query_of(b"&".join(b"f%d=" % at for at in range(n)))),
    Row("wire.JSON_DEPTH_MAX", "organizations", "SerializationException", lambda n: json_body('{"a":' + nested(n - 1) + "}")),
    Row("wire.JSON_VALUES_MAX", "organizations", "SerializationException", lambda n: parsed('{"a":' + values(n - 1) + "}")),
    Row("wire.NUMBER_DIGITS_MAX", "organizations", "SerializationException", lambda n: json_body('{"a":' + "1" * n + "}")),
    Row("server.BODY_BYTES_MAX", "iam", "RequestEntityTooLarge", api_body),
    # HTTP. The connection ends in a 400 without a body.
    Row("server.TARGET_BYTES_MAX", "s3", "InvalidRequest", long_request_line),
    Row("server.HEADER_BYTES_MAX", "s3", "InvalidRequest", header_section),
    Row("server.HEADERS_MAX", "s3", "InvalidRequest", lambda n: header_section(5 * n, n)),
    # The gate: names, headers, parameters.
    Row("gate.KEY_BYTES_MAX", "s3", "KeyTooLongError", lambda n: request_target.decoded_key(b"k" * n, allow_dot_segments=False)),
    Row("gate.KEY_BYTES_MAX", "s3", "MalformedXML", deleted),
    Row("gate.METADATA_BYTES_MAX", "s3", "MetadataTooLarge", lambda n: headers.check_metadata({"x-amz-meta-a": "v" * (n - 1)})),
    Row("gate.PARAMETERS_MAX", "s3", "InvalidArgument", lambda n: query_parameters.parse_query(b"&".join(b"a%d" % at for at in range(n)), presigned=False, selectors=frozenset())),
    Row("gate.PART_NUMBER_MAX", "s3", "InvalidArgument", lambda n: resolved("PUT", f"/bucket/k?partNumber={n}&uploadId=u")),
    Row("gate.OBJECT_BYTES_MAX", "s3", "EntityTooLarge", lambda n: announced("PutObject", n)),
    Row("gate.DELETE_BODY_BYTES_MAX", "s3", "EntityTooLarge", lambda n: announced("DeleteObjects", n)),
    Row("gate.COMPLETE_BODY_BYTES_MAX", "s3", "EntityTooLarge", lambda n: announced("CompleteMultipartUpload", n)),
    Row("gate.XML_BYTES_MAX", "s3", "EntityTooLarge", lambda n: announced("PutBucketLifecycleConfiguration", n)),
    Row("quotas.BUCKET_POLICY_BYTES_MAX", "s3", "MalformedPolicy", lambda n: bucket_policies.checked_policy(b"x" * n, None, None), "larger than"),
    Row("gate.OBJECT_TAGS_MAX", "s3", "BadRequest", lambda n: tag_sets.parse_tag_header("&".join(f"k{at}=v" for at in range(n)))),
    Row("gate.BUCKET_TAGS_MAX", "s3", "InvalidTag", bucket_tags, "cannot be greater"),
    Row("gate.TAG_KEY_CHARACTERS_MAX", "s3", "InvalidTag", lambda n: tag_sets.checked_tags(pairs(1, key=n))),
    Row("gate.TAG_VALUE_CHARACTERS_MAX", "s3", "InvalidTag", lambda n: tag_sets.checked_tags(pairs(1, value=n))),
    Row("gate.AT_ONCE_PER_ACCOUNT_MAX", "s3", "SlowDown", carried_together),
    # The gate: XML.
    Row("gate.DELETE_ENTRIES_MAX", "s3", "MalformedXML", deletion),
    Row("gate.XML_DEPTH_MAX", "s3", "MalformedXML", lambda n: documents.parse_xml(b"<a>" * n + b"</a>" * n)),
    Row("gate.XML_ATTRIBUTES_MAX", "s3", "MalformedXML", lambda n: documents.parse_xml(b"<a %b/>" % b" ".join(b"a%d=''" % at for at in range(n)))),
    Row("gate.XML_TEXT_CHARACTERS_MAX", "s3", "MalformedXML", lambda n: documents.parse_xml(b"<a>" + b"t" * n + b"</a>")),
    Row("gate.XML_SMALL_ELEMENTS_MAX", "s3", "MalformedXML", lambda n: documents.parse_xml(b"<a>" + b"<b/>" * (n - 1) + b"</a>")),
    Row("gate.XML_ELEMENTS_MAX", "s3", "MalformedXML", lambda n: checked("PutBucketLifecycleConfiguration", n)),
    Row("gate.DELETE_ELEMENTS_MAX", "s3", "MalformedXML", lambda n: checked("DeleteObjects", n)),
    Row("gate.COMPLETE_ELEMENTS_MAX", "s3", "MalformedXML", lambda n: checked("CompleteMultipartUpload", n)),
    # The gate: forms, and what a store says.
    Row("gate.FORM_FIELDS_BYTES_MAX", "s3", "MaxPostPreDataLengthExceededError", lambda n: run(formed(field("a", "v" * (n - 1)) + field("file") + b"--b--\r\n"))),
    Row("gate.FORM_FIELDS_MAX", "s3", "MaxPostPreDataLengthExceededError", lambda n: run(formed(b"".join(field(f"f{at}") for at in range(n)) + field("file") + b"--b--\r\n"))),
    Row("gate.FORM_SEGMENTS_MAX", "s3", "MalformedPOSTRequest", lambda n: run(formed(field("file") + field("x") * (n - 1) + b"--b--\r\n"))),
    Row("gate.FORM_CONTENT_TYPE_BYTES_MAX", "s3", "MalformedPOSTRequest", lambda n: run(formed(field("file") + b"--b--\r\n", "multipart/form-data; boundary=b;".ljust(n, ";")))),
    Row("gate.FORM_SILENT_BYTES_MAX", "s3", "MalformedPOSTRequest", silent),
    Row("gate.FORM_FILE_BYTES_MAX", "s3", "EntityTooLarge", file_of),
    Row("gate.LATE_ANSWER_BYTES_MAX", "s3", "InternalError", answered),
    # The gate: what is kept whole, and ids.
    Row("gate.FILES_MAX", "s3", "SlowDown", lambda n: kept(buffer_quota.form_file_quota, n)),
    Row("gate.FILES_PER_ACCOUNT_MAX", "s3", "SlowDown", lambda n: kept(buffer_quota.form_file_quota, n, of_one=True)),
    Row("gate.FILE_BYTES_MAX", "s3", "SlowDown", lambda n: together(buffer_quota.form_file_quota, n, gate.FILE_BYTES_PER_ACCOUNT_MAX)),
    Row("gate.FILE_BYTES_PER_ACCOUNT_MAX", "s3", "SlowDown", lambda n: kept(buffer_quota.form_file_quota, 1, n)),
    Row("gate.DOCUMENTS_MAX", "s3", "SlowDown", lambda n: kept(buffer_quota.document_quota, n)),
    Row("gate.DOCUMENTS_PER_ACCOUNT_MAX", "s3", "SlowDown", lambda n: kept(buffer_quota.document_quota, n, of_one=True)),
    Row("gate.DOCUMENT_BYTES_MAX", "s3", "SlowDown", lambda n: together(buffer_quota.document_quota, n, gate.DOCUMENT_BYTES_PER_ACCOUNT_MAX)),
    Row("gate.DOCUMENT_BYTES_PER_ACCOUNT_MAX", "s3", "SlowDown", lambda n: kept(buffer_quota.document_quota, 1, n)),
    Row("gate.ID_BYTES_MAX", "s3", "InvalidArgument", lambda n: resolved("GET", "/bucket/k?uploadId=" + "u" * n)),
    Row("gate.ANNOTATION_NAME_BYTES_MAX", "s3", "InvalidArgument", lambda n: resolved("GET", "/bucket/k?annotation&annotationName=" + "a" * n)),
    Row("gate.RESULT_BYTES_MAX", "s3", "InternalError", whole_answer),
    Row("gate.RESULT_ELEMENTS_MAX", "s3", "InternalError", result_of),
    # Not refused, but left out or unknown.
    Row("quotas.REFERENCES_CHARACTERS_MAX", "iam", "InvalidInput", listed_by_name),
    Row("quotas.TRACED_CHARACTERS_MAX", "iam", "InvalidInput", lines_of),
    Row("quotas.SID_CHARACTERS_MAX", "iam", "InvalidInput", named_sid),
    Row("server.FORWARDED_HOPS_MAX", "iam", "InvalidInput", hops),
]  # fmt: skip
"""Bounds beyond which a request is refused."""

CUTS = [
    ("wire.LIST_MAX", listed, wire.LIST_MAX),
    ("wire.FORM_DEPTH_MAX", below, wire.FORM_DEPTH_MAX),
    ("wire.PROBLEMS_MAX", told, wire.PROBLEMS_MAX),
    ("wire.SHOWN_CHARACTERS_MAX", shown, wire.SHOWN_CHARACTERS_MAX),
    ("wire.MARKER_CHARACTERS_MAX", marker, wire.MARKER_CHARACTERS_MAX),
    ("gate.LINGER_BYTES_MAX", lingered, gate.LINGER_BYTES_MAX),
    ("gate.BUCKETS_MAX", one_page, gate.BUCKETS_MAX),
]
"""Bounds at which something ends, however much more there is."""

ELSEWHERE = {
    "quotas.DOCUMENT_CHARACTERS_MAX": ("tests/core/organizations/test_effective.py", "ljust(quotas.DOCUMENT_CHARACTERS_MAX)"),
    "quotas.ENCODED_MESSAGE_CHARACTERS_MAX": ("tests/core/test_authorization_messages.py", "ENCODED_MESSAGE_CHARACTERS_MAX == LONGEST"),
    "quotas.RESOURCE_CHARACTERS_MAX": ("tests/core/test_authorization_messages.py", "LONGEST"),
    "quotas.TRACED_STATEMENTS_MAX": ("tests/services/test_refusals.py", "1_002 - quotas.TRACED_STATEMENTS_MAX"),
    "server.FACTS_PER_CALL_MAX": ("tests/server/authority/test_answer.py", "FACTS_PER_CALL_MAX + 1"),
    "server.FACTS_CACHED_MAX": ("tests/server/authority/test_facts.py", "FACTS_CACHED_MAX + 1"),
    "server.FACT_LOOKUPS_MAX": ("tests/server/authority/test_facts.py", "FACT_LOOKUPS_MAX"),
    "server.CONNECTIONS_MAX": ("tests/server/http/test_connections.py", "CONNECTIONS_MAX"),
    "server.CONNECTIONS_PER_CLIENT_MAX": ("tests/server/http/test_connections.py", "CONNECTIONS_PER_CLIENT_MAX"),
    "server.REFUSED_AT_ONCE_MAX": ("tests/server/http/test_connections.py", "REFUSED_AT_ONCE_MAX"),
    "server.DROPPED_AT_ONCE": ("tests/server/http/test_connections.py", "DROPPED_AT_ONCE"),
    "server.ACCEPTED_PER_TURN": ("tests/server/http/test_listener.py", "ACCEPTED_PER_TURN"),
    "server.UNWRITTEN_COMMITS_MAX": ("tests/server/test_lines_of_commits.py", "UNWRITTEN_COMMITS_MAX"),
    "server.RESUMED_PER_CHECK": ("tests/server/http/test_held_connections.py", "RESUMED_PER_CHECK"),
    "server.REQUESTS_PER_TURN": ("tests/server/http/test_request_queue.py", "REQUESTS_PER_TURN"),
    "gate.PACE_BYTES_PER_SECOND": ("tests/gate/test_client_pace.py", "PACE_BYTES_PER_SECOND"),
    "gate.SCHEMA_CHILDREN_PER_TURN": ("tests/gate/test_schema.py", "SCHEMA_CHILDREN_PER_TURN"),
    "quotas.MANAGED_POLICY_CHARACTERS_MAX": ("tests/core/policy/cases/sizes.json", '"managed", 6144'),
    "quotas.ROLE_INLINE_CHARACTERS_MAX": ("tests/core/policy/cases/sizes.json", '"identity", 10240'),
    "quotas.TRUST_POLICY_CHARACTERS_MAX": ("tests/core/policy/cases/sizes.json", '"trust", 2048'),
    "quotas.SCP_BYTES_MAX": ("tests/core/policy/cases/sizes.json", '"scp", 10240'),
    "quotas.RCP_BYTES_MAX": ("tests/core/policy/cases/sizes.json", '"rcp", 5120'),
    "quotas.SESSION_TAGS_MAX": ("tests/core/policy/cases/parameters.json", '"Tags", {"Key": "k", "Value": "v"}, 0, 50'),
    "quotas.PERCENT_MAX": ("tests/core/sessions/test_plan.py", "PERCENT_MAX"),
    "quotas.POLICY_VERSIONS_MAX": ("tests/core/policy/cases/counts.json", '"versions of a policy"'),
    "quotas.ATTACHED_POLICIES_MAX": ("tests/core/policy/cases/counts.json", '"policies of a user"'),
    "quotas.GROUPS_PER_USER_MAX": ("tests/core/policy/cases/counts.json", '"groups of a user"'),
    "quotas.ORGANIZATIONAL_UNITS_MAX": ("tests/services/organizations/test_tree.py", "OU_NUMBER_LIMIT_EXCEEDED"),
    "quotas.ORGANIZATIONAL_UNIT_DEPTH_MAX": ("tests/services/organizations/test_tree.py", "OU_DEPTH_LIMIT_EXCEEDED"),
    "quotas.ACCESS_KEYS_MAX": ("tests/core/policy/cases/counts.json", '"access keys of a user"'),
    "quotas.TAGS_MAX": ("tests/core/policy/cases/counts.json", '"tags of a user"'),
    "quotas.ORGANIZATION_ACCOUNTS_MAX": ("tests/core/organizations/test_rules.py", "ORGANIZATION_ACCOUNTS_MAX"),
    "quotas.EMAIL_CHARACTERS_MAX": ("tests/services/organizations/test_accounts.py", "example.com"),
    "quotas.ACCOUNT_CREATIONS_MAX": ("tests/services/organizations/test_threats.py", "ACCOUNT_CREATIONS_MAX"),
    "quotas.COMMITS_KEPT": ("tests/state/test_leftovers.py", "KEPT + 1, 0, 1"),
    "quotas.COMMITS_TRIMMED_MAX": ("tests/state/test_leftovers.py", "KEPT + MOST + 1, 0, MOST"),
    "quotas.INSTANCE_REMOVALS_PER_COMMIT_MAX": ("tests/services/kit/test_departures.py", "INSTANCE_REMOVALS_PER_COMMIT_MAX + 20"),
    "quotas.TRANSFERS_INBOUND_MAX": ("tests/core/organizations/test_transfers.py", "check_inbound_quota(quotas.TRANSFERS_INBOUND_MAX)"),
    "quotas.INSTANCE_REGIONS_MAX": ("tests/services/ssoadmin/nouns/test_regions.py", "INSTANCE_REGIONS_MAX - 2"),
    "quotas.SESSION_TAG_VALUE_CHARACTERS_MAX": ("tests/core/identity_center/cases/access_attributes.json", '"times": 257'),
    "quotas.PERMISSION_SETS_MAX": ("tests/services/ssoadmin/permission_sets/test_sets.py", "PERMISSION_SETS_MAX - 1"),
    "quotas.PROVISIONED_SETS_MAX": ("tests/services/ssoadmin/assignments/test_account_assignments.py", "range(quotas.PROVISIONED_SETS_MAX)"),
    "quotas.PERMISSION_SET_POLICIES_MAX": ("tests/services/ssoadmin/permission_sets/test_policies.py", "PERMISSION_SET_POLICIES_MAX - 1"),
    "quotas.PERMISSION_SET_INLINE_CHARACTERS_MAX": ("tests/services/ssoadmin/permission_sets/test_policies.py", "PERMISSION_SET_INLINE_CHARACTERS_MAX + 1"),
    "quotas.SAML_PROVIDERS_MAX": ("tests/services/ssoadmin/assignments/test_account_assignments.py", "range(quotas.SAML_PROVIDERS_MAX)"),
    "quotas.PROVISIONED_PER_COMMIT_MAX": ("tests/services/ssoadmin/provisioning/test_requests.py", "2 * quotas.PROVISIONED_PER_COMMIT_MAX + 1"),
    "quotas.PROVISIONINGS_OUTSTANDING_MAX": ("tests/services/ssoadmin/provisioning/test_requests.py", "range(quotas.PROVISIONINGS_OUTSTANDING_MAX)"),
    "quotas.STATUS_REQUESTS_MAX": ("tests/services/ssoadmin/assignments/test_request_status.py", "range(quotas.STATUS_REQUESTS_MAX)"),
    "quotas.FAILURE_REASON_CHARACTERS_MAX": ("tests/core/identity_center/permission_sets/test_provisioning.py", "FAILURE_REASON_CHARACTERS_MAX"),
    "quotas.PEOPLE_MAX": ("tests/services/identitystore/test_users.py", 'setattr(quotas, "PEOPLE_MAX", 1)'),
    "quotas.PEOPLE_GROUPS_MAX": ("tests/services/identitystore/test_groups.py", 'setattr(quotas, "PEOPLE_GROUPS_MAX", 1)'),
    "quotas.USER_NAME_CHARACTERS_MAX": ("tests/core/identity_center/people/test_names.py", '"a" * 129'),
    "quotas.ATTRIBUTE_CHARACTERS_MAX": ("tests/core/identity_center/people/test_attributes.py", "ATTRIBUTE_CHARACTERS_MAX + 1"),
    "quotas.PHOTOS_MAX": ("tests/core/identity_center/people/cases/attributes.json", "The attribute photos must have 1 to 3 entries."),
    "quotas.FOLDED_USER_NAME_CHARACTERS_MAX": ("tests/core/identity_center/people/test_names.py", '\\ufdfa" * 29'),
    "quotas.FOLDED_TEXT_CHARACTERS_MAX": ("tests/core/identity_center/people/test_names.py", '\\ufdfa" * 228'),
    "quotas.GROUP_REMOVALS_PER_COMMIT_MAX": ("tests/services/identitystore/test_groups.py", '"GROUP_REMOVALS_PER_COMMIT_MAX", 2'),
    "quotas.REFUSED_RESOURCES_MAX": ("tests/services/identitystore/test_who_may.py", "test_a_refusal_names_ten_resources_at_most"),
    "server.RUNS_OVERTAKEN_MAX": ("tests/server/test_overtaken.py", "RUNS_OVERTAKEN_MAX"),
    "server.WORKERS_MAX": ("tests/server/workers/test_share.py", "WORKERS_MAX + 1"),
    "gate.FORM_IN_MEMORY_BYTES_MAX": ("tests/gate/test_forms.py", "FORM_IN_MEMORY_BYTES_MAX"),
}  # fmt: skip
"""Bounds whose cases stand in other tests, which say so in these words."""

OURS = {
    "quotas.POST_LENGTH_MAX", "wire.PAGE_SIZE", "wire.PAGE_WEIGHT_MAX", "wire.DECODED_PER_STEP",
    "quotas.COMPILED_VALUES_PER_STEP", "quotas.COMPILED_STATEMENTS_PER_STEP",
    "wire.QUICK_CHARACTERS", "gate.PAGE_MAX", "gate.XML_SLICE_BYTES", "gate.XML_TAG_BYTES_MAX",
    "gate.PIECES_PER_TURN", "gate.UPSTREAM_ERROR_BYTES_MAX", "server.RECORDS_FROZEN_TOGETHER",
    "server.PARSED_BYTES", "server.PARSED_PIECES_MAX", "gate.RECORDS_PER_TURN",
    "server.PROBE_BYTES", "server.SIGNING_KEYS_MAX", "server.RUNS_MAX", "server.CALLS_PER_SECOND",
    "server.BACKLOG", "server.DESCRIPTORS_KEPT", "server.TURNS_AVERAGED", "server.LINGER_BYTES_MAX",
    "quotas.CLOSURES_MAX", "quotas.CLOSURES_PERCENT", "quotas.TRANSFER_CHAIN_MAX",
}  # fmt: skip
"""Bounds of our own work, rates and caches, which no single request exceeds: `test_work` has
those that count turns."""

COUNTED = {
    "quotas.USERS_MAX": (User, lambda live, name: live.client("iam").create_user(UserName=name)),
    "quotas.GROUPS_MAX": (Group, lambda live, name: live.client("iam").create_group(GroupName=name)),
    "quotas.ROLES_MAX": (Role, lambda live, name: live.role(name, "*")),
    "quotas.POLICIES_MAX": (ManagedPolicy, lambda live, name: live.client("iam").create_policy(PolicyName=name, PolicyDocument=policy(allow()))),
}  # fmt: skip
"""What an account has only so many of."""


def refusal(protocol, fault):
    """Return a refusal as it leaves, and its code."""
    if protocol == "s3":
        error = (
            fault
            if isinstance(fault, S3Error)
            else errors.error_from_fault(fault, None, region="us-east-1")
        )
        sent = errors.error_document(error, request_id="r", host_id="h")
        return re.search(rb"<Error><Code>(.*?)</Code>", sent)[1].decode()
    service = CATALOG.services[protocol]
    code = fault.code if isinstance(fault, WireFault) else REFUSALS.code(fault, service)
    answer = error_response(service, code, fault.message, "r")
    if service.protocol == "rest-json":
        return dict(answer.headers)[b"x-amzn-errortype"].decode()
    sent = answer.body
    if service.protocol == "json":
        return json.loads(sent)["__type"]
    return re.search(rb"<Code>(.*?)</Code>", sent)[1].decode()


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.bound} {row.code}" for row in ROWS])
def test_one_past_a_bound_is_refused_in_the_protocols_own_words(row) -> None:
    with pytest.raises((Fault, S3Error, WireFault)) as caught:
        row.ask(row.most + 1)

    assert refusal(row.protocol, caught.value) == row.code
    assert row.words in caught.value.message


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.bound} {row.code}" for row in ROWS])
def test_what_is_within_a_bound_is_taken_or_refused_for_another_reason(row) -> None:
    said = ("", "")
    try:
        row.ask(row.most)
    except (Fault, S3Error, WireFault) as fault:
        said = refusal(row.protocol, fault), fault.message

    assert said[0] != row.code or (row.words and row.words not in said[1])


@pytest.mark.parametrize(("bound", "ask", "most"), CUTS, ids=[cut[0] for cut in CUTS])
def test_what_is_cut_ends_at_its_bound(bound, ask, most) -> None:
    assert ask(most) == most
    assert ask(most + 1_024) == most


@pytest.mark.parametrize("bound", COUNTED)
def test_an_account_has_only_so_many(live, monkeypatch, bound) -> None:
    name = "limits" + bound.partition(".")[2].lower().replace("_", "")
    kind, make = COUNTED[bound]
    known = len(live.data.committer.directory.account(live.account).of(kind))
    monkeypatch.setattr(quotas, bound.partition(".")[2], known + 1)
    make(live, name)

    with pytest.raises(ClientError) as refused:
        make(live, f"{name}2")
    assert refused.value.response["Error"]["Code"] == "LimitExceeded"


INLINE = {
    "quotas.USER_INLINE_CHARACTERS_MAX": ("user", quotas.USER_INLINE_CHARACTERS_MAX),
    "quotas.GROUP_INLINE_CHARACTERS_MAX": ("group", quotas.GROUP_INLINE_CHARACTERS_MAX),
}


@pytest.mark.parametrize(("kind", "most"), INLINE.values(), ids=INLINE)
def test_inline_policies_have_so_many_characters_together(kind, most) -> None:
    there = (InlinePolicy("one", "a" * (most - 10)),)
    identity = SimpleNamespace(kind=kind, name="n", inline=there)

    assert len(attachments.put_inline_policy(identity, InlinePolicy("two", "b" * 10 + " "))) == 2
    with pytest.raises(Fault):
        attachments.put_inline_policy(identity, InlinePolicy("two", "b" * 11))


def test_a_user_has_only_so_many_mfa_devices(live, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "MFA_DEVICES_PER_USER_MAX", 0)
    live.user("limitsmfa")

    with pytest.raises(ClientError) as refused:
        live.device("limitsmfa")
    assert refused.value.response["Error"]["Code"] == "LimitExceeded"


def test_a_number_of_a_condition_has_so_many_characters() -> None:
    assert condition_values.parse_number("1" * quotas.NUMBER_CHARACTERS_MAX) is not None
    assert condition_values.parse_number("1" * (quotas.NUMBER_CHARACTERS_MAX + 1)) is None


def bounds():
    """Return every bound of the four modules but those of time."""
    found = set()
    for name, module in (("quotas", quotas), ("wire", wire), ("gate", gate), ("server", server)):
        for each in vars(module):
            if (
                each.isupper()
                and "SECONDS" not in each.replace("PER_SECOND", "")
                and not each.endswith("_MIN")
            ):
                found.add(f"{name}.{each}")
    return found


def test_every_bound_has_its_cases() -> None:
    cased = {row.bound for row in ROWS} | {cut[0] for cut in CUTS} | set(INLINE)
    cased |= (
        set(ELSEWHERE)
        | OURS
        | set(COUNTED)
        | {"quotas.NUMBER_CHARACTERS_MAX", "quotas.MFA_DEVICES_PER_USER_MAX"}
    )

    assert sorted(bounds() - cased) == []
    assert sorted(cased - bounds()) == []


@pytest.mark.parametrize("bound", ELSEWHERE)
def test_the_cases_that_stand_elsewhere_are_there(bound) -> None:
    path, words = ELSEWHERE[bound]

    assert words in (ROOT / path).read_text()
