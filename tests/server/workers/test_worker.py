"""Workers as their parent sees them: how a process ended, and when it is started again."""

import signal
import socket

import pytest

from daypass.server import limits
from daypass.server.workers import channel
from daypass.server.workers.channel import ChannelMessage
from daypass.server.workers.scoreboard import Scoreboard
from daypass.server.workers.worker import Worker, describe_exit


@pytest.fixture
def worker():
    return Worker(Scoreboard(["1"]).slots[0], [])


def exit_status(code):
    return code << 8


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (exit_status(0), "ended with exit code 0"),
        (exit_status(3), "ended with exit code 3"),
        (9, "was killed by SIGKILL"),
        (34, "was killed by SIGRTMIN"),
        (40, "was killed by signal 40"),
    ],
)
def test_how_a_process_ended_is_described(status, words) -> None:
    assert describe_exit(status) == words


def restart_delays(worker, *spans):
    """Start a worker once per span, in seconds, and end it after that.

    Return the delay before each restart.
    """
    now, pauses = 100.0, []
    for span in spans:
        ours, theirs = channel.channel_pair()
        worker.mark_started(4711, ours, now)
        now += span
        worker.mark_ended(exit_status(1), now)
        theirs.close()
        pauses.append(worker.due - now)
        now = worker.due
    return pauses


def test_a_worker_restarts_at_once_and_after_growing_delays_if_it_dies_soon(worker) -> None:
    assert restart_delays(worker, 0.5, 0.5, 0.5, 0.5) == pytest.approx([0.0, 0.1, 0.2, 0.4])


def test_no_pause_is_longer_than_its_bound(worker) -> None:
    assert restart_delays(worker, *[0.1] * 20)[-1] == pytest.approx(limits.WORKER_AGAIN_SECONDS_MAX)


def test_a_process_that_ran_for_long_resets_the_delay(worker) -> None:
    assert restart_delays(worker, 0.5, 0.5, limits.WORKER_STEADY_SECONDS, 0.5) == pytest.approx(
        [0.0, 0.1, 0.0, 0.0]
    )


def test_an_ended_worker_is_not_live_and_gets_no_message(worker) -> None:
    ours, theirs = channel.channel_pair()
    worker.mark_started(4711, ours, 0.0)
    worker.slot.mark_live()
    worker.slot.set_lock_deadline(2.0, now=0.0)
    worker.mark_ended(9, 1.0)
    theirs.close()

    assert not worker.slot.is_live
    assert not worker.slot.is_lock_overdue(100.0)
    assert not worker.send(ChannelMessage.REQUEST_METRICS)
    assert (worker.pid, worker.last_exit) == (0, "was killed by SIGKILL")
    worker.send_signal(signal.SIGTERM)


def test_messages_arrive_one_by_one_each_with_its_own_descriptor() -> None:
    one, other = channel.channel_pair()
    connection, peer = socket.socketpair()
    memory = channel.write_memory(b"figures")
    assert one.send(ChannelMessage.REQUEST_METRICS)
    assert one.send(ChannelMessage.OPERATOR, connection.fileno())
    assert one.send(ChannelMessage.RELOAD)
    assert one.send(ChannelMessage.METRICS, memory)

    assert other.receive() == (ChannelMessage.REQUEST_METRICS, None)
    message, file = other.receive()
    assert message is ChannelMessage.OPERATOR
    with connection, peer, socket.socket(fileno=file) as received:
        received.sendall(b"hello")
        assert peer.recv(5) == b"hello"
    assert other.receive() == (ChannelMessage.RELOAD, None)
    assert channel.read_memory(other.receive()[1]) == b"figures"
    assert other.receive() is None
    one.close()
    with pytest.raises(EOFError):
        other.receive()
    assert not other.send(ChannelMessage.READY)
    other.close()


def test_sending_to_a_process_that_reads_nothing_does_not_block() -> None:
    one, other = channel.channel_pair()
    while one.send(ChannelMessage.REQUEST_METRICS):
        pass
    assert not one.send(ChannelMessage.REQUEST_METRICS)
    assert other.receive() == (ChannelMessage.REQUEST_METRICS, None)
    one.close()
    other.close()


def test_a_killed_process_stays_condemned_until_the_next_is_started(worker) -> None:
    ours, theirs = channel.channel_pair()
    worker.is_condemned = worker.has_served = True
    worker.mark_started(4711, ours, 0.0)
    ours.close()
    theirs.close()

    assert (worker.is_condemned, worker.has_served) == (False, False)
