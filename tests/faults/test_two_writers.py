"""Two processes write to one database; one is killed at any point, no acknowledged write lost."""

import subprocess
import sys

import pytest

from daypass.core.domain.iam.user import User
from daypass.state.database.sqlite_store import open_sqlite

ACCOUNT = "111122223333"
WRITES = 12
# Counts in two records, which must be alike at any time: each commit reads both and adds one, as
# often as it has to. Says how far it is when a commit is durable.
WRITER = """
import sys
from pathlib import Path
from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.store import Unavailable
account = "111122223333"
store = open_sqlite(Path(sys.argv[1]), boot=sys.argv[2] * 16, node=sys.argv[2])
directory = store.load(())
print("loaded", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    while True:
        view = directory.account(account)
        after = max((user.created for user in view.of(User)), default=0) + 1
        users = [
            User(account=account, name=side, unique_id=f"AIDA{side}", created=after)
            for side in "ab"
        ]
        node = sys.argv[2]
        name, unique_id = f"by{node}-{number}", f"AIDA{node}{number}"
        users.append(User(account=account, name=name, unique_id=unique_id, created=1))
        pair = [Put(user) for user in users]
        changes = Changes(pair, read={account: view.revision}, event=b"e")
        try:
            committed = store.commit(directory, [changes], now=1)
        except Unavailable:
            directory = store.catch_up(directory)
            if directory.account(account).by_id(User, f"AIDA{sys.argv[2]}{number}"):
                break
            continue
        directory = committed.directory
        if isinstance(committed.outcomes[0], Directory):
            break
    print(number, flush=True)
"""


def writer(path, node, environ):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), node, str(WRITES)],
        env={"PATH": "/usr/bin:/bin", **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("die_at", range(24, 120, 8))
def test_a_killed_writer_loses_no_commit_and_does_not_stop_the_other(
    shim, tmp_path, die_at
) -> None:
    path = tmp_path / "db"
    open_sqlite(path).close()
    writers = [
        writer(path, "1", {"LD_PRELOAD": str(shim), "DIE_AT": str(die_at)}),
        writer(path, "2", {}),
    ]
    for each in writers:
        each.stdout.readline()
    for each in writers:
        each.stdin.write("go\n")
        each.stdin.flush() if each.poll() is None else None
    told = [each.communicate() for each in writers]
    acknowledged = [[int(line) for line in out.split()] for out, _ in told]

    assert writers[0].returncode == -9, "it was not killed"
    assert writers[1].returncode == 0, told[1][1]
    assert acknowledged[1] == list(range(WRITES)), "the other goes on"
    stores = [open_sqlite(path, node=node) for node in "12"]
    users = {user.name: user for user in stores[0].load(()).account(ACCOUNT).of(User)}
    events = [len(store.events_after(0)) for store in stores]
    for store in stores:
        store.close()
    made = {name for name in users if name.startswith("by")}
    assert {f"by1-{number}" for number in acknowledged[0]} <= made, "nothing acknowledged is lost"
    assert {f"by2-{number}" for number in range(WRITES)} <= made
    assert len(made) <= len(acknowledged[0]) + 1 + WRITES
    assert users["a"].created == users["b"].created == len(made) == sum(events), (
        "nothing is half done, or twice"
    )
