"""Quotas of buffered form files and documents: per account and in total, and always released."""

import asyncio
import errno

import pytest

from daypass.gate import buffer_quota, limits
from daypass.gate.body import spool
from daypass.gate.buffer_quota import BufferLimits, BufferQuota
from daypass.gate.protocol.errors import S3Error
from daypass.state.changes import Put

from .in_process import GONE, World, sha256
from .raw_store import RawStore

MIB = 1 << 20


@pytest.fixture
def store():
    made = RawStore()
    yield made
    made.close()


def reserved(kept, *wanted):
    """Take room for (account, bytes) one after the other and return who got it; nothing is given
    back meanwhile.
    """
    got, open_ones = [], []
    for account, size in wanted:
        one = kept.reserve(account, size)
        try:
            one.__enter__()
        except S3Error:
            continue
        open_ones.append(one)
        got.append((account, size))
    for one in open_ones:
        one.__exit__(None, None, None)
    return got


def small():
    return BufferQuota(per_account=BufferLimits(2, 10), in_total=BufferLimits(3, 15))


CASES = [
    # wanted, granted: each at its bound and one past it
    ([("a", 1), ("a", 1), ("a", 1)], 2),
    ([("a", 10)], 1),
    ([("a", 11)], 0),
    ([("a", 5), ("a", 6)], 1),
    ([("a", 5), ("a", 5), ("b", 5)], 3),
    ([("a", 5), ("a", 5), ("b", 6)], 2),
    ([("a", 1), ("b", 1), ("c", 1), ("d", 1)], 3),
    ([("a", 1), ("a", 1), ("b", 1), ("b", 1)], 3),
    ([("a", 0), ("a", 0), ("a", 0)], 2),
]


@pytest.mark.parametrize(("wanted", "granted"), CASES)
def test_room_is_bounded_for_an_account_and_for_everybody(wanted, granted) -> None:
    kept = small()

    assert len(reserved(kept, *wanted)) == granted
    # All of it came back.
    assert len(reserved(kept, *wanted)) == granted


@pytest.mark.parametrize(
    ("kept", "size", "whole"),
    [
        (buffer_quota.form_file_quota(), limits.FORM_FILE_BYTES_MAX, limits.FILE_BYTES_MAX),
        (buffer_quota.document_quota(), limits.DELETE_BODY_BYTES_MAX, limits.DOCUMENT_BYTES_MAX),
    ],
)
def test_a_crowd_of_one_account_takes_a_quarter_and_leaves_the_rest(kept, size, whole) -> None:
    got = reserved(kept, *[("a", size)] * 2_000, ("b", size))

    assert got[-1] == ("b", size)
    assert (len(got) - 1) * size == whole // 4


@pytest.mark.parametrize(
    ("known", "longest", "size", "status"),
    [
        # What may come counts: what the client says of the form, or the policy, or our own bound.
        (True, None, 2_000, 204),
        (True, None, 100, 503),
        (False, 100, 100, 204),
        (False, 101, 100, 503),
        (False, None, limits.FORM_FILE_BYTES_MAX, 204),
        (False, None, limits.FORM_FILE_BYTES_MAX - 1, 503),
    ],
)
def test_a_form_without_room_is_refused_before_its_file_is_read(
    store, monkeypatch, known, longest, size, status
) -> None:
    kept = []
    write = spool.Spool.write

    async def counting(spool, piece):
        kept.append(piece)
        await write(spool, piece)

    monkeypatch.setattr(spool.Spool, "write", counting)

    async def run():
        bounds = BufferLimits(1, size)
        world = World(store.url, form_file_quota=BufferQuota(per_account=bounds, in_total=bounds))
        scope, head, tail = world.form(b"x" * 100, length=known, longest=longest)
        try:
            return await world.ask(scope, head, tail)
        finally:
            await world.close()

    assert asyncio.run(run()) == (status, "SlowDown" if status == 503 else "")
    assert bool(kept) is (status == 204)


class Full:
    """A file on a disk that has no place left."""

    def __init__(self, _size):
        pass

    def write(self, _piece):
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self):
        raise OSError(errno.ENOSPC, "No space left on device")


async def well(world):
    scope, head, tail = world.form(b"hello")
    return await world.ask(scope, head, tail)


async def gone(world):
    scope, head, tail = world.form(b"hello" * 100)
    return await world.ask(scope, head, tail[:100], GONE)


async def too_large(world):
    scope, head, tail = world.form(b"hello", longest=4)
    return await world.ask(scope, head, tail)


async def no_right(world):
    scope, head, tail = world.form(b"hello")
    return await world.ask(scope, head, lambda: world.change(Put(world.alice())), tail)


async def cancelled(world):
    scope, head, _ = world.form(b"hello")
    waiting = asyncio.Event()

    def forever():
        waiting.set()
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await world.ask(scope, head, forever, b"")
    assert waiting.is_set()
    return 0, ""


async def no_store(world):
    world.gate.store._origin = "http://127.0.0.1:1"
    return await well(world)


async def full(world):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool.tempfile, "SpooledTemporaryFile", Full)
        return await well(world)


ENDS = [
    (well, 204, ""),
    (gone, 400, "IncompleteBody"),
    (too_large, 400, "EntityTooLarge"),
    (no_right, 403, "AccessDenied"),
    (cancelled, 0, ""),
    (no_store, 503, "ServiceUnavailable"),
    (full, 503, "ServiceUnavailable"),
]


@pytest.mark.parametrize(("end", "status", "code"), ENDS)
def test_room_comes_back_however_a_form_ends(store, end, status, code) -> None:
    one = BufferLimits(1, limits.FORM_FILE_BYTES_MAX)

    async def run():
        world = World(store.url, form_file_quota=BufferQuota(per_account=one, in_total=one))
        try:
            told = await end(world)
            return (
                told,
                reserved(world.gate.form_file_quota, ("anybody", one.size_bytes)),
                world.seen,
            )
        finally:
            await world.close()

    told, granted, seen = asyncio.run(run())

    assert told == (status, code)
    assert granted
    if end is full:
        assert "No space left on device" in seen[-1].message
        assert not store.requests


def test_documents_in_memory_are_bounded_too(store) -> None:
    body = b"<CORSConfiguration/>"
    bounds = BufferLimits(1, len(body))

    async def run():
        world = World(store.url, document_quota=BufferQuota(per_account=bounds, in_total=bounds))
        scope = world.put(len(body), path="/kept", query="cors=", payload_hash=sha256(body))
        inner = []

        def crowd():
            # While the first one's body is on its way there is no room for a second.
            inner.append(reserved(world.gate.document_quota, ("b", 1)))

        try:
            told = await world.ask(scope, body[:5], crowd, body[5:])
            return told, inner, reserved(world.gate.document_quota, ("b", 1))
        finally:
            await world.close()

    (status, _), inner, after = asyncio.run(run())

    assert status == 200
    assert inner == [[]]
    assert after


def test_a_file_that_waits_on_disk_has_no_name_that_a_killed_process_would_leave(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(spool.tempfile, "tempdir", str(tmp_path))
    piece = b"x" * (64 << 10)

    async def run():
        with spool.Spool() as file:
            while file.length < 2 * limits.FORM_IN_MEMORY_BYTES_MAX:
                await file.write(piece)
            names = list(tmp_path.iterdir())
            is_on_disk = file._file._rolled
            await file.finish()
            return names, is_on_disk, (await file.receive())["body"]

    assert asyncio.run(run()) == ([], True, piece)
