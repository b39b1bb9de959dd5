"""The contract of a store on SQLite, and changes to SQLite's own files."""

import shutil
import sqlite3

import pytest
from tests.state.contract.node import A, B, Node, names, read, same, user
from tests.state.contract.suite import StoreContract

from daypass.server.workers.scoreboard import Scoreboard
from daypass.state.changes import Changes, Put, Remove
from daypass.state.database.loading import DamagedDatabase
from daypass.state.database.sqlite_store import open_sqlite, open_sqlite_for_node
from daypass.state.last_uses import LastUse
from daypass.state.snapshot.directory import Directory
from daypass.state.store import InconsistentStore, Stale, Unavailable


class TestSqlite(StoreContract):
    """The suite on one SQLite file."""

    def open(self, storage, node, start="0"):
        return open_sqlite(storage / "db", boot=f"boot{node}".ljust(15, "0") + start, node=node)


class TestSqliteOfSeveralProcesses(StoreContract):
    """The same where nodes take turns by a lock of their own, as workers do."""

    scoreboard = Scoreboard(["1"])

    def open(self, storage, node, start="0"):
        path, boot = storage / "db", f"boot{node}".ljust(15, "0") + start
        if not path.exists():
            open_sqlite(path).close()
        lock = self.scoreboard.database_lock(lambda _seconds: None)
        return open_sqlite_for_node(path, boot=boot, node=node, lock=lock)


class TestSqliteThatReturnsNoRowsOfUpdates(StoreContract):
    """The same on an SQLite before 3.35, where a commit reads with one statement more."""

    def open(self, storage, node, start="0"):
        store = open_sqlite(storage / "db", boot=f"boot{node}".ljust(15, "0") + start, node=node)
        store._engine.dialect.update_returning = False
        return store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "db"


@pytest.fixture
def opened():
    """Return a function that opens a database as a node; all of them are closed at the end."""
    stores = []

    def node_of(path, node="1"):
        stores.append(open_sqlite(path, boot=f"boot{node}".ljust(16, "0"), node=node))
        return Node(stores[-1])

    yield node_of
    for store in stores:
        store.close()


def changed(path, *statements):
    """Change a database without a store."""
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def restored(backup, path):
    """Put a backup back beside running nodes, as SQLite's own program does."""
    source, target = sqlite3.connect(backup), sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()


def test_a_database_restored_from_a_backup_is_loaded_again(path, opened) -> None:
    one, other = opened(path), opened(path, "2")
    one.put(user("alice"))
    shutil.copy(path, path.with_name("backup"))
    one.put(user("bob"))
    other.catch_up()
    restored(path.with_name("backup"), path)

    assert names(other.catch_up()) == ["alice"]
    assert isinstance(other.put(user("carol")), Directory)


def test_another_commit_of_the_same_number_is_recognized_by_its_id(path, opened) -> None:
    one, other = opened(path), opened(path, "2")
    one.put(user("alice"))
    shutil.copy(path, path.with_name("backup"))
    one.put(user("bob"))
    other.catch_up()
    restored(path.with_name("backup"), path)
    opened(path, "3").put(user("carol"))

    assert other.directory.revision == 2
    assert names(other.catch_up()) == ["alice", "carol"]


def test_after_a_backup_was_put_back_all_last_uses_of_it_are_new(path, opened) -> None:
    one, other = opened(path).store, opened(path, "2").store
    one.write_last_uses({"K1": LastUse(1, "sts", "x")})
    shutil.copy(path, path.with_name("backup"))
    one.write_last_uses({"K2": LastUse(2, "sts", "x")})
    one.write_last_uses({"K3": LastUse(3, "sts", "x")})
    other.new_last_uses()
    restored(path.with_name("backup"), path)
    one.write_last_uses({"K4": LastUse(4, "sts", "x")})

    assert other.new_last_uses() == {"K1": LastUse(1, "sts", "x"), "K4": LastUse(4, "sts", "x")}


def test_a_last_use_that_cannot_be_read_is_left_out_and_replaced_by_a_newer_one(
    path, opened
) -> None:
    one, other = opened(path).store, opened(path, "2").store
    one.write_last_uses({"K1": LastUse(1, "sts", "x"), "K2": LastUse(1, "sts", "x")})
    changed(path, "UPDATE usage SET body = x'00' WHERE thing = 'K1'")

    assert other.new_last_uses() == {"K2": LastUse(1, "sts", "x")}
    one.write_last_uses({"K1": LastUse(2, "sts", "x")})
    assert other.new_last_uses() == {"K1": LastUse(2, "sts", "x")}


def test_a_log_that_does_not_reach_back_far_enough_is_not_used(path, opened) -> None:
    one, other = opened(path), opened(path, "2")
    for name in ("alice", "bob", "carol"):
        one.put(user(name))
    changed(
        path,
        "DELETE FROM log WHERE seq <= 2",
        "DELETE FROM commits WHERE seq <= 2",
        "UPDATE head SET log_from = 2",
    )

    assert names(other.catch_up()) == ["alice", "bob", "carol"]
    assert same(other.directory, one.directory)


def test_a_damaged_record_is_named_and_nothing_of_its_commit_is_known(path, opened) -> None:
    one, other = opened(path), opened(path, "2")
    one.put(user("alice"))
    before = other.catch_up()
    one.put(user("bob"))
    changed(path, "UPDATE records SET body = x'00' WHERE key = 'bob'")

    with pytest.raises(DamagedDatabase) as refused:
        other.catch_up()
    assert refused.value.names == (f"{A}/user/bob",)
    assert other.directory is before


def test_a_commit_whose_answer_was_lost_is_found(path, opened) -> None:
    one = opened(path)
    one.put(user("alice"))
    opened(path, "1").commit(Changes([Put(user("bob"))], read={}, event=b"e"))

    assert names(one.catch_up()) == ["alice", "bob"]
    assert [each.body for each in one.store.events_after(1)] == [b"e"]


def test_a_failed_commit_leaves_no_trace_in_the_directory(path, opened) -> None:
    one, other = opened(path), opened(path, "2")
    other.put(user("alice"))
    changed(
        path, "CREATE TRIGGER full BEFORE INSERT ON commits BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(Unavailable):
        one.put(user("bob", B))
    changed(path, "DROP TRIGGER full")

    assert names(one.directory) == []
    assert isinstance(one.put(user("bob")), Stale)
    assert isinstance(one.put(user("bob")), Directory)
    assert names(other.catch_up()) == ["alice", "bob"]


def test_a_revision_that_contradicts_the_order_stops_the_commit(path, opened) -> None:
    one = opened(path)
    one.put(user("alice"))
    changed(path, "UPDATE partitions SET revision = 7")

    with pytest.raises(InconsistentStore):
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))
    with pytest.raises(DamagedDatabase):
        one.catch_up()


def test_a_directory_that_differs_from_the_database_is_loaded_again(path, opened) -> None:
    one = opened(path)
    one.put(user("alice"))
    one.directory = Directory.of_records([user("alice")], {A: 5}, one.directory.position)

    with pytest.raises(InconsistentStore):
        one.commit(Changes([Put(user("bob"))], read=read(one.directory, A)))
    assert same(one.catch_up(), opened(path, "2").directory)
    assert isinstance(one.put(user("bob")), Directory)
    assert names(one.directory) == ["alice", "bob"]
