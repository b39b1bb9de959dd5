"""Whether a database was written since it was read, told by its file."""

import pytest
from tests.state.contract.suite import names, user

from daypass.server.workers.scoreboard import Scoreboard
from daypass.state.changes import Changes, Put
from daypass.state.database.foreign_writes import CHANGE_COUNTER_OFFSET, FileWriteDetector
from daypass.state.database.sqlite_store import open_sqlite, open_sqlite_for_node


@pytest.fixture
def counter(tmp_path):
    """A file with a counter, and a function that sets it."""
    path = tmp_path / "db"

    def count(number):
        path.write_bytes(bytes(CHANGE_COUNTER_OFFSET) + number.to_bytes(4, "big"))

    count(7)
    return FileWriteDetector(path), count


def test_nothing_is_known_before_it_was_noted(counter) -> None:
    writes, _ = counter

    assert writes.has_new_writes()
    assert writes.has_new_writes()


def test_a_write_is_new_until_it_is_noted(counter) -> None:
    writes, count = counter
    writes.mark_seen()
    assert not writes.has_new_writes()
    count(8)
    assert writes.has_new_writes()
    writes.mark_seen()
    assert not writes.has_new_writes()


def test_a_number_that_was_taken_back_and_given_again_is_new(counter) -> None:
    writes, count = counter
    writes.mark_seen()
    count(8)
    assert writes.has_new_writes()
    count(7)
    writes.mark_seen()
    count(8)

    assert writes.has_new_writes()


def test_what_is_forgotten_is_new(counter) -> None:
    writes, _ = counter
    writes.mark_seen()
    writes.reset()

    assert writes.has_new_writes()


@pytest.fixture
def stores(tmp_path):
    path = tmp_path / "db"
    open_sqlite(path).close()
    scoreboard = Scoreboard(["1"])
    made = [open_sqlite_for_node(path, boot=each * 16, node=each, lock=scoreboard.database_lock(lambda _seconds: None)) for each in "12"]  # fmt: skip
    yield made
    for each in made:
        each.close()


def test_own_commits_are_no_news_and_those_of_others_are(stores) -> None:
    one, two = stores
    first, second = one.load(()), two.load(())
    first = one.commit(first, [Changes([Put(user("alice"))])], now=1).directory

    assert not one._writes.has_new_writes()
    assert two._writes.has_new_writes()
    assert names(two.catch_up(second)) == ["alice"]
    assert not two._writes.has_new_writes()


def test_what_others_wrote_before_an_own_write_that_is_no_commit_is_still_found(stores) -> None:
    one, two = stores
    first, second = one.load(()), two.load(())
    one.commit(first, [Changes([Put(user("alice"))])], now=1)
    two.raise_mark(5)

    assert names(two.catch_up(second)) == ["alice"]
