"""Detection of writes to a database since it was last read, by its file."""

import pytest
from tests.state.contract.node import names, user

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


def test_everything_is_new_before_the_first_mark(counter) -> None:
    writes, _ = counter

    assert writes.has_new_writes()
    assert writes.has_new_writes()


def test_a_write_is_new_until_it_is_marked_as_seen(counter) -> None:
    writes, count = counter
    writes.mark_seen()
    assert not writes.has_new_writes()
    count(8)
    assert writes.has_new_writes()
    writes.mark_seen()
    assert not writes.has_new_writes()


def test_a_counter_rolled_back_and_used_again_is_new(counter) -> None:
    writes, count = counter
    writes.mark_seen()
    count(8)
    assert writes.has_new_writes()
    count(7)
    writes.mark_seen()
    count(8)

    assert writes.has_new_writes()


def test_after_a_reset_everything_is_new(counter) -> None:
    writes, _ = counter
    writes.mark_seen()
    writes.reset()

    assert writes.has_new_writes()


@pytest.fixture
def stores(tmp_path):
    path = tmp_path / "db"
    open_sqlite(path).close()
    scoreboard = Scoreboard(["1"])
    made = [
        open_sqlite_for_node(
            path, boot=each * 16, node=each, lock=scoreboard.database_lock(lambda _seconds: None)
        )
        for each in "12"
    ]
    yield made
    for each in made:
        each.close()


def test_own_commits_are_not_new_and_those_of_others_are(stores) -> None:
    one, two = stores
    first, second = one.load(()), two.load(())
    first = one.commit(first, [Changes([Put(user("alice"))])], now=1).directory

    assert not one._writes.has_new_writes()
    assert two._writes.has_new_writes()
    assert names(two.catch_up(second)) == ["alice"]
    assert not two._writes.has_new_writes()


def test_others_commits_before_an_own_side_table_write_are_still_found(stores) -> None:
    one, two = stores
    first, second = one.load(()), two.load(())
    one.commit(first, [Changes([Put(user("alice"))])], now=1)
    two.raise_mark(5)

    assert names(two.catch_up(second)) == ["alice"]
