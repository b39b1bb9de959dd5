"""Workers as their parent sees them: what is said of one that has ended, and when it is started again."""

import signal
import socket

import pytest

from daypass.server import limits
from daypass.server.workers import channel
from daypass.server.workers.board import Board
from daypass.server.workers.channel import Word
from daypass.server.workers.crew import Member, how


@pytest.fixture
def member():
    return Member(Board(["1"]).places[0], [])


def exited(code):
    return code << 8


@pytest.mark.parametrize(
    ("status", "words"),
    [(exited(0), "ended with exit code 0"), (exited(3), "ended with exit code 3"), (9, "was killed by SIGKILL"), (34, "was killed by SIGRTMIN"), (40, "was killed by signal 40")],
)  # fmt: skip
def test_how_a_process_ended_is_said_in_words(status, words) -> None:
    assert how(status) == words


def lives(member, *spans):
    """Have a worker live for so many seconds each, one life after the other; return after how long each next one begins."""
    now, pauses = 100.0, []
    for span in spans:
        ours, theirs = channel.pair()
        member.started(4711, ours, now)
        now += span
        member.lost(exited(1), now)
        theirs.close()
        pauses.append(member.due - now)
        now = member.due
    return pauses


def test_one_that_dies_is_started_again_at_once_and_later_and_later_if_it_dies_soon(member) -> None:
    assert lives(member, 0.5, 0.5, 0.5, 0.5) == pytest.approx([0.0, 0.1, 0.2, 0.4])


def test_no_pause_is_longer_than_its_bound(member) -> None:
    assert lives(member, *[0.1] * 20)[-1] == pytest.approx(limits.WORKER_AGAIN_SECONDS_MAX)


def test_a_life_that_was_not_short_is_a_new_beginning(member) -> None:
    assert lives(member, 0.5, 0.5, limits.WORKER_STEADY_SECONDS, 0.5) == pytest.approx([0.0, 0.1, 0.0, 0.0])  # fmt: skip


def test_nobody_waits_for_one_that_has_ended_and_nothing_is_said_to_it(member) -> None:
    ours, theirs = channel.pair()
    member.started(4711, ours, 0.0)
    member.place.enter()
    member.place.promise(2.0, now=0.0)
    member.lost(9, 1.0)
    theirs.close()

    assert not member.place.is_live
    assert not member.place.is_overdue(100.0)
    assert not member.say(Word.ASK)
    assert (member.pid, member.ended) == (0, "was killed by SIGKILL")
    member.send(signal.SIGTERM)


def test_words_come_one_by_one_each_with_its_own_descriptor() -> None:
    one, other = channel.pair()
    connection, peer = socket.socketpair()
    memory = channel.written(b"figures")
    assert one.say(Word.ASK)
    assert one.say(Word.OPERATOR, connection.fileno())
    assert one.say(Word.RELOAD)
    assert one.say(Word.METRICS, memory)

    assert other.heard() == (Word.ASK, None)
    word, file = other.heard()
    assert word is Word.OPERATOR
    with connection, peer, socket.socket(fileno=file) as received:
        received.sendall(b"hello")
        assert peer.recv(5) == b"hello"
    assert other.heard() == (Word.RELOAD, None)
    assert channel.read(other.heard()[1]) == b"figures"
    assert other.heard() is None
    one.close()
    with pytest.raises(EOFError):
        other.heard()
    assert not other.say(Word.READY)
    other.close()


def test_who_does_not_listen_is_not_waited_for() -> None:
    one, other = channel.pair()
    while one.say(Word.ASK):
        pass
    assert not one.say(Word.ASK)
    assert other.heard() == (Word.ASK, None)
    one.close()
    other.close()


def test_a_process_that_was_condemned_is_so_until_another_one_is_started(member) -> None:
    ours, theirs = channel.pair()
    member.is_condemned = member.has_served = True
    member.started(4711, ours, 0.0)
    ours.close()
    theirs.close()

    assert (member.is_condemned, member.has_served) == (False, False)
