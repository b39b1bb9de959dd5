"""What is bounded in number is bounded in work: elements built, turns of the event loop, values
looked at, never seconds.
"""

import asyncio
import hashlib
import json
import os
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote_plus

import pytest
from tests.services.small_world import HOME, SmallWorld, managed
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from daypass.core import quotas
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.organizations.policies import inheritance
from daypass.core.policy.decision import compile as compiling
from daypass.core.policy.decision.compile import compile_text
from daypass.core.policy.language import globs
from daypass.core.policy.language.patterns import compile_wildcards
from daypass.core.sigv4.chunked import ChunkedDecoder, SignatureChain
from daypass.core.slices import at_once
from daypass.gate import limits
from daypass.gate.body import verified_body
from daypass.gate.body.verified_body import VerifiedBody
from daypass.gate.buffer_quota import BufferLimits, BufferQuota
from daypass.gate.operations import deletions
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store import upstream
from daypass.server import limits as server
from daypass.server.http.listener_state import ListenerState
from daypass.server.http.overload.connections import Connections
from daypass.server.http.overload.early_refusals import EarlyRefusals
from daypass.server.http.overload.held_connections import HeldConnections
from daypass.server.http.overload.quick_refusals import QuickRefusals
from daypass.server.http.overload.request_queue import RequestQueue
from daypass.server.http.protocol import StrictProtocol
from daypass.services.iam.simulation import simulate
from daypass.services.kit import effective_policies
from daypass.services.registry import SERVICES
from daypass.wire import limits as wire
from daypass.wire import paginate
from daypass.wire.catalog import load_catalog
from daypass.wire.errors import WireFault
from daypass.wire.message import HttpRequest
from daypass.wire.protocols import jsonvalues, query

CATALOG = load_catalog(SERVICES)
EARLY_REFUSALS = EarlyRefusals(CATALOG, entropy=os.urandom, has_gate=True)
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


async def turns(work):
    """Return what some work comes to, and in how many turns of the loop others had their chance
    meanwhile.
    """
    counted = 0
    task = asyncio.ensure_future(work)
    while not task.done():
        counted += 1
        await asyncio.sleep(0)
    return task, counted


def counted(steps):
    """Return what some work comes to, and after how many steps others had their chance."""
    times = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, times
        times += 1


@pytest.fixture
def built(monkeypatch):
    """Count the elements that are built."""
    made = []
    real = documents.XMLElement
    monkeypatch.setattr(documents, "XMLElement", lambda *given: made.append(1) or real(*given))
    return made


# XML.


def test_reading_ends_at_the_first_element_that_is_too_much(built) -> None:
    content = b"<Delete>" + b"<a/>" * 1_000_000 + b"</Delete>"

    with pytest.raises(S3Error):
        asyncio.run(documents.parse_xml_in_turns(content, elements=limits.DELETE_ELEMENTS_MAX))
    assert len(built) == limits.DELETE_ELEMENTS_MAX


def test_a_tag_without_an_end_is_given_up(monkeypatch) -> None:
    fed = []
    real = documents._Parser.feed
    monkeypatch.setattr(
        documents._Parser,
        "feed",
        lambda self, piece, **more: fed.append(len(piece)) or real(self, piece, **more),
    )
    content = b"<a " + b" ".join(b'a%d=""' % at for at in range(400_000)) + b"/>"

    with pytest.raises(S3Error):
        documents.parse_xml(content)
    assert sum(fed) <= limits.XML_TAG_BYTES_MAX + 2 * limits.XML_SLICE_BYTES


def test_a_long_document_is_read_a_slice_in_a_turn() -> None:
    content = b"<a>" + b"<b/>" * 10_000 + b"</a>"
    task, counted = asyncio.run(turns(documents.parse_xml_in_turns(content, elements=20_000)))

    assert len(task.result().children) == 10_000
    assert counted >= len(content) // limits.XML_SLICE_BYTES


@pytest.mark.parametrize("cut", [1, 7, 4_095, 4_096, 4_097])
def test_slices_are_no_part_of_what_a_document_says(cut) -> None:
    content = b"<a>" + b"x" * cut + b"<b>&lt;\xc3\xa9</b></a>"
    found = documents.parse_xml(content)

    assert (found.text, found.children[0].text) == ("x" * cut, "<\u00e9")


def test_each_entry_of_a_deletion_is_decided_in_a_turn_of_its_own(monkeypatch) -> None:
    root = documents.XMLElement(
        "Delete",
        children=[
            documents.XMLElement("Object", children=[documents.XMLElement("Key", f"k{at}")])
            for at in range(100)
        ],
    )
    monkeypatch.setattr(deletions, "entry_permissions", lambda *_: ())

    async def delete(*_):
        return documents.XMLElement("DeleteResult")

    async def document(*_):
        return None

    async def known(facts, *_):
        return facts

    monkeypatch.setattr(deletions, "delete_at_store", delete)
    monkeypatch.setattr(deletions.existing_tags, "with_existing_tags", known)

    async def recorded(_outcomes):
        return None

    documents_room = BufferQuota(
        per_account=BufferLimits(9, 1 << 20), in_total=BufferLimits(9, 1 << 20)
    )
    gate = SimpleNamespace(
        store=None,
        rules=SimpleNamespace(dot_segments=False),
        capabilities=SimpleNamespace(exact_deletions=False),
        document_quota=documents_room,
    )
    asked = SimpleNamespace(
        gate=gate, resolved=None, caller=SimpleNamespace(account="a"), record_key_outcomes=recorded
    )
    decided = [SimpleNamespace(decision=SimpleNamespace(allowed=True))]
    authorizer, facts = (
        SimpleNamespace(decide_each=lambda *_: decided, asks_for_tags=None),
        SimpleNamespace(document=root),
    )
    _, counted = asyncio.run(
        turns(
            deletions.delete_objects(
                asked, authorizer, facts, SimpleNamespace(send_document=document)
            )
        )
    )

    assert counted >= 100


def test_nobody_who_may_not_has_a_document_read(live, monkeypatch) -> None:
    """Before, a caller without any right had four megabytes of XML parsed, and then a refusal."""
    live.client("s3").create_bucket(Bucket="limits-refused")
    client = live.client("s3", _key(live.user("limits-nobody")))
    monkeypatch.setattr(documents, "_Parser", lambda _elements: was_read.append(1))
    was_read = []

    with pytest.raises(client.exceptions.ClientError) as refused:
        client.complete_multipart_upload(
            Bucket="limits-refused", Key="k", UploadId="u", MultipartUpload={"Parts": []}
        )
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert not was_read


def _key(made):
    return {"AccessKeyId": made["AccessKeyId"], "SecretAccessKey": made["SecretAccessKey"]}


# Uploads.


def signed_chunks(count):
    chain = SignatureChain(b"k" * 32, "d", "s", "p" * 64)
    digest = hashlib.sha256(b"a").hexdigest()
    return (
        b"".join(
            f"1;chunk-signature={chain.sign_chunk(digest)}\r\na\r\n".encode() for _ in range(count)
        )
        + f"0;chunk-signature={chain.sign_chunk(hashlib.sha256(b'').hexdigest())}\r\n\r\n".encode()
    )


@pytest.mark.parametrize("is_signed", [True, False])
def test_tiny_chunks_are_verified_so_many_in_a_turn_and_go_on_together(is_signed) -> None:
    count = 10 * limits.PIECES_PER_TURN
    chain = SignatureChain(b"k" * 32, "d", "s", "p" * 64) if is_signed else None
    content = signed_chunks(count) if is_signed else b"1\r\na\r\n" * count + b"0\r\n\r\n"
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive():
        return waiting.pop(0)

    async def flowed():
        upload = VerifiedBody(count, ChunkedDecoder(chain))
        return [piece async for piece in verified_body.verified_pieces(upload, receive)]

    task, counted = asyncio.run(turns(flowed()))
    pieces = task.result()

    assert b"".join(pieces) == b"a" * count
    assert counted >= count // limits.PIECES_PER_TURN
    assert len(pieces) <= count // limits.PIECES_PER_TURN + 2


def test_a_body_in_pieces_of_a_byte_is_cut_as_any_other() -> None:
    async def pieces():
        for _ in range(upstream.CHUNK_BYTES + 10):
            yield b"a"

    async def cut():
        return [sum(map(len, parts)) async for parts in upstream._even_chunks(pieces())]

    assert asyncio.run(cut()) == [upstream.CHUNK_BYTES, 10]


# Connections.


class Transport(asyncio.Transport):
    """A transport that notes what is done to it."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.is_reading = True
        self._is_closing = False

    def get_extra_info(self, name, default=None):
        return {"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)}.get(name, default)

    def write(self, data):
        self.written += data

    def pause_reading(self):
        self.is_reading = False

    def resume_reading(self):
        self.is_reading = True

    def is_closing(self):
        return self._is_closing

    def close(self):
        self._is_closing = True


def connected(app):
    config = Config(
        app, http=StrictProtocol, ws="none", lifespan="off", interface="asgi3", log_config=None
    )
    config.load()
    loop = asyncio.get_running_loop()
    request_queue = RequestQueue(loop.call_soon, loop.time)
    held_connections = HeldConnections(loop.call_later, loop.time, lambda: request_queue.is_behind)
    shared = ListenerState(
        Connections(loop.time),
        request_queue,
        held_connections,
        EARLY_REFUSALS,
        QuickRefusals(EARLY_REFUSALS, os.urandom),
        loop.time,
    )
    made = StrictProtocol(config, ServerState(), shared, None, "")
    transport = Transport()
    made.connection_made(transport)
    return made, transport


GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


def test_requests_behind_one_another_wait_unparsed() -> None:
    """Nine thousand of them came with one piece of a connection, and were one turn of a fifth of
    a second.
    """
    began, served, waiting = [], [], []

    async def app(_scope, _receive, send):
        served.append(1)
        waiting.append(len(made.pipeline))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def main():
        nonlocal made
        made, transport = connected(app)
        connection = made
        real = connection.on_message_begin
        connection.on_message_begin = lambda: began.append(1) or real()
        connection.data_received(GET * 5_000)
        first = len(connection.pipeline) + 1
        held = not transport.is_reading
        while len(served) < 5_000:  # noqa: ASYNC110 - turns are what is waited for
            await asyncio.sleep(0)
        return first, held, transport.is_reading, transport.written.count(b"204 No Content")

    made = None
    first, held, reads_again, answers = asyncio.run(main())

    assert first <= server.PARSED_BYTES // len(GET) + 1
    assert max(waiting) <= server.PARSED_BYTES // len(GET) + 1
    assert held
    assert (reads_again, answers) == (True, 5_000)


def test_chunks_of_a_byte_come_in_one_piece_for_each_time_that_they_are_parsed(monkeypatch) -> None:
    messages, joined = [], []
    real = HttpToolsProtocol.on_body
    monkeypatch.setattr(
        HttpToolsProtocol, "on_body", lambda self, body: joined.append(1) or real(self, body)
    )

    async def app(_scope, receive, send):
        while True:
            messages.append(await receive())
            if not messages[-1]["more_body"]:
                break
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def main():
        connection, transport = connected(app)
        connection.data_received(
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
            + b"1\r\na\r\n" * 20_000
            + b"0\r\n\r\n"
        )
        before = len(connection.cycle.body)
        while not transport.written:  # noqa: ASYNC110 - turns are what is waited for
            await asyncio.sleep(0)
        return before

    before = asyncio.run(main())

    assert before <= server.PARSED_BYTES // 6
    assert len(joined) <= 6 * 20_000 // server.PARSED_BYTES + 3
    assert sum(len(each["body"]) for each in messages) == 20_000
    assert len(messages) <= 6 * 20_000 // server.PARSED_BYTES + 3


def received_bodies(*reads, waits_for_the_last=False):
    """Return the pieces of a body that an application gets, which reads when all have arrived, or
    after each of them; and what was kept for it after each read.
    """
    found, kept, may_read = [], [], asyncio.Event()

    async def app(_scope, receive, send):
        await may_read.wait()
        while True:
            message = await receive()
            found.append(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def main():
        connection, transport = connected(app)
        length = sum(map(len, reads))
        connection.data_received(
            b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % length
        )
        for read in reads:
            if not waits_for_the_last:
                may_read.set()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            connection.data_received(read)
            kept.append(connection.cycle.body)
        may_read.set()
        while not transport.written:  # noqa: ASYNC110 - turns are what is waited for
            await asyncio.sleep(0)

    asyncio.run(main())
    return found, kept


READS = (b"a" * 50_000, b"b" * 60_000, b"c" * 7)


def test_what_an_application_waits_for_reaches_it_as_it_was_parsed() -> None:
    pieces, kept = received_bodies(*READS)

    assert pieces == list(READS)
    assert all(piece is each for piece, each in zip(pieces, kept, strict=True))


def test_what_arrives_before_an_application_reads_is_one_piece() -> None:
    pieces, _ = received_bodies(*READS, waits_for_the_last=True)

    assert pieces == [b"".join(READS)]
    assert type(pieces[0]) is bytes


# The API.


def test_nothing_is_built_of_json_that_holds_too_much(monkeypatch) -> None:
    decoder = SimpleNamespace(decode=lambda _: pytest.fail("it was built"))
    monkeypatch.setattr(jsonvalues._READER, "_decoder", decoder)

    for text in (
        '{"a":[' + "1," * 100_000 + "1]}",
        '{"a":' + "[" * 100_000,
        '{"a":["' + '","' * 50_000 + '"]}',
    ):
        with pytest.raises(WireFault):
            jsonvalues.parse_json_object(text.encode())


def test_commas_inside_of_a_text_are_no_values() -> None:
    text = json.dumps({"Content": ALL * 100 + '"\\' + "," * 10_000})

    assert jsonvalues.parse_json_object(text.encode())["Content"].endswith(",")


def test_the_fields_of_a_form_are_gone_through_once_however_many_entries_there_are() -> None:
    walked = []

    class Form(query.QueryForm):
        def __iter__(self):
            walked.append(1)
            return super().__iter__()

    form = Form({f"ContextEntries.member.{at}.ContextKeyName": "k" for at in range(1_000, 0, -1)})
    found = query.FormShapeReader(CATALOG.services["iam"].model).compile_structure(
        "SimulateCustomPolicyRequest"
    )(form, "")

    assert len(found["ContextEntries"]) == 1_000
    assert len(walked) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"a=" + b"%41" * 80_000,
        b"&".join(b"a%d=%s" % (at, b"%41" * 400) for at in range(200)),
        b"%41" * 80_000 + b"=1",
    ],
    ids=["one value", "many values", "a name"],
)
def test_a_form_is_decoded_so_many_bytes_in_a_step(body) -> None:
    """Before, 256 KB of escapes were decoded in one turn of the loop."""
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    found, steps = counted(query.parse_fields(HttpRequest("POST", b"/", b"", (kind,), body)))

    assert found == dict(parse_qsl(body.decode(), keep_blank_values=True))
    assert steps >= len(body) // wire.DECODED_PER_STEP


@pytest.mark.parametrize("shift", range(4))
def test_no_escape_is_cut_in_two_and_no_character(shift) -> None:
    text = "b" * shift + "\u00e9\u20ac+ %" * 30_000
    body = b"a=" + quote_plus(text).encode()
    kind = (b"content-type", b"application/x-www-form-urlencoded")

    assert at_once(query.parse_fields(HttpRequest("POST", b"/", b"", (kind,), body))) == {"a": text}


def test_a_pattern_that_takes_too_long_ends_the_validation(monkeypatch) -> None:
    tried = []

    def slow(_pattern, value):
        tried.append(value)
        raise TimeoutError

    monkeypatch.setattr("daypass.wire.validate._matches", slow)
    check = CATALOG.services["iam"].operations["TagUser"].validate

    with pytest.raises(Exception, match="1 validation error detected"):
        # A letter that is not ASCII: other texts are accepted without matching the pattern.
        check({"UserName": "u", "Tags": [{"Key": "ключ", "Value": "v"}] * 40})
    assert len(tried) == 1


# Simulation.

PAGINATOR = paginate.Paginator("Marker", "Marker", "Items", "MaxItems", "IsTruncated")


def page(items, **params):
    return counted(
        paginate.answer_page(PAGINATOR, {"Items": items}, params, scope="s", keys=[b"k"])
    )


def test_a_page_works_out_its_own_entries_alone_a_step_for_each() -> None:
    made = []
    items = paginate.ComputedList(
        10_000, lambda at: made.append(at) or at, lambda: iter([None] * 3), lambda _: 1
    )
    first, steps = page(items, MaxItems=5)
    second, _ = page(items, MaxItems=5, Marker=first["Marker"])

    assert (first["Items"], second["Items"]) == ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert made == list(range(10))
    assert steps == 3 + 5


def test_a_page_of_heavy_entries_ends_early_and_says_so() -> None:
    items = paginate.ComputedList(
        1_000, lambda at: at, lambda: (), lambda _: paginate.PAGE_WEIGHT_MAX // 4
    )
    found, _ = page(items, MaxItems=1_000)

    assert (found["Items"], found["IsTruncated"]) == ([0, 1, 2, 3], True)
    assert page(items, MaxItems=1_000, Marker=found["Marker"])[0]["Items"] == [4, 5, 6, 7]


def test_what_a_caller_made_up_stays_in_no_cache() -> None:
    before = compiling.compile_text.cache_info().currsize
    for at in range(5):
        text = ALL.replace("*", f"s3:Made{at}", 1)
        at_once(simulate._compile_policy(SimpleNamespace(id="", arn="", kind="none", text=text)))
        effective_policies._inline_session_policies((ALL.replace("*", f"s3:Session{at}", 1),))

    assert compiling.compile_text.cache_info().currsize == before


CONDITIONS = [
    {"IpAddress": {"aws:SourceIp": [f"10.{at // 250}.{at % 250}.0/24" for at in range(2_000)]}},
    {"DateEquals": {"a": [f"20{at % 90 + 10}-01-01" for at in range(2_000)]}},
    {"StringLike": {f"k{key}": [f"a*{at}" for at in range(1_000)] for key in range(2)}},
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=["addresses", "dates", "two keys"])
def test_values_of_a_condition_are_read_so_many_in_a_step(condition) -> None:
    """Before, one condition was one turn of the loop, however many values it had."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    source, steps = counted(
        simulate._compile_policy(SimpleNamespace(id="", arn="", kind="none", text=text))
    )
    sizes = [len(test.values) for test in source.document.statements[0].syntax.conditions]

    assert steps - 1 == sum(-(-size // quotas.COMPILED_VALUES_PER_STEP) - 1 for size in sizes)
    assert steps > 1


def test_statements_are_compiled_so_many_in_a_step() -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement] * 500})
    _, steps = counted(
        simulate._compile_policy(SimpleNamespace(id="", arn="", kind="none", text=text))
    )

    assert steps == 1 + 500 // quotas.COMPILED_STATEMENTS_PER_STEP


def test_what_a_caller_holds_is_compiled_a_document_in_a_step() -> None:
    texts = [ALL.replace("*", f"s3:Held{at}", 1) for at in range(4)]
    world = SmallWorld()
    world.put(managed("a", texts[2]), managed("b", texts[3]))
    world.user(
        inline=tuple(InlinePolicy(f"own{at}", text) for at, text in enumerate(texts[:2])),
        attached=tuple(f"arn:aws:iam::{HOME}:policy/{name}" for name in "ab"),
    )
    caller = world.caller()
    # A change compiles what it brings; after a start no document is compiled.
    compile_text.cache_clear()

    assert len(list(effective_policies.compile_in_steps(caller, world.directory))) == 4
    assert effective_policies.are_compiled(caller, world.directory)
    assert list(effective_policies.compile_in_steps(caller, world.directory)) == []


# Organizations.


def tag_policy(at):
    return json.dumps({"tags": {f"k{at}": {"tag_key": {"@@assign": f"K{at}"}}}})


def test_policies_above_an_account_are_merged_a_policy_and_a_place_in_a_step() -> None:
    nodes = [[tag_policy(4 * level + at) for at in range(4)] for level in range(3)]
    merged, steps = counted(inheritance.effective_policy_in_steps(nodes))

    assert merged == inheritance.effective_policy(
        [[inheritance.parse_management_policy(text) for text in texts] for texts in nodes]
    )
    assert steps == 12 + 3


# Patterns.


def test_a_long_text_is_looked_at_once_for_each_character_of_all_patterns(monkeypatch) -> None:
    looked = []
    real = globs._CharacterIndex.__init__
    monkeypatch.setattr(
        globs._CharacterIndex,
        "__init__",
        lambda self, text: looked.append(len(text)) or real(self, text),
    )
    text = "ab" * 5_000 + "".join(f"bbx{at}" for at in range(300))
    for at in range(300):
        assert not compile_wildcards(f"*a?x{at}*")(text)

    assert looked == [len(text)]
