"""An authority of its own for each test, and `daypass` run as its administrator runs it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import serving
from tests.documents import allow

PROGRAM = str(Path(sys.executable).parent / "daypass")
# Ends by a signal that nobody can catch, right before or right after the n-th call that changes
# something.
MORTAL = """
import os, signal, sys
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
import daypass.cli.main
at = int(os.environ["DIE_AT"])
send, left = URLLib3Session.send, [at]
def counted(self, request):
    words = str(request.headers.get("X-Amz-Target", "")) + str(request.body or "")[:200]
    reads = any(f"{verb}" in words for verb in (".List", ".Describe", "Action=List", "Action=Get", "Action=Assume"))
    left[0] -= not reads
    dies = left[0] == 0 and not reads
    if dies and os.environ["DIE"] == "fails":
        raise BotoCoreError()
    if dies and os.environ["DIE"] == "interrupted":
        os.kill(os.getpid(), signal.SIGINT)
    if dies and os.environ["DIE"] == "before": os.kill(os.getpid(), signal.SIGKILL)
    answer = send(self, request)
    if dies and os.environ["DIE"] == "after": os.kill(os.getpid(), signal.SIGKILL)
    return answer
URLLib3Session.send = counted
sys.argv[0] = "daypass"
daypass.cli.main.main()
"""


@dataclass
class Administrator:
    """Somebody of the management account who may do everything, at the prompt."""

    live: object
    environ: dict
    folder: Path

    def run(self, *arguments, text="", die=None, **more):
        start = [PROGRAM] if die is None else [sys.executable, "-c", MORTAL]
        fate = {} if die is None else {"DIE": die[0], "DIE_AT": str(die[1])}
        return subprocess.run(
            [*start, *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={**self.environ, **fate, **more},
        )

    def apply(self, text, *arguments, **more):
        (self.folder / "organization.yaml").write_text(text)
        return self.run("apply", *arguments, "organization.yaml", **more)

    def plan(self, text, *arguments):
        done = self.apply(text, "--dry-run", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def whole(self):
        """What there is, as the file that would make it."""
        done = self.run("export", "--with-iam")
        assert done.returncode == 0, done.stderr
        return done.stdout


def administrator(live, folder):
    key = live.user("ops", allow("*"))
    environ = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_ENDPOINT_URL": live.url,
        "AWS_REGION": "us-east-1",
    }
    return Administrator(live, environ, folder)


@pytest.fixture
def admin(tmp_path):
    for live in serving(tmp_path / "data", "http://127.0.0.1:1"):
        yield administrator(live, tmp_path)


@pytest.fixture
def another(tmp_path):
    """The same, elsewhere."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for live in serving(folder / "data", "http://127.0.0.1:1"):
        yield administrator(live, folder)
