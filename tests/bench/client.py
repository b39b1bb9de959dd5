"""What a cached answer of the command line costs: instructions of `process`, `env` and `exec`.

Instructions are counted by callgrind, because they are the same on every machine that runs the same
Python; the installed program is run as a user or an SDK runs it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = str(Path(sys.executable).parent / "daypass")
PYTHON_ALONE = "Python alone"
_COMMANDS = {
    "daypass process": ((PROGRAM, "process", "-p", "work"), "<= 90, aim 70"),
    "daypass env": ((PROGRAM, "env", "-p", "work"), "<= 150, aim 90"),
    "daypass exec": ((PROGRAM, "exec", "-p", "work", "--", "/bin/true"), "<= 150, aim 90"),
    PYTHON_ALONE: ((sys.executable, "-c", "pass"), None),
}
_CONFIG = """
[profile work]
role_arn = arn:aws:iam::111122223333:role/work
source_profile = base
region = eu-west-1
endpoint_url = https://sts.lab.test
[profile base]
"""
_KEYS = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
_FILL = """
import os
from daypass.client import cache, cached_credentials, credential_plan
from daypass.client.cache_entry import CacheEntry
entry = CacheEntry("ASIA" + 16 * "A", 40 * "s", 800 * "t", 2**33, "111122223333", ("work", "base"))
plan = credential_plan.plan_credentials("work")
kept = cache.CredentialCache(cache.cache_directory(os.environ))
name = cached_credentials.profile_cache_name("work", os.environ)
kept.put(name, entry.replace(variables=plan.endpoint_variables(os.environ)))
"""


def rows():
    """Yield (name, millions of instructions, unit, goal) for each command, from its cache."""
    if shutil.which("valgrind") is None:
        for name, (_, goal) in _COMMANDS.items():
            yield _row_name(name), "not measured: valgrind is not installed", "", goal
        return
    with tempfile.TemporaryDirectory() as folder:
        environ = _home(Path(folder))
        for name, (command, goal) in _COMMANDS.items():
            yield _row_name(name), _millions(command, environ, Path(folder)), "M instructions", goal


def _row_name(name):
    return name if name == PYTHON_ALONE else f"{name} from its cache"


def _home(folder):
    """Make a home directory whose profile `work` is cached; return the environment for it."""
    (folder / ".aws").mkdir()
    (folder / ".aws" / "config").write_text(_CONFIG)
    (folder / ".aws" / "credentials").write_text(_KEYS)
    environ = {"HOME": str(folder), "PATH": os.defpath, "DAYPASS_KEYRING": "file"}
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH"):
        if name in os.environ:
            environ[name] = os.environ[name]
    subprocess.run([sys.executable, "-c", _FILL], env=environ, check=True)
    return environ


def _millions(command, environ, folder):
    """Return the instructions of a command's second run; the first writes compiled modules."""
    first = subprocess.run(command, env=environ, capture_output=True, check=True)
    if command[0] == PROGRAM and "exec" not in command and b"ASIA" not in first.stdout:
        raise SystemExit(f"{command[1]} does not answer from its cache: {first.stdout!r}")
    out = folder / "callgrind"
    for old in folder.glob("callgrind*"):
        old.unlink()
    # `exec` replaces the process before its end, so the count is written before that too.
    counting = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}")
    done = subprocess.run(
        [*counting, "--dump-before=execve", *command], env=environ, capture_output=True, check=True
    )
    texts = [each.read_text() for each in sorted(folder.glob("callgrind*"))]
    counts = [
        int(each) for text in texts for each in re.findall(r"^totals: (\d+)", text, re.MULTILINE)
    ]
    if not counts:
        raise SystemExit(done.stderr.decode())
    return sum(counts) / 1e6


if __name__ == "__main__":
    for row in rows():
        print(*row)
