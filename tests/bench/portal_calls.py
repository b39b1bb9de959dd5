"""The portal's calls and a person's session on a server, with all that HTTP adds to both sides."""

import contextlib
import itertools

from tests.bench import servers
from tests.bench.figures import Figure, at_most, median_ratio, readable
from tests.bench.in_process import SECRET
from tests.bench.portal import ACCOUNTS, ASSIGNMENTS, World
from tests.bench.rounds import Side, take_rounds
from tests.bench.signing import Key, signed
from tests.services import portal_records as records

CREDENTIALS = f"over HTTP: GetRoleCredentials, {ASSIGNMENTS:,} assignments, to AssumeRole"
LIST = f"over HTTP: ListAccounts, a first page of {ACCOUNTS}, to AssumeRole"
IDENTITY = "over HTTP: GetCallerIdentity, a person's session to a role session"
ROWS = {
    CREDENTIALS: ("credentials", "assume", at_most(2)),
    LIST: ("accounts", "assume", at_most(10)),
    IDENTITY: ("person", "role", at_most(1.1)),
}
"""By row: what is measured, what it is a ratio to, and the goal."""


def figures(run):
    """Yield the rows of this module."""
    wanted = {row: what for row, what in ROWS.items() if run.wants(row)}
    if not wanted:
        return
    world = World(run.folder / "calls")
    with contextlib.closing(world.data):
        tokens = world.tokens
        role, person = Key(*world.role_session()), Key(*world.person_session())
    data = run.folder / "calls" / "portal"
    with servers.daypass(data, "--identity-center-region", records.REGION) as server:
        port = server.port
        caller = Key(world.keys["caller"], SECRET)
        credentials = f"/federation/credentials?role_name=Admin&account_id={records.MEMBER}"
        messages = {
            "assume": signed(
                port, caller, "sts", "AssumeRole", RoleArn=world.worker, RoleSessionName="me"
            ),
            "credentials": _portal(port, credentials, tokens[records.ALICE]),
            "accounts": _portal(port, "/assignment/accounts", tokens[records.BOB]),
            "role": signed(port, role, "sts", "GetCallerIdentity"),
            "person": signed(port, person, "sts", "GetCallerIdentity"),
        }
        needed = {name for measured, beside, _ in wanted.values() for name in (measured, beside)}
        sides = {
            name: Side(name, server, itertools.cycle([message]))
            for name, message in messages.items()
            if name in needed
        }
        take_rounds(list(sides.values()), run.rounds, run.seconds / 2, run.say)
    for row, (measured, beside, goal) in wanted.items():
        side, other = sides[measured], sides[beside]
        told = f"{readable(side.cost)} µs against {readable(other.cost)}"
        yield Figure(row, median_ratio(side.microseconds, other.microseconds), "×", goal, told)


def _portal(port, path, token):
    """Return the bytes of a request of the portal with a token."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Boto3/1.44.1\r\n"
    return f"{head}x-amz-sso_bearer_token: {token}\r\n\r\n".encode()
