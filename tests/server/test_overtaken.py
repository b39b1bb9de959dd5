"""A change that another node's commits overtake several times gets a reserved commit."""

import asyncio
from types import SimpleNamespace

import pytest

from daypass.core.domain.iam.user import User
from daypass.core.faults import Conflict
from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.authority.settle import Proposal, Settler
from daypass.state import commit_reservation
from daypass.state.changes import Changes, Put
from daypass.state.committer import Committer
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.tracking_directory import TrackingDirectory
from daypass.state.store import Stale, Unavailable

ACCOUNT = "111122223333"
EVENT = Event(time=1.0, request="", service="iam", operation="CreateUser")


def user(name):
    return User(account=ACCOUNT, name=name, unique_id=f"AIDA{name}", created=1)


class Node:
    """A node's store with its committer; `submit` makes a user without catching up first."""

    def __init__(self, path, name):
        self.store = open_sqlite(path, boot=name * 16, node=name)
        self.committer = Committer(self.store, self.store.load(()), now=lambda: 1.0)
        self.settler = Settler(self.committer, SimpleNamespace(expect_commit=lambda: None))

    def names(self):
        directory = self.committer.catch_up().result()
        return [each.name for each in directory.account(ACCOUNT).of(User)]

    def make(self, name):
        return self.committer.submit(Changes([Put(user(name))]), b"")

    def close(self):
        self.committer.close()
        self.store.close()


@pytest.fixture
def nodes(tmp_path):
    made = [Node(tmp_path / "db", "1"), Node(tmp_path / "db", "2")]
    yield made
    for each in made:
        each.close()


def settled(node, meanwhile, **more):
    """Settle a new user named by the count of users; every run does `meanwhile`.

    Return its name.
    """
    runs = []

    async def propose():
        directory = TrackingDirectory(node.committer.directory)
        name = f"number{len(directory.account(ACCOUNT).of(User))}"
        runs.append(name)
        await meanwhile(len(runs))
        return Proposal(directory.with_read_set(Changes([Put(user(name))])), EVENT, name)

    return asyncio.run(node.settler.settle(propose, **more)), runs


def test_after_several_overtakings_a_commit_is_reserved(nodes) -> None:
    # T296-DATA
    one, two = nodes
    waiting = []

    async def overtake(run):
        future = two.make(f"other{run}")
        if run <= limits.RUNS_OVERTAKEN_MAX:
            await asyncio.wrap_future(future)
        else:
            # It has to wait, and nobody here waits for it.
            waiting.append(future)

    name, runs = settled(one, overtake)

    assert len(runs) == limits.RUNS_OVERTAKEN_MAX + 1
    assert name == f"number{limits.RUNS_OVERTAKEN_MAX}"
    [late] = waiting
    late.result()
    assert sorted(one.names()) == sorted(two.names())
    assert len(one.names()) == limits.RUNS_OVERTAKEN_MAX + 2


def test_a_decision_that_waits_for_the_store_reserves_no_commit(nodes) -> None:
    # T296-DATA
    one, two = nodes

    async def overtake(run):
        await asyncio.wrap_future(two.make(f"other{run}"))

    with pytest.raises(Conflict):
        settled(one, overtake, asks_store=True)
    assert len(one.names()) == limits.RUNS_MAX


def test_a_reservation_ends_if_the_decision_takes_too_long(nodes, monkeypatch) -> None:
    one, two = nodes
    monkeypatch.setattr(commit_reservation, "RESERVED_SECONDS_MAX", 0.0)

    async def overtake(run):
        await asyncio.wrap_future(two.make(f"other{run}"))

    with pytest.raises(Conflict):
        settled(one, overtake)
    assert len(two.names()) == limits.RUNS_MAX


def test_a_reservation_ends_if_there_is_no_change(nodes) -> None:
    one, two = nodes
    runs = []

    async def propose():
        directory = TrackingDirectory(one.committer.directory)
        directory.account(ACCOUNT)
        runs.append(1)
        if len(runs) > limits.RUNS_OVERTAKEN_MAX:
            return Proposal(Changes(), EVENT, "unchanged")
        await asyncio.wrap_future(two.make(f"other{len(runs)}"))
        return Proposal(directory.with_read_set(Changes([Put(user("late"))])), EVENT, "changed")

    assert asyncio.run(one.settler.settle(propose)) == "unchanged"
    two.make("last").result()
    assert "late" not in two.names()


def test_a_reservation_ends_if_the_decision_fails(nodes) -> None:
    one, two = nodes

    async def fail(run):
        if run > limits.RUNS_OVERTAKEN_MAX:
            raise ZeroDivisionError
        await asyncio.wrap_future(two.make(f"other{run}"))

    with pytest.raises(ZeroDivisionError):
        settled(one, fail)
    two.make("last").result()


def test_changes_after_the_end_of_a_reservation_are_stale(nodes) -> None:
    one, _ = nodes
    reserved = one.committer.reserve()
    reserved.ready.result()
    reserved.cancel()

    with pytest.raises(Stale):
        one.committer.commit_reserved(reserved, Changes([Put(user("late"))]), b"").result()
    one.make("next").result()
    assert one.names() == ["next"]


def test_a_storage_that_refuses_says_so_before_anybody_decides(nodes, monkeypatch) -> None:
    one, _ = nodes

    def refuse(*_arguments, **_more):
        raise Unavailable("The request could not be stored.", operator="disk full")

    monkeypatch.setattr(one.store, "commit", refuse)
    with pytest.raises(Unavailable):
        one.committer.reserve().ready.result()
    assert one.committer.write_failure == "disk full"


def test_a_reservation_that_was_given_up_does_not_begin(nodes) -> None:
    one, two = nodes
    entered = one.committer.reserve()
    entered.ready.result()
    behind = one.committer.reserve()
    assert behind.ready.cancel()
    entered.cancel()

    two.make("other").result()
    assert one.names() == ["other"]


def test_a_node_whose_own_writes_are_refused_still_follows_the_others(nodes, monkeypatch) -> None:
    one, two = nodes

    def refuse(*_arguments, **_more):
        raise Unavailable("The request could not be stored.", operator="disk full")

    monkeypatch.setattr(one.store, "commit", refuse)
    with pytest.raises(Unavailable):
        one.make("refused").result()
    two.make("by-the-other").result()

    assert one.names() == ["by-the-other"]
    assert one.committer.write_failure == "disk full"


def test_a_reservation_at_a_closed_store_fails_at_once(nodes) -> None:
    one, _ = nodes
    one.committer.close()

    with pytest.raises(Unavailable):
        one.committer.reserve().ready.result(timeout=0)
