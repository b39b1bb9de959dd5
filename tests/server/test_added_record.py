"""A new kind of record, or of partition, needs one new file in the package of records alone."""

import subprocess
import sys
import textwrap

RECORD = '''
"""A permit to park, in a garage: an additional kind of record, and of partition."""

from typing import ClassVar

from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import NamedRecord, Record

GARAGE = Partition("garage", prefix="g-")


class Permit(NamedRecord, frozen=True, kw_only=True):
    kind: ClassVar[str] = "permit"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    unique: ClassVar[str] = "id"
    arn_form: ClassVar[ArnForm | None] = ArnForm("parking", "permit")
    expiry: ClassVar[str] = "expires"
    secrets: ClassVar[frozenset[str]] = frozenset({"code"})
    id: str
    code: bytes = b""
    expires: int = 0

    @property
    def arn(self) -> str:
        return f"arn:aws:parking::{self.account}:permit/{self.name}"


class Place(Record, frozen=True, kw_only=True):
    kind: ClassVar[str] = "place"
    partitions: ClassVar[tuple[Partition, ...]] = (GARAGE,)
    number: str

    @property
    def key(self) -> str:
        return self.number
'''
START = """
import sqlite3, sys
from pathlib import Path
from daypass.core import domain
domain.__path__.append(sys.argv[1])
from daypass.core.domain.permit import Permit, Place
from daypass.core.domain.iam.user import User
from daypass.server.jobs import record_expiry
from daypass.server.jobs.job import JobInput
from daypass.state.changes import Changes, Put, Remove
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.tracking_directory import TrackingDirectory
from daypass.state.database.sqlite_store import open_sqlite
A, GARAGE = "111122223333", "g-1"
path = Path(sys.argv[2])
ARN = f"arn:aws:parking::{A}:permit/Blue"
BLUE = Permit(account=A, name="Blue", id="PERMIT1", code=b"hidden", expires=100)
RED = Permit(account=A, name="red", id="PERMIT2")
ALICE = User(account=A, name="alice", unique_id="AIDAALICE", created=1)
PLACE = Place(account=GARAGE, number="7")
def nodes():
    return [open_sqlite(path, node=node, boot=node * 16) for node in "12"]
def logged():
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT seq, partition, kind, key FROM log ORDER BY seq, kind, key").fetchall()
    connection.close()
    return found
one, other = nodes()
before, theirs = one.load(()), other.load(())
known = one.commit(before, [Changes([Put(each) for each in (BLUE, RED, PLACE, ALICE)])], now=1).directory
"""


def run(tmp_path, script):
    """Run lines after a first commit of the new kinds, in a process with their file added."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "permit.py").write_text(RECORD)
    whole = f"{START}\ntry:\n{textwrap.indent(textwrap.dedent(script), '    ')}\nfinally:\n    one.close(), other.close()\n"
    done = subprocess.run(
        [sys.executable, "-c", whole, tmp_path / "more", tmp_path / "db"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2_000:]


def test_it_is_kept_by_key_and_by_name_and_its_secret_is_hidden(tmp_path) -> None:
    run(
        tmp_path,
        """
        assert known.account(A).of(Permit).find("Blue") == BLUE
        assert known.account(A).of(Permit).find("blue") is None and known.account(A).of(Permit).is_taken("BLUE")
        assert known.partition(GARAGE).of(Place).get("7") == PLACE
        assert list(known.all_records(Place)) == [PLACE] and known.find_anywhere(Place, "8") is None
        assert known.account(A).by_id(Permit, "PERMIT1") == BLUE and known.account(A).by_id(User, "PERMIT1") is None
        assert "hidden" not in repr(BLUE)
    """,
    )


def test_it_is_found_by_its_arn_and_what_was_read_for_that_is_recorded(tmp_path) -> None:
    run(
        tmp_path,
        """
        reading = TrackingDirectory(known)
        assert reading.by_arn(Permit, ARN) == BLUE
        assert reading.read == {A: 1}
        for text in (ARN.lower(), ARN.replace("permit/", "user/"), ARN.replace("parking", "iam"), ARN.replace(A, GARAGE), ARN.replace(A, "o-1")):
            assert reading.by_arn(Permit, text) is None
        assert reading.by_arn(User, ARN) is None
        assert reading.find_anywhere(Place, "7") == PLACE
        assert reading.read == {A: 1, GARAGE: 1} and not reading.read_all
        assert reading.find_anywhere(Place, "8") is None
        assert reading.read_all == {"g-": 1}
    """,
    )


def test_a_partition_of_the_new_kind_holds_no_records_of_another(tmp_path) -> None:
    run(
        tmp_path,
        """
        for wrong in (Place(account=A, number="1"), Permit(account=GARAGE, name="p", id="i")):
            try:
                known.changed([Put(wrong)], 2)
            except LookupError as error:
                assert "are not kept in this kind of partition" in str(error)
            else:
                raise AssertionError(wrong)
    """,
    )


def test_it_is_logged_applied_by_other_nodes_and_loaded_after_a_restart(tmp_path) -> None:
    run(
        tmp_path,
        """
        assert logged() == [(1, A, "permit", "blue"), (1, A, "permit", "red"), (1, GARAGE, "place", "7"), (1, A, "user", "alice")]
        seen = other.catch_up(theirs)
        assert seen.by_arn(Permit, ARN) == BLUE and seen.partition(GARAGE).of(Place).get("7") == PLACE
        one.close(), other.close()
        one, other = nodes()
        again = one.load(())
        assert again.by_arn(Permit, ARN) == BLUE and again.account(A).by_id(Permit, "PERMIT2") == RED
        assert again.partition(GARAGE).of(Place).get("7") == PLACE and again.partition(GARAGE).revision == 1
    """,
    )


def test_a_change_is_stale_once_its_partition_has_changed(tmp_path) -> None:
    run(
        tmp_path,
        """
        reading = TrackingDirectory(known)
        reading.find_anywhere(Place, "7")
        staged = reading.with_read_set(Changes([Put(ALICE)]))
        moved = one.commit(known, [Changes([Remove(PLACE)])], now=1).directory
        assert moved.makes_stale(staged) and not known.makes_stale(staged)
    """,
    )


def test_it_is_removed_when_its_time_is_over_and_its_log_is_trimmed_with_all_other(
    tmp_path,
) -> None:
    run(
        tmp_path,
        """
        def work(now):
            return record_expiry.JOB.propose(JobInput(TrackingDirectory(known), now, Leftovers()))
        assert not work(99).changes
        assert work(100).description == "expired records: 1, of kind permit"
        known = one.commit(known, [work(100).changes], now=100).directory
        assert list(known.account(A).of(Permit)) == [RED] and known.by_arn(Permit, ARN) is None
        assert known.account(A).by_id(Permit, "PERMIT1") is None and not work(9_999_999_999).changes
        assert (2, A, "permit", "blue") in logged()
        one.commit(known, [Changes(trim_to=2)], now=100)
        assert logged() == []
        one.close(), other.close()
        one, other = nodes()
        assert list(one.load(()).account(A).of(Permit)) == [RED]
    """,
    )
