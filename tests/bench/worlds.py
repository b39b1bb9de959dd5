"""Fills a data directory with what a bench asks for, in a process of its own: `filled`.

Records are put as they are: signing in and creating thousands of users over the wire would take
longer than the bench.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.in_process import ACCOUNT, SECRET, InProcess
from tests.bench.servers import sources
from tests.bench.signing import Key
from tests.documents import policy

from daypass.core.domain.iam.identity import InlinePolicy

USERS, ROLES = 1_000, 100
KEYS = "keys.json"
ASSUMES = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/spread*"}  # fmt: skip
TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "AIDACALLER"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "xyz"}, "Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip
TRUST_ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}  # fmt: skip
ADMINISTERS = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}


def calls(world):
    """A caller with one role that trusts it; a thousand users who may assume a hundred roles; one
    who writes, and one who may do nothing.
    """
    world.user("caller")
    world.role("role", policy(TRUST))
    assumes = (InlinePolicy("assumes", policy(ASSUMES)),)
    for number in range(USERS):
        world.user(f"spread{number}", inline=assumes)
    for number in range(ROLES):
        world.role(f"spread{number}", policy(TRUST_ACCOUNT))
    world.user("writer", inline=(InlinePolicy("administers", policy(ADMINISTERS)),))
    world.user("nobody")


def growth(world, users, accounts):
    """So many users with a key each, spread evenly over so many accounts, and one who writes."""
    home = world.data.committer.directory.account(ACCOUNT).record
    places = [ACCOUNT, *(f"{200_000_000_000 + number}" for number in range(1, accounts))]
    for place in places[1:]:
        world.put(type(home)(account=place, name=place, created=1, canonical_user=place * 5))
    for number in range(users):
        world.user(f"user{number}", account=places[number % accounts])
    world.user("writer", inline=(InlinePolicy("administers", policy(ADMINISTERS)),))


WORLDS = {"calls": calls, "growth": growth}


def filled(folder, name, *arguments, checkout=None):
    """Fill a new data directory in `folder`; return its path and the access keys by user."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.bench.worlds", folder, name, *arguments]
    environ = {**os.environ, **sources(checkout)}
    subprocess.run([str(each) for each in command], check=True, env=environ)
    keys = json.loads((folder / KEYS).read_text())
    return folder / "data", {name: Key(key, SECRET) for name, key in keys.items()}


def main(folder, name, *arguments):
    world = InProcess(Path(folder) / "data")
    WORLDS[name](world, *map(int, arguments))
    world.commit()
    (Path(folder) / KEYS).write_text(json.dumps(world.keys))
    world.data.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
