"""How often calls run again because people sign in and out beside them.

200 CreateUser in a running authority, each with other calls between its run and its commit. Runs
are counted, so that nothing here depends on how busy the machine is.
"""

import asyncio
import contextlib

from tests.bench.figures import Figure, at_most
from tests.bench.in_process import InProcess
from tests.bench.worlds import people, uuid_of

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.http.normalization import normalize_headers
from daypass.server.operator.identity_center_changes import IdentityCenterChanger
from daypass.server.operator.identity_center_messages import OpenPortalSession
from daypass.wire.message import HttpRequest

CALLS = 200
WRITES = f"CreateUser run again, of {CALLS}, a sign-in and a sign-out in each"
SIGN_OUTS = f"Logout run again, of {CALLS}, a CreateUser in each"
SECONDS = 3_600


class World(InProcess):
    """An authority with people, whose calls begin and end one by one."""

    def __init__(self, folder):
        super().__init__(folder)
        people(self, CALLS)
        [instance] = self.data.committer.directory.all_records(Instance)
        self._store = instance.store
        self._made = 0
        self.open()
        self._changer = IdentityCenterChanger(self.authority, self.data)

    async def open_session(self, number):
        """Open a portal session of a person as an operator does; return its token."""
        who = uuid_of(f"person{number}")
        opening = OpenPortalSession(store=self._store, person=who, seconds=SECONDS, by="bench")
        return (await self._changer.handle(opening)).result["token"]

    def create_user(self):
        """Begin CreateUser, which has run then, and is not committed yet."""
        self._made += 1
        return self._begun(
            self.json_request(
                "identitystore",
                "writer",
                "AWSIdentityStore.CreateUser",
                IdentityStoreId=self._store,
                UserName=f"new{self._made}",
            )
        )

    def logout(self, token):
        """Begin Logout, which has run then, and is not committed yet."""
        headers = ((b"host", b"127.0.0.1"), (b"x-amz-sso_bearer_token", token.encode()))
        return self._begun(
            HttpRequest("POST", b"/logout", b"", normalize_headers(headers), b"", "127.0.0.1")
        )

    def _begun(self, request):
        return self.authority.answerer.begin(self.authority.api.make_call(request))

    async def finish(self, begun):
        """Finish a call, which succeeds; return how often it ran again."""
        answer = (await self.authority.answerer.finish(begun)).response
        assert answer.status == 200, answer.body
        return begun.call.runs - 1


async def writes(world, *, between):
    """Return how often CreateUser ran again, with `between` called before each commit.

    It takes the number of the call.
    """
    again = 0
    for number in range(CALLS):
        begun = world.create_user()
        await between(number)
        again += await world.finish(begun)
    return again


async def sign_outs(world):
    """Return how often Logout ran again, with a CreateUser before each commit."""
    again = 0
    for number in range(CALLS):
        begun = world.logout(await world.open_session(number))
        await world.finish(world.create_user())
        again += await world.finish(begun)
    return again


async def no_call(_number):
    """Make no call."""


def signing_in_and_out(world):
    """Return what opens a session of a person and ends it again."""

    async def sign_in_and_out(number):
        await world.finish(world.logout(await world.open_session(number)))

    return sign_in_and_out


def figures(run):
    """Yield the rows of this module."""
    if not run.wants(WRITES) and not run.wants(SIGN_OUTS):
        return
    world = World(run.folder / "sign-ins")
    with contextlib.closing(world.data):
        alone, beside, ended = asyncio.run(_times_again(world))
    told = f"{beside} times, {alone} without sessions"
    yield Figure(WRITES, beside - alone, "more", at_most(0), told)
    yield Figure(SIGN_OUTS, ended, "times")


async def _times_again(world):
    """Return how often CreateUser ran again alone and beside sessions, and how often Logout did.

    All in one event loop, because the audit log's writer belongs to one.
    """
    alone = await writes(world, between=no_call)
    beside = await writes(world, between=signing_in_and_out(world))
    return alone, beside, await sign_outs(world)
