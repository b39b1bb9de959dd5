"""The store: all or nothing, once and for good; and a data directory that says what is wrong with it."""

import base64
import contextlib
import gc
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from daypass.core.domain.account import Account
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.faults import Conflict
from daypass.state.changes import Changes, Put, Remove, TakeTicket, Ticket
from daypass.state.committer import Committer
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.database.loading import DamagedDatabase
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.last_uses import LastUse
from daypass.state.schema import record_checksums
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale, Unavailable
from daypass.state.unusable import Unusable

A = "111122223333"


def user(name, **more):
    return User(account=A, name=name, unique_id=f"AIDA{name}", created=1, **more)


def clock():
    return 1_000.0


def entropy(size):
    return os.urandom(size)


@pytest.fixture
def store(tmp_path):
    made = open_sqlite(tmp_path / "db")
    yield made
    made.close()


def commit(store, directory, *changes):
    return store.commit(directory, changes, now=1000).outcomes


def test_what_was_committed_is_loaded_again(store, tmp_path) -> None:
    directory = store.load(())
    [after] = commit(
        store,
        directory,
        Changes([Put(user("alice", groups=("g",))), Put(user("bob"))], read={A: 0}),
    )
    [after] = commit(
        store, after, Changes([Remove(user("bob"))], read={A: after.account(A).revision})
    )
    store.close()

    again = open_sqlite(tmp_path / "db")
    loaded = again.load(())
    assert [each.name for each in loaded.account(A).of(User)] == ["alice"]
    assert loaded.account(A).by_id(User, "AIDAalice").groups == ("g",)
    assert loaded.account(A).revision == after.account(A).revision
    assert loaded.revision == after.revision
    again.close()


def test_a_commit_on_an_old_revision_is_stale_and_changes_nothing(store) -> None:
    # T296-DATA
    directory = store.load(())
    [after] = commit(store, directory, Changes([Put(user("alice"))], read={A: 0}))
    [stale] = commit(store, after, Changes([Put(user("bob"))], read={A: 0}))

    assert isinstance(stale, Stale)
    assert [each.name for each in store.load(()).account(A).of(User)] == ["alice"]


def test_accounts_do_not_wait_for_each_other(store) -> None:
    other = User(account="444455556666", name="x", unique_id="AIDAX", created=1)
    outcomes = commit(
        store, store.load(()), Changes([Put(user("alice"))], read={A: 0}), Changes([Put(other)], read={"444455556666": 0})
    )  # fmt: skip

    assert all(isinstance(each, Directory) for each in outcomes)


def take(key, expires=2000):
    return TakeTicket(Ticket("totp", key, expires), refused=Conflict("taken"))


def test_a_ticket_is_taken_once_and_again_after_its_end(store) -> None:
    directory = store.load(())

    first, second = commit(
        store, directory, Changes(tickets=[take("a")]), Changes(tickets=[take("a")])
    )
    assert isinstance(first, Directory)
    assert isinstance(second, Conflict)
    [later] = store.commit(directory, [Changes(tickets=[take("a")])], now=2001).outcomes
    assert isinstance(later, Directory)


def test_nothing_of_a_refused_set_stays(store) -> None:
    directory = store.load(())
    commit(store, directory, Changes(tickets=[take("b")]))
    [refused] = commit(
        store, directory, Changes([Put(user("alice"))], tickets=[take("a"), take("b")])
    )
    [taken] = commit(store, directory, Changes(tickets=[take("a")]))

    assert isinstance(refused, Conflict)
    assert isinstance(taken, Directory)
    assert not list(store.load(()).account(A).of(User))


def test_what_the_program_brings_along_is_known_unless_the_store_knows_better(store) -> None:
    commit(store, store.load(()), Changes([Put(user("alice", path="/own/"))]))
    loaded = store.load((user("alice"), user("bob")))

    assert {each.name: each.path for each in loaded.account(A).of(User)} == {
        "alice": "/own/",
        "bob": "/",
    }


def test_last_uses_are_kept(store) -> None:
    store.write_last_uses({})
    store.write_last_uses({"AKIA1": LastUse(5, "sts", "x")})
    store.write_last_uses({"AKIA1": LastUse(6, "iam", "x")})

    assert store.last_uses() == {"AKIA1": LastUse(6, "iam", "x")}


@pytest.fixture
def committer(store):
    made = Committer(store, store.load(()), now=clock)
    yield made
    made.close()


def test_t293_data_of_fifty_who_make_the_same_name_one_wins(committer) -> None:
    futures = []

    def submit(number):
        futures.append(
            committer.submit(Changes([Put(user("alice", path=f"/{number}/"))], read={A: 0}), b"")
        )

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [future.exception(10) for future in futures]

    assert sum(error is None for error in failed) == 1
    assert sum(isinstance(error, Stale) for error in failed) == 49


def test_whoever_goes_away_while_waiting_for_a_commit_stops_nobody_elses(committer) -> None:
    hold, held = threading.Event(), threading.Event()

    def wait():
        held.set()
        hold.wait(10)

    committer.run_later(wait)
    assert held.wait(10)
    gone = committer.submit(Changes([Put(user("gone"))], read={A: 0}), b"")
    asked = committer.run(lambda: 1)
    probed = committer.probe_write()
    stayed = committer.submit(Changes([Put(user("alice"))], read={A: 0}), b"")
    assert all(future.cancel() for future in (gone, asked, probed))
    hold.set()

    assert [each.name for each in stayed.result(10).account(A).of(User)] == ["alice"]
    assert committer.submit(Changes([Put(user("bob"))], read={A: 0}), b"").exception(10)
    assert committer.is_healthy


def test_a_defect_in_who_is_told_of_commits_leaves_nobody_waiting(committer) -> None:
    def failing(_events):
        raise KeyError("x")

    committer.on_events = failing

    assert committer.submit(Changes([Put(user("alice"))], read={A: 0}), b"{}").result(10)


def test_a_change_that_comes_after_the_end_is_refused(store) -> None:
    made = Committer(store, store.load(()), now=clock)
    made.close()

    late = made.submit(Changes([Put(user("alice"))], read={A: 0}), b"")
    assert isinstance(late.exception(10), Unavailable)


def test_t161_portal_a_code_has_one_taker_among_fifty(committer) -> None:
    futures = [committer.submit(Changes(tickets=[take("a")]), b"") for _ in range(50)]

    assert sum(future.exception(10) is None for future in futures) == 1


def test_a_commit_is_seen_once_its_future_is_done(committer) -> None:
    directory = committer.submit(Changes([Put(user("alice"))], read={A: 0}), b"").result(10)

    assert committer.directory is directory
    assert committer.is_healthy


class Failing:
    """A store whose disk refuses, for as long as it says so."""

    def __init__(self, store):
        self._store, self.broken = store, True

    def commit(self, *arguments, **more):
        if self.broken:
            raise Unavailable("no", operator="disk full")
        return self._store.commit(*arguments, **more)

    def catch_up(self, directory):
        return self._store.catch_up(directory)

    def events_after(self, after):
        return self._store.events_after(after)

    def try_write(self):
        if self.broken:
            raise Unavailable("no", operator="disk full")
        self._store.try_write()


class Torn(Failing):
    """A store that says no after it has stored everything: the answer was lost, not the change."""

    def commit(self, *arguments, **more):
        outcomes = self._store.commit(*arguments, **more)
        if self.broken:
            raise Unavailable("no", operator="lost")
        return outcomes


def test_t297_data_a_change_whose_answer_was_lost_is_known_at_the_next_write(store) -> None:
    torn = Torn(store)
    committer = Committer(torn, store.load(()), now=clock)

    lost = committer.submit(Changes([Put(user("alice"))], read={A: 0}), b"")
    assert isinstance(lost.exception(10), Unavailable)
    torn.broken = False
    again = committer.submit(Changes([Put(user("bob"))], read={A: 0}), b"")
    assert isinstance(again.exception(10), Stale)
    read = {A: committer.directory.account(A).revision}
    after = committer.submit(Changes([Put(user("bob"))], read=read), b"").result(10)
    assert {each.name for each in after.account(A).of(User)} == {"alice", "bob"}
    assert committer.is_healthy
    committer.close()


def test_t289_data_a_full_disk_refuses_writes_and_recovers(store) -> None:
    failing = Failing(store)
    committer = Committer(failing, store.load(()), now=clock)
    change = Changes([Put(user("alice"))], read={A: 0})

    assert isinstance(committer.submit(change, b"").exception(10), Unavailable)
    assert not committer.is_healthy
    assert not list(committer.directory.account(A).of(User))
    failing.broken = False
    assert committer.submit(change, b"").result(10)
    assert committer.is_healthy
    committer.close()


def test_a_probe_finds_out_that_a_write_would_be_refused_though_nobody_writes(store) -> None:
    failing = Failing(store)
    committer = Committer(failing, store.load(()), now=clock)

    assert committer.probe_write().result(10) == "disk full"
    assert committer.write_failure == "disk full"
    failing.broken = False
    assert committer.probe_write().result(10) == ""
    assert committer.is_healthy
    committer.close()


def test_a_probe_after_a_refusal_reads_what_is_stored_before_it_says_that_all_is_well(
    store,
) -> None:
    torn = Torn(store)
    committer = Committer(torn, store.load(()), now=clock)
    committer.submit(Changes([Put(user("alice"))], read={A: 0}), b"").exception(10)
    torn.broken = False

    assert committer.probe_write().result(10) == ""
    assert {each.name for each in committer.directory.account(A).of(User)} == {"alice"}
    committer.close()


def test_a_real_full_disk_refuses_and_keeps_what_was_there(tmp_path) -> None:
    store = open_sqlite(tmp_path / "db")
    directory = store.load(())
    [directory] = commit(store, directory, Changes([Put(user("alice"))], read={A: 0}))
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    many = Changes(
        [Put(user(f"user{number}", path="/" + "x" * 500 + "/")) for number in range(200)]
    )
    with pytest.raises(Unavailable):
        commit(store, directory, many)
    store.close()

    again = open_sqlite(tmp_path / "db")
    assert [each.name for each in again.load(()).account(A).of(User)] == ["alice"]
    again.close()


# The data directory.


def opened(path, environ=None, **more):
    return open_data(path, environ or {}, clock=clock, entropy=entropy, **more)


def test_a_first_start_makes_an_account_and_the_next_one_finds_it(tmp_path) -> None:
    first = opened(tmp_path / "d", account=A)
    deployment = first.keyring.deployment
    first.close()
    second = opened(tmp_path / "d")

    assert second.default_account_id == A
    assert second.keyring.deployment == deployment
    assert (tmp_path / "d" / "master.key").stat().st_mode & 0o777 == 0o600
    second.close()


def test_t291_data_a_second_server_is_refused_and_root_stands_beside(tmp_path) -> None:
    first = opened(tmp_path / "d")

    with pytest.raises(Unusable, match="another daypass is using"):
        opened(tmp_path / "d")
    assert read_without_lock(tmp_path / "d", {}).default_account_id == first.default_account_id
    first.close()


def spoil_master(path):
    (path / "master.key").write_text(base64.b64encode(bytes(32)).decode())


def lose(name):
    return lambda path: (path / name).unlink()


def cut(name):
    return lambda path: (path / name).write_bytes((path / name).read_bytes()[:-100])


def truncate_database(path):
    data = (path / "daypass.db").read_bytes()
    (path / "daypass.db").write_bytes(data[: len(data) // 2])


def link(name):
    def spoil(path):
        (path / name).rename(path / "elsewhere")
        (path / name).symlink_to(path / "elsewhere")

    return spoil


def newer(path):
    with sqlite3.connect(path / "daypass.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def unknown_record(path):
    with sqlite3.connect(path / "daypass.db") as connection:
        connection.execute(
            "INSERT INTO records VALUES ('1', 'spaceship', 'x', 1, x'00', ?)",
            [record_checksums.of_record("1", "spaceship", "x", 1, b"\0")],
        )
    connection.close()


@contextlib.contextmanager
def nothing_left_open(folder):
    """What fails lets go of what it opened in a folder by itself, not when the collector comes by; other threads open theirs."""
    gc.collect()
    gc.disable()
    try:
        yield
        assert [each for each in open_files() if each.is_relative_to(folder)] == []
    finally:
        gc.enable()


def open_files():
    """Return the files that this process has open."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(each.readlink())
    return found


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_master, "does not open the key ring"),
        (lose("master.key"), "master key of .* is missing"),
        (lose("keyring"), "key ring of .* is missing"),
        (cut("keyring"), "does not open the key ring"),
        (lambda path: (path / "master.key").write_text("short"), "does not hold a master key"),
        (lambda path: (path / "master.key").chmod(0o644), "can be read by others"),
        (link("master.key"), "is not a plain file"),
        (link("keyring"), "is not a plain file"),
        (truncate_database, "daypass.db"),
        (lambda path: (path / "daypass.db").write_bytes(b"not a database" * 100), "daypass.db"),
        (newer, "does not know"),
        (unknown_record, "of a kind that this version does not know"),
    ],
    ids=["T274-KEY wrong master key", "T274-KEY no master key", "no ring", "T274-KEY truncated ring", "T274-KEY short key", "T275-KEY readable", "T275-KEY link", "ring is a link", "truncated database", "no database", "newer schema", "unknown kind"],
)  # fmt: skip
def test_a_data_directory_that_cannot_be_used_is_left_as_it_is(tmp_path, spoil, words) -> None:
    path = tmp_path / "d"
    opened(path).close()
    spoil(path)
    before = {each.name: each.read_bytes() for each in path.iterdir()}

    with nothing_left_open(tmp_path), pytest.raises(Unusable, match=words) as refused:
        opened(path)

    assert "\n" not in str(refused.value)
    assert {each.name: each.read_bytes() for each in path.iterdir()} == before


def test_a_master_key_may_come_from_the_environment_or_a_command(tmp_path) -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    opened(tmp_path / "d", {"DAYPASS_MASTER_KEY": key}).close()

    assert not (tmp_path / "d" / "master.key").exists()
    opened(tmp_path / "d", {"DAYPASS_MASTER_KEY_COMMAND": f"echo {key}"}).close()
    for environ in (
        {},
        {"DAYPASS_MASTER_KEY": "short"},
        {"DAYPASS_MASTER_KEY_COMMAND": "false"},
        {"DAYPASS_MASTER_KEY_COMMAND": "/nonexistent"},
    ):
        with pytest.raises(Unusable):
            opened(tmp_path / "d", environ)


def test_a_read_only_directory_is_told_in_one_line(tmp_path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unusable):
        opened(tmp_path / "file" / "d")


def test_an_interrupted_first_start_is_mended_by_the_next(tmp_path) -> None:
    calls = []

    def dying_after(count):
        def entropy_until(size):
            calls.append(size)
            if len(calls) > count:
                raise KeyboardInterrupt
            return entropy(size)

        return entropy_until

    for count in range(6):
        calls.clear()
        with contextlib.suppress(KeyboardInterrupt):
            open_data(tmp_path / "d", {}, clock=clock, entropy=dying_after(count)).close()

    data = opened(tmp_path / "d")
    assert data.default_account_id
    data.close()


def test_damage_is_told_apart_from_absence(tmp_path) -> None:
    (tmp_path / "db").write_bytes(b"x" * 5000)
    with pytest.raises(DamagedDatabase):
        open_sqlite(tmp_path / "db")
    with pytest.raises(Unusable):
        read_without_lock(tmp_path / "nothing", {})


def test_an_account_record_names_its_root() -> None:
    assert (
        Account(account=A, name="x", created=0, canonical_user="c").arn == f"arn:aws:iam::{A}:root"
    )


def test_what_a_record_decides_is_compiled_when_the_directory_learns_it() -> None:
    from msgspec.structs import replace

    from daypass.core.domain import compiled_policies
    from daypass.core.domain.bucket import Bucket
    from daypass.core.domain.iam.identity import InlinePolicy
    from daypass.core.domain.iam.role import Role
    from daypass.core.policy.decision import compile as compiling
    from daypass.state.changes import Put
    from daypass.state.snapshot.directory import Directory

    text = '{"Version":"2012-10-17","Id":"learned %s","Statement":[]}'
    role = Role(account="1" * 12, name="r", unique_id="AROAX", created=1, trust=text % "trust", inline=(InlinePolicy("a", text % "inline"),))  # fmt: skip
    bucket = Bucket(account="global", name="b", owner="1" * 12, region="r", created=1, policy=text % "bucket")  # fmt: skip
    Directory().changed([Put(role), Put(bucket), Put(replace(bucket, name="c", policy=""))], 1)
    before = compiling.compile_text.cache_info().misses

    compiled_policies.compile_trust_policy(role.trust)
    compiled_policies.compile_bucket_policy(bucket.policy)
    compiling.compile_stored_text(text % "inline")
    assert compiling.compile_text.cache_info().misses == before


def test_an_account_whose_organization_does_not_have_it_stops_the_start(tmp_path) -> None:
    first = opened(tmp_path / "d", account=A)
    [organization] = first.committer.directory.organizations
    member = organization.of(Member).get(A)
    first.committer.submit(Changes([Remove(member)], read={organization.id: organization.revision}), b"").result(10)  # fmt: skip
    first.close()

    # Nothing would stand above it: that is refused, not served.
    with pytest.raises(Unusable, match=f"account {A} is in organization {organization.id}, which does not have it"):  # fmt: skip
        opened(tmp_path / "d")
