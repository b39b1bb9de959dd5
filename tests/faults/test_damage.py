"""The server on a damaged database: it starts only if the operator accepts the damage."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

DAYPASS = Path(sys.executable).parent / "daypass"
ALICE = "111122223333/user/alice"


def up(data, *more):
    """Run a server until it listens or ends; return its exit code and its output until then."""
    process = subprocess.Popen(
        [DAYPASS, "up", "--data", data, "--listen", "127.0.0.1:0", *more],
        env={"PATH": os.environ["PATH"]},
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith("daypass listens"):
            process.send_signal(signal.SIGTERM)
    process.stderr.close()
    return process.wait(30), said


def shown(data):
    done = subprocess.run(
        [DAYPASS, "log", "show", "--data", data], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_server_starts_over_a_damaged_record_only_if_accepted_and_logs_it(
    earlier,
) -> None:
    assert up(earlier)[0] == 0
    with sqlite3.connect(earlier / "daypass.db") as connection:
        connection.execute(
            "UPDATE records SET body = body || x'00' WHERE kind = 'user' AND key = 'alice'"
        )
    connection.close()

    code, said = up(earlier)
    assert code == 1
    assert f"error: the database is damaged: {ALICE}" in said
    assert f"--accept-damage {ALICE}" in said
    assert "Traceback" not in said
    assert up(earlier, "--accept-damage", ALICE)[0] == 0
    assert "accept-damage" in shown(earlier)
    assert up(earlier)[0] == 0
