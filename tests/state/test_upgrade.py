"""A data directory of an earlier version is upgraded at its next start, with everything that was in it."""

import os
import shutil
import sqlite3

import pytest

from daypass.core.domain.totp import STEP_SECONDS
from daypass.core.sessions.secrets import open_secret
from daypass.state.beside import read_only
from daypass.state.changes import Changes, Take, Ticket
from daypass.state.data_directory import open_data
from daypass.state.nodes import Checkpoint
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


def test_every_record_revision_use_and_checkpoint_of_an_earlier_version_is_there_after_the_upgrade(
    earlier,
) -> None:
    before = rows(
        earlier, "SELECT account, kind, key, revision, body FROM records ORDER BY 1, 2, 3"
    )
    revisions = rows(earlier, "SELECT account, revision FROM accounts ORDER BY 1")
    touched = rows(earlier, "SELECT DISTINCT revision, account, kind, key FROM log ORDER BY 1, 2, 3, 4")  # fmt: skip

    data = opened(earlier)
    directory, checkpoint, last = data.committer.directory, data.audit.checkpoint, data.usage
    data.close()

    assert rows(earlier, 'SELECT "partition", kind, key, seq, body FROM records ORDER BY 1, 2, 3') == before  # fmt: skip
    assert rows(earlier, "SELECT name, revision FROM partitions ORDER BY 1") == revisions
    assert rows(earlier, 'SELECT seq, "partition", kind, key FROM log ORDER BY 1, 2, 3, 4') == touched  # fmt: skip
    assert directory.revision == directory.account(FIRST).revision == 15
    assert directory.organization(ORGANIZATION).revision == 14
    assert {each.name for each in directory.account(FIRST).users} == {"alice", "carol"}
    [key] = directory.account(FIRST).access_keys
    assert open_secret(key.secret, data.keyring, owner=key.id) == SECRET
    assert checkpoint == Checkpoint(15, 16, checkpoint.hash, None)
    assert checkpoint.hash.startswith("34cf6af9")
    assert last.last(key.id).service == "sts"


def test_a_code_that_was_used_before_the_upgrade_is_used_after_it(earlier) -> None:
    data = opened(earlier)

    def take(step):
        ticket = Ticket("totp", PHONE, None, state=step)
        return data.committer.submit(Changes(tickets=[Take(ticket, refused=Stale())]), b"")

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
        read_only(earlier, {})

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
