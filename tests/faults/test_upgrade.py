"""An upgrade that is killed at any step loses no record."""

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from tests.state.earlier import unpacked

from daypass.state.data_directory.open_directory import open_data
from daypass.state.database.sql_store import LEVEL


def rows(path, query):
    with sqlite3.connect(path / "daypass.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


UPGRADE = """
import os, signal, sys
from pathlib import Path
from daypass.state.data_directory.open_directory import open_data
os.kill(os.getpid(), signal.SIGUSR2)
open_data(Path(sys.argv[1]), {}, clock=lambda: 1.0, entropy=os.urandom).close()
"""


OF_0001 = ["SELECT account, kind, key, revision, body FROM records ORDER BY 1, 2, 3"]
NOW = ['SELECT "partition", kind, key, seq, body FROM records ORDER BY 1, 2, 3']
ALL = [
    *NOW,
    "SELECT * FROM commits ORDER BY 1",
    "SELECT * FROM log ORDER BY 1, 2, 3, 4",
    "SELECT * FROM partitions ORDER BY 1",
    "SELECT * FROM tickets ORDER BY 1, 2",
    "SELECT * FROM attempts",
    "SELECT * FROM ring",
    "SELECT seq, log_from FROM head",
    "SELECT id, drained, audit_seq, audit_hash FROM nodes",
]


@pytest.mark.parametrize(
    ("schema", "then", "now"),
    [("0001", OF_0001, NOW), ("0002", ALL, ALL)],
    ids=["from the first schema", "from the second schema"],
)
def test_an_upgrade_that_is_killed_at_any_step_is_resumed_by_the_next_start(
    tmp_path, shim, schema, then, now
) -> None:
    earlier = unpacked(schema, tmp_path / "earlier")
    before = [rows(earlier, query) for query in then]
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
        assert [rows(path, query) for query in now] == before, f"killed at {point}"
        assert rows(path, "SELECT level FROM head") == [(LEVEL,)]
        shutil.rmtree(path)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1

    assert killed >= 10
    assert done.returncode == 0
