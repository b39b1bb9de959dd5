"""A change that waited for its turn is decided again if what it stands on has moved meanwhile, and only then."""

import asyncio
from types import SimpleNamespace

import pytest

from daypass.core.domain.user import User
from daypass.server.authority.event import Event
from daypass.server.authority.settle import Settler
from daypass.server.http.asgi import Application
from daypass.server.pipeline import Done, Progress, Staged
from daypass.state.changes import Changes, Put
from daypass.state.commits import Committer
from daypass.state.recording import Recording
from daypass.state.sqlite_store import open_sqlite
from daypass.wire.message import HttpResponse

OWN, OTHER = "111122223333", "444455556666"
EVENT = Event(time=1.0, request="", service="iam", operation="CreateUser")


def user(account, name):
    return User(account=account, name=name, unique_id=f"AIDA{account}{name}", created=1)


class Pipeline:
    """Makes a user in the caller's own account, on the snapshot of the moment; counts how often it is run."""

    def __init__(self, committer):
        self.committer, self.runs = committer, 0

    def handle(self, _request, _before=None):
        self.runs += 1
        yield
        directory = Recording(self.committer.directory)
        directory.account(OWN)
        progress = Progress(None, "", None, directory, caller=SimpleNamespace(account=OWN))
        changes = directory.bound(Changes([Put(user(OWN, "made"))]))
        return Staged(progress, changes, HttpResponse(200, (), b""), EVENT)

    def committed(self, staged):
        return Done(staged.response, staged.event, is_recorded=True)


@pytest.fixture
def committer(tmp_path):
    store = open_sqlite(tmp_path / "db")
    made = Committer(store, store.load(()), now=lambda: 1.0)
    yield made
    made.close()
    store.close()


@pytest.mark.parametrize(("meanwhile", "runs"), [(OTHER, 1), (OWN, 2)], ids=["elsewhere", "in the same account"])  # fmt: skip
def test_who_waited_runs_again_if_somebody_changed_what_it_stands_on(committer, meanwhile, runs) -> None:  # fmt: skip
    pipeline = Pipeline(committer)
    settler = Settler(committer, SimpleNamespace(expect=lambda: None))
    application = Application(pipeline, committer, settler, None, None, None, clock=None, readiness=None, gate=None)  # fmt: skip

    async def wait_behind():
        lock = settler._turns.setdefault(OWN, asyncio.Lock())
        async with lock:
            waiting = asyncio.ensure_future(application._done(None))
            while pipeline.runs == 0 or not lock._waiters:  # noqa: ASYNC110 - turns of the loop are counted, not time
                await asyncio.sleep(0)
            await asyncio.wrap_future(committer.submit(Changes([Put(user(meanwhile, "other"))]), b""))  # fmt: skip
        return await waiting

    assert asyncio.run(wait_behind()).response.status == 200
    assert pipeline.runs == runs
    assert committer.directory.account(OWN).of(User).find("made") is not None
