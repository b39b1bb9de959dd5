"""Slow requests are authorized again: forms, and uploads that take longer than a minute."""

import asyncio

import pytest
from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store import upstream
from daypass.gate.store.store_request import StoreRequest
from daypass.state.changes import Put, Remove

from .conftest import RecordingStore
from .in_process import ACCOUNT, OTHER, World, document, sha256, statement
from .raw_store import RawStore

LATER = limits.DECISION_SECONDS_MAX
DENY = statement("Deny", "s3:PutObject")


@pytest.fixture
def store():
    made = RawStore()
    yield made
    made.close()


def deactivated(world):
    world.change(Put(replace(world.key, active=False)))


def deleted(world):
    world.change(Remove(world.user), Remove(world.key))


def without_right(world):
    world.change(Put(world.alice()))


def denied_by_the_bucket(world):
    policy = document({**DENY, "Principal": {"AWS": ACCOUNT}, "Resource": "arn:aws:s3:::kept/*"})
    world.change(Put(replace(world.bucket, policy=policy)))


def bucket_gone(world):
    world.change(Remove(world.bucket))


def bucket_anothers(world):
    world.change(Put(replace(world.bucket, owner=OTHER)))


def closed(world):
    account = world.directory.account(ACCOUNT).record
    world.change(Put(replace(account, closed=world.now)))


CHANGES = [
    (deactivated, "InvalidAccessKeyId"),
    (deleted, "InvalidAccessKeyId"),
    (without_right, "AccessDenied"),
    (denied_by_the_bucket, "AccessDenied"),
    (bucket_gone, "NoSuchBucket"),
    (bucket_anothers, "AccessDenied"),
    (closed, "InvalidAccessKeyId"),
]


def run(store, asking):
    """Run one request against a world of its own; return what it was told, and the world."""

    async def running():
        world = World(store.url)
        try:
            return await asking(world), world
        finally:
            await world.close()

    return asyncio.run(running())


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_an_upload_longer_than_a_minute_that_lost_its_right_leaves_nothing(
    store, change, code
) -> None:
    content = b"x" * 200_000

    async def upload(world):
        def later():
            world.now += LATER
            change(world)

        return await world.ask(
            world.put(len(content), payload_hash=sha256(content)),
            content[:100_000],
            later,
            content[100_000:],
        )

    (status, found), _ = run(store, upload)

    assert status >= 400
    assert found == code
    assert store.ends.get(timeout=20) == "torn"
    assert not store.requests
    [(_, came)] = store.torn
    # Signed chunks: everything but what holds the last byte may have gone out.
    assert content not in came


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_a_forms_file_is_stored_only_while_its_signer_may(store, change, code) -> None:
    async def upload(world):
        scope, head, tail = world.form(b"hello")
        return await world.ask(scope, head, lambda: change(world), tail)

    (_, found), world = run(store, upload)

    assert found == code
    assert not store.requests
    assert not store.torn
    assert world.seen[-1].outcome == code


def test_a_form_ends_when_its_policy_says_even_if_its_file_was_on_its_way(store) -> None:
    async def upload(world):
        scope, head, tail = world.form(b"hello", lasts=30)
        return await world.ask(scope, head, lambda: setattr(world, "now", world.now + 30), tail)

    (status, code), _ = run(store, upload)

    assert (status, code) == (403, "AccessDenied")
    assert not store.requests


@pytest.mark.parametrize(("lasts", "status"), [(LATER + 5, 200), (LATER - 1, 403)])
def test_a_presigned_upload_ends_with_its_link(store, lasts, status) -> None:
    async def upload(world):
        scope = world.presigned(10, lasts)
        return await world.ask(
            scope, b"01234", lambda: setattr(world, "now", world.now + LATER), b"56789"
        )

    (found, _), _ = run(store, upload)

    assert found == status
    assert bool(store.requests) is (status == 200)


@pytest.mark.parametrize(("seconds", "code"), [(900, ""), (LATER, "ExpiredToken")])
@pytest.mark.parametrize("size", [0, 10])
def test_an_upload_ends_with_its_session_however_small(store, seconds, code, size) -> None:
    content = b"x" * size

    async def upload(world):
        scope = world.put(size, keys=world.session(seconds), payload_hash=sha256(content))
        return await world.ask(
            scope, content[:5], lambda: setattr(world, "now", world.now + LATER), content[5:]
        )

    (_, found), _ = run(store, upload)

    assert found == code
    assert bool(store.requests) is not bool(code)


@pytest.mark.parametrize("back", [60 * 60, 24 * 60 * 60])
@pytest.mark.parametrize(("seconds", "code"), [(900, ""), (LATER, "ExpiredToken")])
def test_a_clock_that_is_set_back_during_an_upload_lengthens_no_session(
    store, back, seconds, code
) -> None:
    async def upload(world):
        def change():
            world.now += LATER - back
            world.lead = back

        scope = world.put(10, keys=world.session(seconds))
        return await world.ask(scope, b"01234", change, b"56789")

    (_, found), _ = run(store, upload)

    assert found == code
    assert bool(store.requests) is not bool(code)


@pytest.mark.parametrize("back", [LATER, 60 * 60])
def test_a_clock_that_is_set_back_does_not_make_an_old_decision_young(store, back) -> None:
    async def upload(world):
        def change():
            world.now += LATER - back
            world.lead = back
            without_right(world)

        return await world.ask(world.put(10), b"01234", change, b"56789")

    (status, _), _ = run(store, upload)

    assert status == 403
    assert not store.requests


def test_an_upload_within_a_minute_is_decided_once(store) -> None:
    async def upload(world):
        def change():
            world.now += LATER - 1
            without_right(world)

        return await world.ask(world.put(10), b"01234", change, b"56789")

    (status, _), _ = run(store, upload)

    assert status == 200


def test_a_long_upload_that_is_still_allowed_is_stored(store) -> None:
    async def upload(world):
        def change():
            world.now += 3 * 60 * 60
            world.change(Put(world.alice(statement(), statement("Deny", "s3:GetObject"))))

        return await world.ask(world.put(10), b"01234", change, b"56789")

    (status, _), _ = run(store, upload)

    assert status == 200
    assert len(store.requests) == 1


@pytest.mark.parametrize("seconds", [1, LATER])
def test_a_small_body_that_came_slowly_is_decided_by_what_holds_then(store, seconds) -> None:
    body = b"<CORSConfiguration/>"

    async def upload(world):
        # Nothing was changed: time alone ended the session.
        scope = world.put(
            len(body),
            path="/kept",
            query="cors=",
            keys=world.session(seconds),
            payload_hash=sha256(body),
        )
        return await world.ask(
            scope, body[:5], lambda: setattr(world, "now", world.now + seconds), body[5:]
        )

    (_, code), _ = run(store, upload)

    assert code == "ExpiredToken"
    assert not store.requests


def test_a_deletion_that_comes_late_forgets_no_bucket_that_was_made_since(store) -> None:
    async def delete(world):
        sent = world.gate.store.send

        async def slow(outgoing):
            answer = await sent(outgoing)
            world.change(Remove(world.bucket))
            world.change(Put(replace(world.bucket, owner=OTHER, created=world.now + 1)))
            return answer

        world.gate.store.send = slow
        return await world.ask(world.put(0, path="/kept", method="DELETE"))

    _, world = run(store, delete)

    assert world.directory.of(Bucket).get("kept").owner == OTHER


def test_a_request_does_not_wait_long_for_a_connection_to_the_store(monkeypatch) -> None:
    monkeypatch.setattr(upstream, "CONNECTIONS_MAX", 1)
    monkeypatch.setattr(upstream, "QUEUE_SECONDS", 0.01)

    async def two():
        reached = asyncio.Event()

        open_ones = []

        async def silent(_reader, writer):
            open_ones.append(writer)
            reached.set()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        world = World(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        first = asyncio.create_task(world.gate.store.send(StoreRequest("DELETE", "/kept/a")))
        await reached.wait()
        try:
            with pytest.raises(S3Error) as refused:
                await world.gate.store.send(StoreRequest("DELETE", "/kept/b"))
            return refused.value
        finally:
            first.cancel()
            await world.close()
            for writer in open_ones:
                writer.close()
                await writer.wait_closed()
            server.close()

    assert asyncio.run(two()).status == 503


@pytest.mark.parametrize(
    ("expected", "status"), [({}, 200), ({"x-amz-expected-bucket-owner": ACCOUNT}, 403)]
)
def test_a_bucket_that_came_into_other_hands_meanwhile_is_not_the_expected_owners(
    store, expected, status
) -> None:
    async def upload(world):
        def change():
            world.now += LATER
            policy = document(
                {**statement(), "Principal": {"AWS": ACCOUNT}, "Resource": "arn:aws:s3:::kept/*"}
            )
            world.change(Put(replace(world.bucket, owner=OTHER, policy=policy)))

        return await world.ask(world.put(10, headers=expected), b"01234", change, b"56789")

    (found, _), _ = run(store, upload)

    assert found == status


def test_a_policy_that_is_new_when_the_body_is_there_finds_the_tags_that_it_asks_about() -> None:
    body = b"<Tagging><TagSet/></Tagging>"
    store = RecordingStore()
    store.answer = lambda _: (
        200,
        {},
        [b"<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tagging>"],
    )
    secret = {"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}

    async def tag(world):
        def change():
            denied = statement("Deny", "s3:PutObjectTagging", Condition=secret)
            world.change(Put(world.alice(statement(), denied)))

        scope = world.put(len(body), path="/kept/k", query="tagging=", payload_hash=sha256(body))
        return await world.ask(scope, body[:5], change, body[5:])

    try:
        (status, code), _ = run(store, tag)
    finally:
        store.close()

    assert (status, code) == (403, "AccessDenied")
    assert [each.method for each in store.sent] == ["GET"]
