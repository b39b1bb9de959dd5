"""Killed at any point, a writer starts again with every acknowledged change and no half one."""

import subprocess
import sys
from pathlib import Path

from daypass.core.domain.iam.user import User
from daypass.state.database.sqlite_store import open_sqlite

WRITES = 12
# Two users a commit, which must both be there or neither; says so when each commit is durable.
WRITER = """
import sys
from pathlib import Path
from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put
from daypass.state.database.sqlite_store import open_sqlite
store = open_sqlite(Path(sys.argv[1]))
directory = store.load(())
A = "111122223333"
for number in range(int(sys.argv[2])):
    names = [f"{side}{number}" for side in "ab"]
    pair = [Put(User(account=A, name=each, unique_id=f"AIDA{each}", created=1)) for each in names]
    changes = Changes(pair, read={A: directory.account(A).revision})
    directory = store.commit(directory, [changes], now=1).directory
    print(number, flush=True)
"""


def write(path, shim, die_at):
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(path), str(WRITES)],
        env={"LD_PRELOAD": str(shim), "DIE_AT": str(die_at), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [int(line) for line in done.stdout.split()]


def test_t287_data_a_writer_killed_at_any_of_sixty_points_keeps_what_it_acknowledged(
    shim, tmp_path
) -> None:
    points = range(20, 140, 2)
    killed = 0
    for point in points:
        path = Path(tmp_path / f"db{point}")
        code, acknowledged = write(path, shim, point)
        killed += code == -9
        store = open_sqlite(path)
        names = {each.name for each in store.load(()).account("111122223333").of(User)}
        store.close()

        assert {f"{side}{number}" for number in acknowledged for side in "ab"} <= names
        assert {name[1:] for name in names if name[0] == "a"} == {
            name[1:] for name in names if name[0] == "b"
        }
        assert len(names) <= 2 * (len(acknowledged) + 1)

    assert killed >= 50, f"only {killed} kills"
