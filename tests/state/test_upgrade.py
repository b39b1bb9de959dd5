"""A data directory of an earlier version is upgraded at its next start, without losing a row."""

import os
import shutil
import sqlite3

import pytest
from tests.state.earlier import SCHEMAS, unpacked

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.totp import STEP_SECONDS
from daypass.core.domain.iam.user import User
from daypass.core.sessions.secrets import open_secret
from daypass.state.changes import Changes, TakeTicket, Ticket
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.database.sql_store import LEVEL
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.store import Stale
from daypass.state.unusable import Unusable

FIRST, SECOND, ORGANIZATION = "111122223333", "350041380673", "o-ja429aajqb"
SECRET = "t2xqv0VRFa+ZY9fD8fGupTxhWiVi+TH+BPoDJeOV"
LAST_STEP = 59864526
PHONE = f"arn:aws:iam::{FIRST}:mfa/phone"
NOW = LAST_STEP * STEP_SECONDS


def opened(path):
    return open_data(path, {}, clock=lambda: float(NOW), entropy=os.urandom)


def rows(path, query):
    with sqlite3.connect(path / "daypass.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_an_upgrade_keeps_every_record_revision_use_and_checkpoint(
    earlier,
) -> None:
    before = rows(
        earlier, "SELECT account, kind, key, revision, body FROM records ORDER BY 1, 2, 3"
    )
    revisions = rows(earlier, "SELECT account, revision FROM accounts ORDER BY 1")
    touched = rows(
        earlier, "SELECT DISTINCT revision, account, kind, key FROM log ORDER BY 1, 2, 3, 4"
    )

    data = opened(earlier)
    directory, checkpoint, last = data.committer.directory, data.audit.checkpoint, data.usage
    data.close()

    assert (
        rows(earlier, 'SELECT "partition", kind, key, seq, body FROM records ORDER BY 1, 2, 3')
        == before
    )
    assert rows(earlier, "SELECT name, revision FROM partitions ORDER BY 1") == revisions
    assert (
        rows(earlier, 'SELECT seq, "partition", kind, key FROM log ORDER BY 1, 2, 3, 4') == touched
    )
    assert directory.revision == directory.account(FIRST).revision == 15
    assert directory.organization(ORGANIZATION).revision == 14
    assert {each.name for each in directory.account(FIRST).of(User)} == {"alice", "carol"}
    [key] = directory.account(FIRST).of(AccessKey)
    assert open_secret(key.secret, data.keyring, owner=key.id) == SECRET
    assert checkpoint == Checkpoint(15, 16, checkpoint.hash, None)
    assert checkpoint.hash.startswith("34cf6af9")
    assert last.last_use(key.id).service == "sts"


def test_a_code_that_was_used_before_the_upgrade_is_used_after_it(earlier) -> None:
    data = opened(earlier)

    def take(step):
        ticket = Ticket("totp", PHONE, None, state=step)
        return data.committer.submit(Changes(tickets=[TakeTicket(ticket, refused=Stale())]), b"")

    assert isinstance(take(LAST_STEP).exception(10), Stale)
    assert take(LAST_STEP + 1).result(10)
    data.close()


def test_a_second_start_after_the_upgrade_changes_no_record(earlier) -> None:
    opened(earlier).close()
    before = rows(earlier, "SELECT * FROM records")
    opened(earlier).close()

    assert rows(earlier, "SELECT * FROM records") == before


def test_a_reader_of_an_earlier_version_says_to_start_the_server(earlier) -> None:
    before = (earlier / "daypass.db").read_bytes()
    with pytest.raises(Unusable, match="earlier version") as refused:
        read_without_lock(earlier, {})

    assert "daypass up" in refused.value.hint
    assert (earlier / "daypass.db").read_bytes() == before


def test_a_key_ring_that_does_not_open_an_earlier_database_is_refused_before_the_upgrade(
    earlier, tmp_path
) -> None:
    other = tmp_path / "other"
    opened(other).close()
    for name in ("keyring", "master.key"):
        shutil.copy(other / name, earlier / name)
    before = (earlier / "daypass.db").read_bytes()

    with pytest.raises(Unusable, match="key ring does not open what the database holds"):
        opened(earlier)
    assert (earlier / "daypass.db").read_bytes() == before


@pytest.fixture
def second(tmp_path):
    """A data directory of the second schema, with commits that have no line in the audit log
    yet.
    """
    return unpacked("0002", tmp_path / "second")


def tables(path):
    """Return every row of every table but Alembic's."""
    names = [
        name
        for (name,) in rows(
            path,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'",
        )
    ]
    queries = {name: "SELECT * FROM " + name for name in names}  # noqa: S608 - names of tables
    return {name: sorted(rows(path, query), key=repr) for name, query in queries.items()}


def test_an_upgrade_keeps_every_row_of_the_second_schema(second) -> None:
    before = tables(second)
    opened(second).close()
    after = tables(second)
    # The start records the node's version and the time.
    [node], [_] = after.pop("nodes"), before.pop("nodes")
    [one], [then] = after.pop("head"), before.pop("head")
    # Last uses have a number each since, and `head` the last of these numbers.
    before["usage"] = [(*row, 0) for row in before["usage"]]

    assert node[5:8] == (15, 16, "34cf6af90715ad49ce4f7859783be7be018259b833ca705809d628dfbe4d5225")
    assert one == (1, 17, then[2], LEVEL, 15, 0)
    assert {name: after[name] for name in before} == before
    assert before["usage"]
    assert set(after) - set(before) == {"jobs", "beats"}
    assert after["jobs"] == after["beats"] == []


def test_an_upgrade_keeps_commits_of_the_second_schema_without_lines(
    second,
) -> None:
    data = opened(second)
    waiting = data.audit.events_after(15)
    data.close()

    assert [(each.commit, b"UpdateUser" in each.body, each.is_late) for each in waiting] == [
        (16, False, True),
        (17, True, True),
    ]


def test_a_key_ring_of_another_database_is_refused_before_the_upgrade(second, tmp_path) -> None:
    other = tmp_path / "other"
    opened(other).close()
    for name in ("keyring", "master.key"):
        shutil.copy(other / name, second / name)
    before = (second / "daypass.db").read_bytes()

    with pytest.raises(Unusable, match="the key ring belongs to another deployment"):
        opened(second)
    assert (second / "daypass.db").read_bytes() == before


def at_level(path, level):
    """Set the level of a database."""
    connection = sqlite3.connect(path / "daypass.db")
    with connection:
        connection.execute("UPDATE head SET level = ?", (level,))
    connection.close()


def test_a_start_raises_the_level_of_a_database(tmp_path) -> None:
    opened(tmp_path / "d").close()
    at_level(tmp_path / "d", LEVEL - 1)
    opened(tmp_path / "d").close()

    assert rows(tmp_path / "d", "SELECT level FROM head") == [(LEVEL,)]


@pytest.mark.parametrize("schema", [*SCHEMAS[1:], "newest"])
def test_a_database_of_a_level_that_a_newer_version_wrote_is_refused_and_left_as_it_is(
    tmp_path, schema
) -> None:
    path = tmp_path / "d"
    if schema == "newest":
        opened(path).close()
    else:
        unpacked(schema, path)
    at_level(path, LEVEL + 1)
    before = (path / "daypass.db").read_bytes()

    with pytest.raises(Unusable, match=f"newer version: its level is {LEVEL + 1}"):
        opened(path)
    assert (path / "daypass.db").read_bytes() == before


def test_a_reader_refuses_a_database_of_a_level_that_a_newer_version_wrote(tmp_path) -> None:
    opened(tmp_path / "d").close()
    at_level(tmp_path / "d", LEVEL + 1)

    with pytest.raises(Unusable, match="newer version"):
        read_without_lock(tmp_path / "d", {})
