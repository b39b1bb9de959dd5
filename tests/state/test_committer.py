"""The committer: its batches, cancelled commits, and a storage that refuses writes."""

import threading

import pytest
from tests.state.one_account import A, commit, take, user

from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put
from daypass.state.committer import Committer
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.store import Stale, Unavailable


def clock():
    return 1_000.0


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


def test_a_cancelled_commit_stops_no_other(committer) -> None:
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


def test_a_failing_event_sink_leaves_no_future_pending(committer) -> None:
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
    """A store whose disk refuses writes while `broken` is set."""

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
    """A store that fails after it has stored everything: the answer was lost, not the change."""

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


def test_a_probe_finds_that_a_write_would_be_refused_without_one(store) -> None:
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
