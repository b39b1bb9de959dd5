"""Every act of an operator has its line, which names them.

One that cannot be written down does not happen.
"""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from daypass.server import clock
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.log_lines import read_log
from daypass.server.audit.verification import verify_log
from daypass.server.operator.operator_events import (
    act_recorder,
    append_events,
    operator_event,
    operator_name,
    user_name,
)
from daypass.state.data_directory.open_directory import open_data

UNSET = 2**32 - 1
ME = pwd.getpwuid(os.getuid()).pw_name
PROGRAM = str(Path(sys.executable).parent / "daypass")


def run(*arguments):
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def data(tmp_path):
    """A data directory that no server uses."""
    path = tmp_path / "d"
    open_data(path, {}, clock=clock.wall, entropy=clock.entropy).close()
    return path


def operator_acts(data):
    return [line.event for line in read_log(data / "audit.log") if line.event.service == "daypass"]


@pytest.mark.parametrize(
    ("uid", "login", "environ", "name"),
    [
        (os.getuid(), UNSET, {}, ME),
        (0, UNSET, {"SUDO_USER": "anna"}, "anna"),
        (1, UNSET, {"SUDO_USER": "anna"}, pwd.getpwuid(1).pw_name),
        (0, os.getuid(), {"SUDO_USER": "anna"}, ME),
        (4_000_000, UNSET, {}, "4000000"),
        (0, UNSET, {"SUDO_USER": "\x1b[2J"}, "\\u001b[2J"),
    ],
)
def test_an_operators_name_is_that_of_the_login_or_of_the_caller_of_sudo(
    uid, login, environ, name
) -> None:
    assert user_name(uid, login, environ) == name


def test_a_change_that_cannot_be_recorded_does_not_begin(tmp_path) -> None:
    (tmp_path / "audit.log").mkdir()
    done = []
    with pytest.raises(Unrecorded), act_recorder(tmp_path / "audit.log", "rotate-key") as record:
        record("root key 2")
        done.append("rotated")

    assert not done


def test_a_change_that_fails_after_its_line_has_a_second_line_that_says_so(tmp_path) -> None:
    path = tmp_path / "audit.log"
    with pytest.raises(OSError, match="disk"), act_recorder(path, "rotate-key") as record:
        record("root key 2")
        raise OSError(28, "no space on the disk")
    first, second = (line.event for line in read_log(path))

    assert (first.outcome, first.detail) == ("ok", {"by": operator_name(), "what": "root key 2"})
    assert (second.outcome, second.detail) == ("Failed", first.detail)
    assert "no space on the disk" in second.message
    assert not verify_log(path).breaks


def test_a_change_that_was_not_begun_leaves_no_line(tmp_path) -> None:
    path = tmp_path / "audit.log"
    AuditLog(path).close()
    with pytest.raises(ValueError, match="before"), act_recorder(path, "rotate-key"):
        raise ValueError("before the line")

    assert not list(read_log(path))


def test_a_new_root_key_and_a_new_master_key_have_their_lines(data) -> None:
    assert run("keys", "rotate", "--data", data).returncode == 0
    assert run("keys", "master", "--data", data).returncode == 0
    rotated, master = operator_acts(data)

    assert (rotated.operation, rotated.detail) == (
        "rotate-key",
        {"by": operator_name(), "what": "root key 2"},
    )
    assert master.operation == "change-master-key"
    assert master.detail["by"] == operator_name()


def test_a_key_ring_is_not_changed_if_the_log_cannot_be_written(data) -> None:
    (data / "audit.log").unlink(missing_ok=True)
    (data / "audit.log").symlink_to("/dev/full")
    before = (data / "keyring").read_bytes()
    done = run("keys", "rotate", "--data", data)

    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: the key ring was not changed, because the audit log cannot be written"
    )
    assert (data / "keyring").read_bytes() == before


def test_a_session_of_root_carries_its_operators_name(live) -> None:
    # T238-PRIV
    done = run("root", "--data", live.data.path, "--format", "json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    live.client("sts", made).get_caller_identity()
    minted = [each for each in operator_acts(live.data.path) if each.key == made["AccessKeyId"]]
    used = [
        line.event
        for line in read_log(live.data.audit.path)
        if line.event.key == made["AccessKeyId"] and line.event.service == "sts"
    ]

    assert [each.detail["by"] for each in minted] == [operator_name()]
    assert used[-1].session["sessionName"] == operator_name()


def test_the_start_of_a_server_has_its_line(live) -> None:
    [started] = [each for each in operator_acts(live.data.path) if each.operation == "start"]

    assert started.detail["by"] == operator_name()
    assert live.url in started.detail["what"]
    assert live.store_url in started.detail["what"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            operator_event("rotate-key", "root key 2", by="anna"),
            ["daypass:rotate-key", "anna", "root key 2"],
        ),
        (
            Event(
                time=0,
                request="r",
                service="iam",
                operation="CreateUser",
                principal="arn:aws:iam::1:root",
                session={"sessionName": "anna"},
            ),
            ["arn:aws:iam::1:root (anna)"],
        ),
        (
            Event(
                time=0,
                request="r",
                service="sts",
                operation="AssumeRole",
                principal="arn:aws:iam::1:user/alice",
                resource="arn:aws:iam::1:role/r",
                parameters={"roleSessionName": "monday"},
                response={"credentials": {"accessKeyId": "ASIA1"}},
            ),
            ["user/alice  on arn:aws:iam::1:role/r  as monday  issued ASIA1"],
        ),
        (
            Event(
                time=0,
                request="r",
                service="s3",
                operation="DeleteObject",
                key="AKIA1",
                resource="/b/k",
                outcome="AccessDenied",
                decisions=("ImplicitlyDenied s3:DeleteObject by identity-based policy",),
            ),
            ["AKIA1  on /b/k  ImplicitlyDenied s3:DeleteObject by identity-based policy"],
        ),
        (
            Event(
                time=0,
                request="r",
                service="s3",
                operation="CopyObject",
                source="192.0.2.1",
                parameters={"x-amz-copy-source": "/b/k"},
            ),
            ["192.0.2.1  from /b/k"],
        ),
    ],
    ids=["operator", "root", "role", "refused key", "copy"],
)
def test_log_show_names_who_did_it_and_what_came_of_it(data, event, words) -> None:
    append_events(data / "audit.log", event)
    shown = run("log", "show", "--data", data).stdout.splitlines()[-1]

    assert "somebody" not in shown
    for each in words:
        assert each in shown
