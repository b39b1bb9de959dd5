"""The installed program, run as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = str(Path(sys.executable).parent / "daypass")


def run_installed(*arguments, **more):
    """Run a command without the user's own configuration, with more variables; say how it ended."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "DAYPASS_"))
    }
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env={**kept, **more},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
