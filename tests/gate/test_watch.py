"""A store that is unreachable or refuses the gate's credential: answers, readiness and recovery."""

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from daypass.gate.protocol.errors import S3Error
from daypass.gate.store import upstream
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.gate.store.watch import ABSENT_BUCKET, StoreWatch

from .conftest import support
from .hostile_store import HostileStore, answer, ask

LOOKS = {
    "a bucket that is not there": (answer(b"<Error><Code>NoSuchBucket</Code></Error>", 404), ""),
    "somebody else's bucket": (answer(b"<Error><Code>AccessDenied</Code></Error>", 403), ""),
    "a bucket": (answer(b"<LocationConstraint/>"), ""),
    "a wrong secret": (answer(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 403), "the object store refuses the gate's keys: SignatureDoesNotMatch"),
    "an unknown key": (answer(b"<Error><Code>InvalidAccessKeyId</Code></Error>", 403), "the object store refuses the gate's keys: InvalidAccessKeyId"),
    "trouble": (answer(b"", 503), "the object store answers 503"),
    "a page": (answer(b"<html/>"), "what answers in the object store's place (200) does not speak S3"),
    "a page that is not there": (answer(b"<html/>", 404), "what answers in the object store's place (404) does not speak S3"),
    "no HTTP": (b"220 mail.example ESMTP\r\n", "the object store does not answer"),
    "half an answer": (answer(b"<Error>", 404, length=99), "the object store does not answer"),
}  # fmt: skip


@pytest.fixture
def hostile():
    """A store that says what a test wants, byte for byte."""
    store = HostileStore()
    yield store
    store.close()


def reached(url, then):
    """Run a function on a store behind this address."""

    async def run():
        async with ObjectStore(
            url, StoreCredential("k", "s", "us-east-1"), clock=lambda: 1.0
        ) as store:
            return await then(store)

    return asyncio.run(run())


@pytest.mark.parametrize("what", LOOKS)
def test_a_look_at_the_store_says_what_is_wrong_with_it(hostile, what) -> None:
    said, expected = LOOKS[what]
    hostile.says = lambda _method, _target: [said]

    async def look(store):
        watch = StoreWatch(store)
        await watch.check_now()
        return watch.reason

    assert reached(hostile.url, look) == expected
    assert {target.partition("?")[0] for _, target in hostile.seen} == {f"/{ABSENT_BUCKET}"}


def test_while_the_store_is_known_to_be_away_nobody_waits_for_it(hostile) -> None:
    hostile.says = lambda _method, _target: [LOOKS["a bucket"][0]]

    async def ask_while_away(store):
        store.unreachable_cause = "no connection within 3 seconds"
        with pytest.raises(upstream.StoreUnreachable) as refused:
            await store.send(StoreRequest("GET", "/b/k"))
        before = len(hostile.seen)
        await StoreWatch(store).check_now()
        found = await store.send(StoreRequest("GET", "/b/k"))
        found.close()
        return refused.value, before

    refused, before = reached(hostile.url, ask_while_away)

    assert before == 0
    assert (refused.code, refused.status) == ("ServiceUnavailable", 503)
    assert "cannot be reached" in refused.message
    assert "request rate" not in refused.message


def test_a_request_that_finds_no_connection_makes_the_watch_look() -> None:
    async def ask_in_vain(store):
        with pytest.raises(S3Error) as refused:
            await store.send(StoreRequest("GET", "/b/k"))
        return store.connect_failed.is_set(), refused.value.operator

    assert reached(f"http://127.0.0.1:{support.free_port()}", ask_in_vain) == (
        True,
        "the object store cannot be reached: connection refused",
    )


# With a server.


@pytest.fixture(scope="module")
def away(tmp_path_factory):
    """An authority whose gate stands in front of a port at which nobody listens."""
    url = f"http://127.0.0.1:{support.free_port()}"
    path = tmp_path_factory.mktemp("away") / "data"
    yield from support.serving(path, url, s3_adopt=("kept",))


def readyz(live):
    try:
        with urllib.request.urlopen(f"{live.url}/readyz") as found:  # noqa: S310 - our own address
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def why(live, request):
    program = Path(sys.executable).with_name("daypass")
    return subprocess.run(
        [program, "log", "why", "--data", live.data.path, request],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_store_that_is_away_is_said_by_readyz_the_answer_the_log_and_why(away) -> None:
    status, content = ask(away, "GET", "/kept/a")
    event = json.loads(away.data.audit.path.read_bytes().splitlines()[-1])["event"]

    assert readyz(away)[0] == 503
    assert "object store: the object store cannot be reached: connection refused" in readyz(away)[1]
    assert away.store_url not in readyz(away)[1]
    assert status == 503
    assert b"The object store behind this gate cannot be reached." in content
    assert event["message"] == "the object store cannot be reached: connection refused"
    assert (
        why(away, event["request"]).stdout.splitlines()[-1]
        == f"no policy refused it: {event['message']}"
    )


@pytest.fixture(scope="module")
def mistrusted(tmp_path_factory):
    """An authority whose gate's keys the store does not take."""
    store = HostileStore()
    store.says = lambda method, _: [
        answer(
            b"" if method == "HEAD" else LOOKS["a wrong secret"][0].partition(b"\r\n\r\n")[2], 403
        )
    ]
    path = tmp_path_factory.mktemp("mistrusted") / "data"
    yield from support.serving(path, store.url, s3_adopt=("kept",))
    store.close()


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/kept/a"),
        ("HEAD", "/kept/a"),
        ("HEAD", "/kept"),
        ("PUT", "/another"),
        ("DELETE", "/kept"),
        ("GET", "/kept?uploads"),
        ("GET", "/kept/a?acl"),
    ],
)
def test_wrong_keys_at_the_store_are_named_in_every_line_of_the_log(
    mistrusted, method, target
) -> None:
    status, _ = ask(mistrusted, method, target)
    event = json.loads(mistrusted.data.audit.path.read_bytes().splitlines()[-1])["event"]

    assert status == 500
    assert "SignatureDoesNotMatch" in event["message"]
    assert "refuses the gate's keys: SignatureDoesNotMatch" in readyz(mistrusted)[1]


def test_a_store_that_comes_back_is_used_again(hostile, tmp_path) -> None:
    hostile.says = lambda _method, _target: [answer(b"<html/>")]
    serving = support.serving(tmp_path / "data", hostile.url, s3_adopt=("kept",))
    live = next(serving)
    try:
        before = readyz(live)[0]
        hostile.says = lambda _method, _target: [LOOKS["a bucket"][0]]
        given_up = time.monotonic() + 30
        while readyz(live)[0] != 200 and time.monotonic() < given_up:
            threading.Event().wait(0.05)
        after = readyz(live)
    finally:
        next(serving, None)

    assert before == 503
    assert after == (200, "ready\n")
