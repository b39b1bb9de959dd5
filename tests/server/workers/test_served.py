"""A server of two workers as clients and operators meet it: real processes behind one port."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from tests.campaign.faults._node import BIN, Node, NotStarted, running
from tests.campaign.faults._parts import load, until

TRIES = 24
"""New connections, which the system spreads over both workers: that all are with one happens once
in eight million times."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of two workers that every test of this file may change, and kill workers of."""
    with running(Node(tmp_path_factory.mktemp("workers"), "--workers", "2")) as node:
        assert node.becomes_ready()
        yield node
        assert node.stop(), node.said


@pytest.fixture
def other(tmp_path):
    """A server of its own, not started."""
    node = Node(tmp_path, "--workers", "2")
    yield node
    node.kill()


def workers(node):
    pid = node.process.pid
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def key_of(node, name):
    """Make a user who may read about itself; return its key."""
    node.call("CreateUser", UserName=name)
    made = node.call("CreateAccessKey", UserName=name)
    return made["AccessKeyId"], made["SecretAccessKey"]


def counted(node, operation):
    """Return how many answers of an operation the workers have counted together."""
    page = page_of(node)
    found = re.search(rf'operation="{operation}",outcome="ok"}} (\d+)', page)
    return int(found[1]) if found else 0


def page_of(node):
    with socket.create_connection(("127.0.0.1", node.port)) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def logs(node):
    """Return the events of each log, by the name of its file."""
    return {
        path.name: [json.loads(line)["event"] for line in path.read_text().splitlines()]
        for path in node.data.glob("audit*.log")
    }


def test_both_workers_answer_and_each_has_a_log_of_its_own(served) -> None:
    answers = {served.call("ListRoles").status for _ in range(TRIES)}

    assert answers == {200}
    found = logs(served)
    assert sorted(found) == ["audit-2.log", "audit.log"]
    assert all(any(each["operation"] == "ListRoles" for each in log) for log in found.values())
    recorded = sum(each["operation"] == "ListRoles" for each in served.log())
    assert recorded == TRIES


def test_a_change_answered_by_one_worker_is_applied_by_every_worker(served) -> None:
    for number in range(TRIES):
        assert served.call("CreateUser", UserName=f"known{number}").is_ok
        assert served.call("GetUser", UserName=f"known{number}").is_ok


def test_a_key_that_was_deleted_is_refused_by_every_worker_at_once(served) -> None:
    # T308-HA
    key = key_of(served, "revoked")
    assert served.call("GetCallerIdentity", "sts", keys=key).is_ok
    assert served.call("DeleteAccessKey", UserName="revoked", AccessKeyId=key[0]).is_ok

    codes = {served.call("GetCallerIdentity", "sts", keys=key).code for _ in range(TRIES)}
    assert codes == {"InvalidClientTokenId"}


def test_metrics_are_those_of_all_workers_whoever_is_asked_and_do_not_fall_when_one_dies(
    served,
) -> None:
    before = counted(served, "ListUsers")
    for _ in range(TRIES):
        assert served.call("ListUsers").is_ok

    assert {counted(served, "ListUsers") for _ in range(TRIES)} == {before + TRIES}
    assert kill_one(served)
    assert counted(served, "ListUsers") == before + TRIES


def kill_one(node, index=0):
    """Kill a worker; return whether another one serves in its place in time."""
    before = workers(node)
    os.kill(before[index], signal.SIGKILL)
    return (
        until(lambda: len(workers(node)) == 2 and before[index] not in workers(node), 10)
        and node.becomes_ready()
    )


def test_workers_that_are_killed_lose_no_change_and_the_others_go_on(served) -> None:
    made, wrong = [], []

    def make(number):
        name = f"killed{number}-{len(made)}"
        answer = served.call("CreateUser", UserName=name)
        if answer.is_ok:
            made.append(name)
        elif answer.status < 598:
            wrong.append(answer)

    with load(make, 4):
        for index in (0, 1, 0):
            assert kill_one(served, index)

    assert wrong == []
    assert served.users() >= set(made)
    assert until(lambda: served.told("log", "verify").returncode == 0, 10)
    recorded = [
        event["parameters"]["userName"]
        for event in served.log()
        if event["operation"] == "CreateUser"
    ]
    assert set(recorded) >= set(made)
    assert len(recorded) == len(set(recorded))


def test_an_operators_change_reaches_every_worker_through_one(served) -> None:
    allow_all = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    version = {
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": "2026-01-01T00:00:00Z",
        "Document": {"Version": "2012-10-17", "Statement": [allow_all]},
    }
    policy = {
        "PolicyName": "Added",
        "PolicyId": "ANPAADDEDBYOPERATOR01",
        "Arn": "arn:aws:iam::aws:policy/Added",
        "Path": "/",
        "DefaultVersionId": "v1",
        "IsAttachable": True,
        "CreateDate": "2026-01-01T00:00:00Z",
        "UpdateDate": "2026-01-01T00:00:00Z",
        "PolicyVersionList": [version],
    }
    file = served.folder / "policies.json"
    file.write_text(json.dumps({"Policies": [policy]}))
    done = served.command("policy", "load", str(file))

    assert done.returncode == 0, done.stderr
    answers = {
        served.call("GetPolicy", PolicyArn="arn:aws:iam::aws:policy/Added").status
        for _ in range(TRIES)
    }
    assert answers == {200}


def test_sighup_is_recorded_in_the_log_of_every_worker(served) -> None:
    served.process.send_signal(signal.SIGHUP)

    def has_recorded_reload():
        return all(
            any(each["operation"] == "reload" for each in log) for log in logs(served).values()
        )

    assert until(has_recorded_reload, 10), served.said


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_port_of_another_server_is_not_shared_with_it(served, tmp_path, count) -> None:
    command = [
        BIN / "daypass",
        "up",
        "--data",
        tmp_path / "data",
        "--listen",
        f"127.0.0.1:{served.port}",
        "--workers",
        count,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert "ddress already in use" in done.stderr


def test_a_server_whose_parent_was_killed_ends_and_starts_again_with_one_process(other) -> None:
    other.start()
    assert other.call("CreateUser", UserName="there").is_ok
    left = workers(other)
    other.kill()
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), 30)
    other.options = ()
    other.start()

    assert other.users() == {"there"}
    assert other.told("log", "verify").returncode == 0
    created = [event for event in other.log() if event["operation"] == "CreateUser"]
    assert len(created) == 1


def test_a_log_that_is_not_what_was_written_refuses_the_start_once(other) -> None:
    other.start()
    for _ in range(TRIES):
        assert other.call("GetCallerIdentity", "sts").is_ok
    assert other.stop()
    log = other.data / "audit-2.log"
    log.write_bytes(log.read_bytes().replace(b"GetCallerIdentity", b"GetCallerIdentitx", 1))
    assert other.told("log", "verify").returncode == 1
    log.unlink()

    with pytest.raises(NotStarted, match="THE AUDIT LOG IS NOT WHAT WAS WRITTEN") as refused:
        other.start()
    assert str(refused.value).count("NOT WHAT WAS WRITTEN") == 1


def test_a_stopped_worker_delays_changes_for_a_second_at_most(other) -> None:
    other.start()
    assert other.becomes_ready()
    # Made from the database, which the worker may have locked when it stops.
    assert other.root
    still = workers(other)[1]
    os.kill(still, signal.SIGSTOP)
    # A connection that the still worker was given has no answer: it is tried again, and reaches the
    # other.
    answered = until(lambda: quick(other, "CreateUser", UserName="meanwhile"), 30)
    # One that stood still while it had the database's lock was ended by the parent.
    with contextlib.suppress(ProcessLookupError):
        os.kill(still, signal.SIGCONT)

    assert answered
    assert other.becomes_ready()
    # The worker that goes on has what it missed after its next look at the database.
    assert until(lambda: all(knows(other, "meanwhile") for _ in range(TRIES)), 30)


def knows(node, user):
    """Return whether the worker that a new connection is given has a user."""
    return node.call("GetUser", UserName=user).status == 200


def quick(node, action, **fields):
    """Make a call that waits for two seconds at most, and say whether it is done, now or before."""
    from tests.campaign.faults import _node

    before, _node.ANSWER_SECONDS_MAX = _node.ANSWER_SECONDS_MAX, 2
    try:
        answer = node.call(action, **fields)
    finally:
        _node.ANSWER_SECONDS_MAX = before
    return answer.is_ok or answer.code == "EntityAlreadyExists"
