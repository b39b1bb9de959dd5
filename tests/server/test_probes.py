"""Trying a write on a timer: what it says, when it is tried again, and that it leaves no trace."""

import fcntl
import os
from concurrent.futures import Future

import pytest

from daypass.server import limits
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.verification import verify_log
from daypass.server.health.write_probe import WriteProbe, probe_audit_log


class Attempts:
    """Attempts that a test ends with a result, and the clock of their probe."""

    def __init__(self):
        self.now = 0.0
        self.begun = []
        self.probe = WriteProbe(self._begin, lambda: self.now)

    def _begin(self):
        self.begun.append(Future())
        return self.begun[-1]

    def end(self, reason=""):
        self.begun[-1].set_result(reason)

    def pass_seconds(self, seconds):
        self.now += seconds
        self.probe.tick()


@pytest.fixture
def attempts():
    made = Attempts()
    made.probe.tick()
    return made


def test_a_failed_attempt_counts_until_one_succeeds(attempts) -> None:
    attempts.end("full")
    assert attempts.probe.failure() == "full"
    attempts.pass_seconds(limits.PROBE_AGAIN_SECONDS)
    assert attempts.probe.failure() == "full"
    attempts.end()

    assert attempts.probe.failure() == ""


def test_after_a_refusal_the_next_attempt_comes_sooner(attempts) -> None:
    attempts.end("full")
    attempts.pass_seconds(0)
    attempts.pass_seconds(limits.PROBE_AGAIN_SECONDS)
    assert len(attempts.begun) == 2
    attempts.end()
    attempts.pass_seconds(0)
    attempts.pass_seconds(limits.PROBE_AGAIN_SECONDS)
    assert len(attempts.begun) == 2
    attempts.pass_seconds(limits.PROBE_SECONDS)
    assert len(attempts.begun) == 3


def test_attempts_run_one_at_a_time_and_one_that_takes_too_long_is_a_failure(attempts) -> None:
    attempts.pass_seconds(limits.PROBE_SECONDS_MAX)
    assert attempts.probe.failure() == ""
    attempts.pass_seconds(1)

    assert len(attempts.begun) == 1
    assert attempts.probe.failure() == "a write has been waiting for too long"


def test_a_real_refusal_counts_at_once_and_outlives_an_attempt_begun_before_it(attempts) -> None:
    attempts.probe.report_refusal("lines were lost")
    assert attempts.probe.failure() == "lines were lost"
    attempts.end()
    assert attempts.probe.failure() == "lines were lost"
    attempts.pass_seconds(limits.PROBE_AGAIN_SECONDS)
    attempts.end()

    assert attempts.probe.failure() == ""


def test_an_attempt_that_raises_is_a_failure(attempts) -> None:
    attempts.begun[-1].set_exception(RuntimeError("secret"))

    assert attempts.probe.failure() == "trying a write failed with RuntimeError"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "audit.log"
    made = AuditLog(path)
    made.append([Event(time=1.0, request="r", service="s", operation="o")])
    made.close()
    return path


def test_probing_the_audit_log_leaves_it_unchanged(log) -> None:
    before = log.read_bytes()

    assert probe_audit_log(log) == ""
    assert log.read_bytes() == before


def test_a_log_takes_lines_after_a_probe(log) -> None:
    beside = AuditLog(log)
    probe_audit_log(log)
    beside.append([Event(time=2.0, request="r2", service="s", operation="o")])
    beside.close()

    assert verify_log(log, checkpoint=beside.durable_point).lines == 2


def test_a_missing_audit_log_takes_no_lines(log) -> None:
    log.unlink()

    assert probe_audit_log(log) == "it cannot be opened: No such file or directory"
    assert not log.exists()


def test_a_lock_that_is_never_released_is_reported(log) -> None:
    holder = os.open(log, os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    found = probe_audit_log(log)
    os.close(holder)

    assert found == "another process holds its lock"
