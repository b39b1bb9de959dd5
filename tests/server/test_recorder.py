"""Failures of the audit log's file reach every request that waits for a line, and the operator."""

import asyncio
import errno
import os

import pytest

from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.recorder import Recorder
from daypass.server.audit.verification import verify_log


def event(number):
    return Event(time=float(number), request=f"r{number}", service="sts", operation="AssumeRole")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.log"


async def until(holds):
    """Let the event loop and the thread beside it go on until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


class Defective(AuditLog):
    """A log with a defect: it fails in a way that nobody expects."""

    fault: BaseException = KeyError("x")

    def append(self, events):
        raise self.fault


FAULTS = [
    KeyError("x"),
    RuntimeError("no thread"),
    UnicodeDecodeError("utf-8", b"", 0, 1, "x"),
    OSError(5, "input/output error"),
    MemoryError(),
]


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("durable", [True, False])
def test_every_waiter_gets_the_failure(path, fault, durable) -> None:
    log = Defective(path)
    log.fault = fault

    async def run():
        made = Recorder(log, durable=durable)
        waiters = [made.record(event(number)) for number in range(5)]
        async with asyncio.timeout(10):
            return await asyncio.gather(*waiters, return_exceptions=True), made.failure

    outcomes, failure = asyncio.run(run())

    assert all(isinstance(each, Unrecorded) for each in outcomes)
    assert failure.startswith("lines cannot be written: ")


def test_an_interruption_completes_the_waiters_and_is_raised(path) -> None:
    log = Defective(path)
    log.fault = KeyboardInterrupt()
    waiters = []

    async def run():
        waiters.append(Recorder(log, durable=False).record(event(1)))
        await waiters[0]

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run())
    assert waiters[0].done()


def test_cancelling_one_request_cancels_no_other(path) -> None:
    async def run():
        made = Recorder(AuditLog(path), durable=True)

        async def wait(number):
            await made.record(event(number))
            return number

        tasks = [asyncio.create_task(wait(number)) for number in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        made.close()
        return outcomes

    first, second, third = asyncio.run(run())

    assert (first, third) == (0, 2)
    assert isinstance(second, asyncio.CancelledError)
    assert [line.event.request for line in read_log(path)] == ["r0", "r1", "r2"]


def test_a_file_that_refuses_lines_is_tried_again_and_says_how_many_are_missing(path) -> None:
    # T261-LOG
    async def run():
        made = Recorder(AuditLog(path), durable=False)
        await made.record(event(1))
        whole = path.read_bytes()
        path.write_bytes(whole + b"garbage\n")
        refused = await asyncio.gather(
            *map(made.record, map(event, range(3))), return_exceptions=True
        )
        made.retry()
        before = made.failure
        os.truncate(path, len(whole))
        made.retry()
        after = made.failure
        await made.record(event(2))
        made.close()
        return refused, before, after

    refused, before, after = asyncio.run(run())

    assert all(isinstance(each, Unrecorded) for each in refused)
    assert (before, after) == ("lines cannot be written: the file is not what was written", "")
    assert not verify_log(path).breaks
    assert [(line.event.request, line.event.message) for line in read_log(path)] == [
        ("r1", ""),
        ("", "3 decisions before this line are not in the log: its file refused them"),
        ("r2", ""),
    ]


@pytest.mark.parametrize("durable", [True, False])
def test_a_failed_sync_is_reported_and_tried_again(path, monkeypatch, durable) -> None:
    # T261-LOG
    monkeypatch.setattr(limits, "RETRY_SECONDS", 0.0)
    broken = [True]
    force = os.fdatasync

    def forcing(file):
        if broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        force(file)

    monkeypatch.setattr("daypass.server.audit.log_file.os.fdatasync", forcing)
    unexpected = []

    async def run():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: unexpected.append(context)
        )
        made = Recorder(AuditLog(path), durable=durable)
        first = made.record(event(1))
        await until(lambda: made.failure)
        second = await asyncio.gather(made.record(event(2)), return_exceptions=True)
        failure = made.failure
        broken.clear()
        await until(lambda: not made.failure)
        await made.record(event(3))
        await asyncio.wait([first])
        made.close()
        return first.exception(), second[0], failure

    first, second, failure = asyncio.run(run())

    assert isinstance(first, Unrecorded) is durable
    assert isinstance(second, Unrecorded)
    assert failure == "lines cannot be forced to disk: Input/output error"
    assert not unexpected
    assert verify_log(path).lines == 3


def test_waiting_events_are_written_when_the_recorder_is_closed(path) -> None:
    async def run():
        made = Recorder(AuditLog(path), durable=False)
        waiter = made.record(event(1))
        made.close()
        await waiter

    asyncio.run(run())

    assert [line.event.request for line in read_log(path)] == ["r1"]


def test_a_time_that_is_a_whole_number_is_read_back_as_it_was_written(path) -> None:
    log = AuditLog(path)
    log.append([Event(time=0, request="r", service="sts", operation="AssumeRole")])
    log.close()

    assert not verify_log(path).breaks
