"""Fills a data directory with what a bench asks for, in a process of its own: `filled`.

Records are put as they are: signing in and creating thousands of users over the wire would take
longer than the bench.
"""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path

from tests.bench.in_process import ACCOUNT, SECRET, InProcess
from tests.bench.servers import sources
from tests.bench.signing import Key
from tests.documents import allow, policy

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.user import User
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import PersonName, Profile, TypedValue
from daypass.core.identity_center.people.people_groups import new_group
from daypass.core.identity_center.people.persons import new_person

USERS, ROLES = 1_000, 100
MEMBERSHIPS, MEMBERS = 2, 200
"""How many groups a person is a member of, and how many members a group of a large store has."""
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


def users(world, count, keys):
    """So many users in one account, each with a key if `keys` is 1, and without one if it is 0."""
    for number in range(count):
        name = f"user{number}"
        if keys:
            world.user(name)
        else:
            world.put(User(account=ACCOUNT, name=name, unique_id=f"AIDA{number}", created=1))


def people(world, count):
    """So many people with names, an address and two groups each, and a user who administers them."""
    [instance] = world.data.committer.directory.all_records(Instance)
    store, by = instance.store, f"arn:aws:iam::{ACCOUNT}:user/writer"
    size = max(MEMBERSHIPS, count * MEMBERSHIPS // MEMBERS)
    groups = [uuid_of(f"group{number}") for number in range(size)]
    for number, each in enumerate(groups):
        world.put(new_group(store, each, f"group {number}", by=by, now=1))
    for number in range(count):
        name, who = f"person{number}", uuid_of(f"person{number}")
        world.put(new_person(store, who, name, by=by, now=1, profile=_profile(name)))
        for at in range(MEMBERSHIPS):
            world.put(_membership(store, groups[(number * MEMBERSHIPS + at) % size], who, by))
    administers = (InlinePolicy("administers", policy(allow(["identitystore:*", "sso:List*"]))),)
    world.user("writer", inline=administers)


def _profile(name):
    return Profile(
        name=PersonName(family_name="Example", given_name=name),
        display_name=f"{name} Example",
        emails=(TypedValue(f"{name}@example.com", "work", primary=True),),
    )


def _membership(store, group, who, by):
    made = uuid_of(f"{group}{who}")
    return GroupMembership(
        account=store, id=made, group=group, member=who, created=1, created_by=by
    )


def uuid_of(text):
    """Return a UUID that is derived from a text: as little in order as those of a server."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))


WORLDS = {"calls": calls, "growth": growth, "users": users, "people": people}
TRIMMED = ("users", "people")
"""The worlds whose filling is no longer in the log of commits, as on a server that has worked on:
of 100,000 people that were created one by one, the log has the last ones."""


def filled(folder, name, *arguments, checkout=None):
    """Fill a new data directory in `folder`; return its path and the access keys by user."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.bench.worlds", folder, name, *arguments]
    environ = {**os.environ, **sources(checkout)}
    subprocess.run([str(each) for each in command], check=True, env=environ)
    keys = json.loads((folder / KEYS).read_text())
    return folder / "data", {name: Key(key, SECRET) for name, key in keys.items()}


def _trim(database):
    """Delete the log of commits; no server waits for it."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM log")
        connection.execute("UPDATE head SET log_from = seq")


def main(folder, name, *arguments):
    world = InProcess(Path(folder) / "data")
    WORLDS[name](world, *map(int, arguments))
    world.commit()
    (Path(folder) / KEYS).write_text(json.dumps(world.keys))
    world.data.close()
    if name in TRIMMED:
        _trim(Path(folder) / "data" / "daypass.db")


if __name__ == "__main__":
    main(*sys.argv[1:])
