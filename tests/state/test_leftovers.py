"""Which commits can be trimmed: how many are kept, go at once, or wait for their lines."""

import sqlite3

import pytest

from daypass.core import quotas
from daypass.state.changes import Changes
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.side_tables.leftovers import Leftovers

KEPT, MOST = quotas.COMMITS_KEPT, quotas.COMMITS_TRIMMED_MAX


def known(tmp_path, commits, *, drained, log_from=0, event=b"e"):
    """Return the store of a database with so many commits of node `1`; `drained` says up to
    which each node's log is.
    """
    path = tmp_path / "db"
    open_sqlite(path).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DELETE FROM nodes")
        rows = ((seq, f"{seq:032}", "1", 1, event) for seq in range(log_from + 1, commits + 1))
        connection.executemany("INSERT INTO commits VALUES (?, ?, ?, ?, ?)", rows)
        rows = ((node, "b", "v", 1, 1, seq, 0, "0" * 64, 0) for node, seq in drained.items())
        connection.executemany("INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE head SET seq = ?, log_from = ?", (commits, log_from))
    connection.close()
    return open_sqlite(path)


@pytest.mark.parametrize(
    ("commits", "log_from", "may_go"),
    [
        pytest.param(0, 0, 0, id="none"),
        pytest.param(KEPT, 0, 0, id="as many as are kept"),
        pytest.param(KEPT + 1, 0, 1, id="one more"),
        pytest.param(KEPT + MOST, 0, MOST, id="as many as go at once"),
        pytest.param(KEPT + MOST + 1, 0, MOST, id="one more than go at once"),
        pytest.param(KEPT + 50, 40, 10, id="some that went before"),
        pytest.param(KEPT + 50, 50, 0, id="none since"),
        pytest.param(KEPT + 50, 90, 0, id="fewer than are kept"),
    ],
)
def test_the_newest_commits_are_kept_and_the_others_trimmed_in_portions(
    tmp_path, commits, log_from, may_go
) -> None:
    store = known(tmp_path, commits, drained={"1": commits}, log_from=log_from)
    found = store.leftovers()
    store.close()

    assert found.commits == may_go
    assert found.log_from == log_from
    assert not may_go or found.trim_to == log_from + may_go


@pytest.mark.parametrize(
    ("drained", "event", "may_go"),
    [
        pytest.param({"1": 9_999_999}, b"e", 100, id="all have their lines"),
        pytest.param({"1": 70}, b"e", 70, id="those after the 70th wait"),
        pytest.param({"1": 0}, b"e", 0, id="all wait"),
        pytest.param({}, b"e", 0, id="their node has said nothing"),
        pytest.param({"2": 9_999_999}, b"e", 0, id="another node has all its lines"),
        pytest.param({"1": 9_999_999, "2": 0}, b"e", 100, id="another node has made no commit"),
        pytest.param({"1": 0}, b"", 100, id="they have no event"),
    ],
)
def test_a_commit_with_an_event_waits_for_its_line_in_its_own_nodes_log(
    tmp_path, drained, event, may_go
) -> None:
    store = known(tmp_path, KEPT + 100, drained=drained, event=event)
    found = store.leftovers()
    store.close()

    assert found.commits == may_go


def test_trimming_checks_itself_which_commits_wait_for_their_lines(tmp_path) -> None:
    store = known(tmp_path, 200, drained={"1": 70})
    store.commit(store.load(()), [Changes(trim_to=150)], now=1)
    left = store.leftovers()
    events = store.events_after(0)
    store.close()

    assert left.log_from == 70
    assert [each.commit for each in events][:1] == [71]


def test_a_new_database_has_no_leftovers(tmp_path) -> None:
    store = open_sqlite(tmp_path / "db")
    found = store.leftovers()
    store.close()

    assert found == Leftovers(0, 0, -KEPT)
    assert found.commits == 0
