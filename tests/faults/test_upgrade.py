"""An upgrade that is killed at any step has lost no record."""

import os
import shutil
import sqlite3
import subprocess
import sys

from daypass.state.data_directory import open_data


def rows(path, query):
    with sqlite3.connect(path / "daypass.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


UPGRADE = """
import os, signal, sys
from pathlib import Path
from daypass.state.data_directory import open_data
os.kill(os.getpid(), signal.SIGUSR2)
open_data(Path(sys.argv[1]), {}, clock=lambda: 1.0, entropy=os.urandom).close()
"""


def test_an_upgrade_that_is_killed_at_any_step_is_resumed_by_the_next_start(
    earlier, tmp_path, shim
) -> None:
    query = "SELECT {}, kind, key, {}, body FROM records ORDER BY 1, 2, 3"
    before = rows(earlier, query.format("account", "revision"))
    killed = 0
    for point in (*range(1, 20), *range(20, 400, 12)):
        path = tmp_path / f"at{point}"
        shutil.copytree(earlier, path)
        done = subprocess.run(
            [sys.executable, "-c", UPGRADE, str(path)],
            env={"LD_PRELOAD": str(shim), "ARMED_BY_SIGNAL": "1", "DIE_AT": str(point)},
            capture_output=True,
            check=False,
        )
        open_data(path, {}, clock=lambda: 1.0, entropy=os.urandom).close()
        assert rows(path, query.format('"partition"', "seq")) == before, f"killed at {point}"
        shutil.rmtree(path)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1

    assert killed >= 10
    assert done.returncode == 0
