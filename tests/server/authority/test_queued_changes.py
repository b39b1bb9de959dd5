"""A change that queued for a partition's lock is decided again only if the partition changed."""

import asyncio
from types import SimpleNamespace

import pytest

from daypass.core.domain.iam.user import User
from daypass.server.authority.answer import Answerer
from daypass.server.authority.call import Call, Peer
from daypass.server.authority.settle import Settler
from daypass.server.health.metrics import Metrics
from daypass.server.other_workers import NoOtherWorkers
from daypass.state.changes import Changes, Put
from daypass.state.committer import Committer
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.tracking_directory import TrackingDirectory

OWN, OTHER = "111122223333", "444455556666"


def user(account, name):
    return User(account=account, name=name, unique_id=f"AIDA{account}{name}", created=1)


class Runner:
    """Stages a new user in the caller's account, on the current snapshot; counts its runs."""

    def __init__(self, committer):
        self.committer, self.runs = committer, 0

    def run(self, call):
        self.runs += 1
        yield
        call.proof = SimpleNamespace(partitions=frozenset({OWN}), region="", credential_id="")
        call.moment, call.implementation = SimpleNamespace(wall=1.0), SimpleNamespace(issues=())
        call.operation = SimpleNamespace(
            name="CreateUser",
            service=SimpleNamespace(name="iam", action_prefix="iam"),
            secret_parameters=(),
            secret_results=(),
        )
        call.directory = TrackingDirectory(self.committer.directory)
        call.directory.account(OWN)
        changes = Changes([Put(user(OWN, "made"))])
        call.context = SimpleNamespace(
            changes=changes,
            decisions=(),
            directory=call.directory,
            now=1,
            caller=SimpleNamespace(session="one"),
            used_ids=(),
        )
        return {}


def answerer(runner, settler):
    """Return what answers by that runner, and records nowhere."""
    return Answerer(
        runner,
        settler,
        None,
        facts=None,
        guesses=None,
        error_codes=None,
        metrics=Metrics(),
        usage=None,
        others=NoOtherWorkers(),
        monotonic=None,
    )


def call():
    """Return a call whose answer is empty, in any language."""
    return Call(
        SimpleNamespace(serialize=lambda _answer, _id: "made"), None, Peer("", is_secure=True), "1"
    )


@pytest.fixture
def committer(tmp_path):
    store = open_sqlite(tmp_path / "db")
    made = Committer(store, store.load(()), now=lambda: 1.0)
    yield made
    made.close()
    store.close()


@pytest.mark.parametrize(
    ("meanwhile", "runs"), [(OTHER, 1), (OWN, 2)], ids=["elsewhere", "in the same account"]
)
def test_a_queued_change_runs_again_if_its_partition_changed(committer, meanwhile, runs) -> None:
    runner = Runner(committer)
    settler = Settler(committer, SimpleNamespace(expect_commit=lambda: None))
    answering = answerer(runner, settler)

    async def wait_behind():
        lock = settler._locks.setdefault(OWN, asyncio.Lock())
        async with lock:
            waiting = asyncio.ensure_future(answering.answer(call()))
            # Turns of the loop are counted, not time.
            while runner.runs == 0 or not lock._waiters:  # noqa: ASYNC110
                await asyncio.sleep(0)
            await asyncio.wrap_future(
                committer.submit(Changes([Put(user(meanwhile, "other"))]), b"")
            )
        return await waiting

    assert asyncio.run(wait_behind()).response == "made"
    assert runner.runs == runs
    assert committer.directory.account(OWN).of(User).find("made") is not None
