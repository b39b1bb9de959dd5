"""What a write, and the first page after it, costs in this process with few and with many users.

`python -m tests.bench.growth_writes` prints each as a ratio to the same with 100 users. The cost is
processor time: the run of the operation, its commit to a database in memory-backed files, and the
next directory. The sizes take turns, so that a busy machine slows all of them.
"""

import itertools
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.services.support import TRUST, Snapshot, described, unique_id

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.slices import at_once
from daypass.services.iam import access_keys, roles, users
from daypass.state.changes import Changes, Put
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.tracking_directory import TrackingDirectory

SIZES = (100, 10_000, 100_000)
SIZES_IF_QUICK = SIZES[:2]
USERS_PER_ACCOUNT = 100
"""Where the users are spread over accounts."""
ROUNDS, ROUNDS_IF_QUICK, CALLS = 30, 10, 8
GOAL = 2.0
FIRST = 100_000_000_000
MAC_KEYS = (bytes(32),)
TRUSTED = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}'


def records_of(size, *, is_spread):
    """Yield an account's records, or those of many accounts: users with one key each, 100 roles."""
    count = size // USERS_PER_ACCOUNT if is_spread else 1
    for number in range(count):
        account = f"{FIRST + number}"
        yield Account(account=account, name=account, created=1, canonical_user="0" * 64)
    for number in range(size):
        account = f"{FIRST + number % count}"
        owner = unique_id("AIDA", f"{number}")
        yield User(account=account, name=f"User{number:06}", unique_id=owner, created=1)
        key = f"AKIA{number:016}"
        yield AccessKey(account=account, id=key, owner=owner, secret=bytes(60), created=1)
    for number in range(100):
        # Every role trusts a principal, which a page of roles looks up.
        trust = TRUSTED % unique_id("AIDA", f"{size - 1}")
        name = f"Role{number:03}"
        principal = unique_id("AROA", name)
        yield Role(account=f"{FIRST}", name=name, unique_id=principal, created=1, trust=trust)


class World:
    """An account of a directory and its store, in which calls are made by root."""

    def __init__(self, folder, size, *, is_spread):
        self.store = open_sqlite(Path(folder) / f"{size}{is_spread}")
        self.other_store = open_sqlite(Path(folder) / f"{size}{is_spread}", node="2")
        self.directory = self.store.load(())
        waiting = records_of(size, is_spread=is_spread)
        while group := list(itertools.islice(waiting, 10_000)):
            self.commit(Changes([Put(each) for each in group]))
        self.other_directory = self.other_store.load(())
        self.account = f"{FIRST}"
        self.numbers = itertools.count()
        self.calls = Snapshot(account=self.account)
        self.calls._entropy = os.urandom

    def commit(self, changes):
        done = self.store.commit(self.directory, [changes], now=1)
        assert done.outcomes == [done.directory]
        self.directory = done.directory

    def catch_up(self):
        """Let the other node apply what was committed."""
        self.other_directory = self.other_store.catch_up(self.other_directory)
        assert self.other_directory.position == self.directory.position

    def call(self, function, **parameters):
        """Run an operation as root, answer its page and commit its changes."""
        directory = TrackingDirectory(self.directory)
        self.calls.directory = directory
        context = self.calls.context(self.calls.root())
        answer = function(context, parameters) or {}
        model = described(function)
        page = at_once(model.page_answer(answer, parameters, owner=self.account, keys=MAC_KEYS))
        if context.changes:
            changes = directory.with_read_set(context.changes)
            changes.event = bytes(600)
            self.commit(changes)
        return page


def create_user(world):
    world.call(users.create_user, UserName=f"new{next(world.numbers)}")


def tag_user(world):
    tags = [{"Key": "a", "Value": f"{next(world.numbers)}"}]
    world.call(users.tag_user, UserName="User000000", Tags=tags)


def change_access_key(world):
    made = world.call(access_keys.create_access_key, UserName="User000000")["AccessKey"]
    world.call(
        access_keys.delete_access_key, UserName="User000000", AccessKeyId=made["AccessKeyId"]
    )


def change_role(world):
    name = f"new{next(world.numbers)}"
    world.call(roles.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)
    world.call(roles.delete_role, RoleName=name)


def users_after_a_write(world):
    tag_user(world)
    assert len(world.call(users.list_users)["Users"]) == 100


def roles_after_a_write(world):
    tag_user(world)
    assert len(world.call(roles.list_roles)["Roles"]) == 100


def write_that_another_node_applies(world):
    tag_user(world)
    world.catch_up()


STEPS = (
    create_user,
    tag_user,
    change_access_key,
    change_role,
    users_after_a_write,
    roles_after_a_write,
    write_that_another_node_applies,
)


def cpu_seconds(step, world):
    begun = time.process_time()
    for _ in range(CALLS):
        step(world)
    return (time.process_time() - begun) / CALLS


@contextmanager
def worlds(sizes, *, is_spread):
    shared = "/dev/shm"  # noqa: S108 - a folder in memory, where there is one
    with (
        tempfile.TemporaryDirectory(dir=shared if Path(shared).is_dir() else None) as folder,
        patch.object(quotas, "USERS_MAX", sys.maxsize),
    ):
        made = [World(folder, size, is_spread=is_spread) for size in sizes]
        yield made
        for each in made:
            each.store.close()
            each.other_store.close()


def figures(run=None):
    """Yield (name, ratio to the smallest size, unit, goal) for each step, size and layout."""
    is_quick = run is not None and run.is_quick
    sizes, count = (SIZES_IF_QUICK, ROUNDS_IF_QUICK) if is_quick else (SIZES, ROUNDS)
    for is_spread in (False, True):
        with worlds(sizes, is_spread=is_spread) as made:
            for step in STEPS:
                rounds = [[cpu_seconds(step, world) for world in made] for _ in range(count)]
                for index, size in enumerate(sizes[1:], start=1):
                    ratio = statistics.median(times[index] / times[0] for times in rounds)
                    name = row_name(step, size, is_spread=is_spread)
                    yield name, ratio, f"x of {sizes[0]} users", GOAL
                for size in SIZES[len(sizes) :]:
                    why = "filling a directory takes longer than a quick run"
                    yield row_name(step, size, is_spread=is_spread), why, "", GOAL
                if "-v" in sys.argv:
                    print(
                        "   us", [round(min(column) * 1e6) for column in zip(*rounds, strict=True)]
                    )


def row_name(step, size, *, is_spread):
    layout = "spread over accounts" if is_spread else "in one account"
    return f"{step.__name__.replace('_', ' ')}, {size:,} users {layout}"


def main():
    for name, ratio, unit, goal in figures():
        print(f"{name:<60} {ratio:6.2f} {unit} (at most {goal:g})")


if __name__ == "__main__":
    main()
