"""How many statements a commit sends, and that batches leave what each change alone would leave.

What is counted is all that goes to the driver but the begin and the end of the transaction.
"""

import sqlite3
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.state.contract.node import A, B, Node, read, same, take, user

from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put, Remove
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.directory import Directory
from daypass.state.store import InconsistentStore, Stale


@pytest.fixture
def node(tmp_path):
    made = Node(open_sqlite(tmp_path / "db", boot="boot".ljust(16, "0")))
    yield made
    made.store.close()


@pytest.fixture
def sent(node):
    """The statements that were sent so far; a test clears them."""
    found = []

    @sa.event.listens_for(node.store._engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, _parameters, _context, _many):
        if not statement.startswith("BEGIN"):
            found.append(statement)

    return found


@pytest.mark.parametrize(
    "change",
    [
        Put(user("bob")),
        Put(user("alice", path="/new/")),
        Remove(user("alice")),
        Put(user("first", account=B)),
    ],
    ids=["a new record", "a changed one", "a removed one", "the first one of a partition"],
)
def test_a_commit_of_one_change_is_five_statements_at_most(node, sent, change) -> None:
    node.put(user("alice"))
    sent.clear()
    partition = change.record.account
    [outcome] = node.commit(Changes([change], read=read(node.directory, partition), event=b"e"))

    assert isinstance(outcome, Directory)
    assert len(sent) <= 5


def test_a_batch_takes_one_statement_more_for_each_further_record(node, sent) -> None:
    sets = [Changes([Put(user(f"u{number}"))], event=b"e") for number in range(8)]
    outcomes = node.commit(*sets)

    assert [each.revision for each in outcomes] == list(range(1, 9))
    assert len(sent) <= 5 + 7


def test_a_node_that_is_behind_writes_nothing_before_it_has_caught_up(tmp_path, node, sent) -> None:
    other = Node(open_sqlite(tmp_path / "db", node="2"))
    other.put(user("early"))
    sent.clear()
    outcome = node.put(user("late", account=B))
    other.store.close()

    assert outcome.revision == 2
    assert [each.split()[0] for each in sent[:2]] == ["UPDATE", "SELECT"]
    assert node.directory.account(A).of(User).get("early")


def test_a_set_that_takes_two_tickets_takes_none_if_one_is_gone(node) -> None:
    node.commit(Changes(tickets=[take("second")]))
    outcomes = node.commit(
        Changes([Put(user("alice"))], tickets=[take("first"), take("second")]),
        Changes([Put(user("bob"))], tickets=[take("first")]),
    )

    assert [type(each).__name__ for each in outcomes] == ["Conflict", "Directory"]


def test_a_partition_that_the_database_has_and_the_directory_lacks_stops_the_commit(
    tmp_path, node
) -> None:
    node.put(user("alice"))
    connection = sqlite3.connect(tmp_path / "db")
    with connection:
        connection.execute("INSERT INTO partitions VALUES (?, 1, ?)", (B, bytes(16)))
    connection.close()

    with pytest.raises(InconsistentStore):
        node.put(user("bob", account=B))


NAMES = st.sampled_from(["alice", "bob", "carol"])
ACCOUNTS = st.sampled_from([A, B])
CHANGE = st.builds(
    lambda name, account, path, is_put: (Put if is_put else Remove)(
        user(name, account=account, path=path)
    ),
    NAMES,
    ACCOUNTS,
    st.sampled_from(["/", "/a/", "/b/"]),
    st.booleans(),
)
BATCH = st.lists(st.tuples(st.lists(CHANGE, min_size=1, max_size=4), st.booleans()), max_size=4)


def committed(folder, batches, *, together):
    """Return the outcomes, the log and the loaded directory after batches of sets of changes.

    A set is of a record's changes and whether it was made from an earlier directory. Either each
    batch is committed at once, or each set alone.
    """
    store = open_sqlite(Path(folder) / f"db{together}", boot="boot".ljust(16, "0"))
    node = Node(store)
    outcomes = []
    for batch in batches:
        start = read(node.directory, A, B)
        sets = [
            Changes(list(changes), read=start if is_bound else {}, event=b"e")
            for changes, is_bound in batch
        ]
        for group in [sets] if together else [[each] for each in sets]:
            outcomes += node.commit(*group)
    loaded = store.load(())
    with sqlite3.connect(Path(folder) / f"db{together}") as connection:
        tables = [
            connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3").fetchall()  # noqa: S608
            for name in ("log", "partitions", "records", "commits", "head")
        ]
    connection.close()
    store.close()
    assert same(loaded, node.directory)
    return [type(each) for each in outcomes], tables, loaded


@settings(max_examples=25, deadline=None)
@given(st.lists(BATCH, max_size=4))
def test_a_batch_leaves_in_every_table_what_its_sets_leave_one_by_one(batches) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one_by_one = committed(folder, batches, together=False)
        at_once = committed(folder, batches, together=True)

    assert at_once[:2] == one_by_one[:2]
    assert same(at_once[2], one_by_one[2])


def test_the_comparison_of_batches_meets_sets_that_are_stale() -> None:
    changes = ([Put(user("alice"))], True)
    with tempfile.TemporaryDirectory() as folder:
        outcomes, _, _ = committed(folder, [[changes, changes]], together=True)

    assert outcomes == [Directory, Stale]
