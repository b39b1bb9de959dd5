"""`/readyz` reports that a write would fail without one being made, and that it works again."""

import subprocess

import pytest
from tests.faults.conftest import Disk

FAULTS = {
    "the disk is full": (Disk.fill, "the disk is full"),
    "no inode is left": (Disk.take_inodes, "a file cannot be opened or made beside it"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_idle_server_is_unready_while_a_write_would_fail(up, disk, fault) -> None:
    bring_about, words = FAULTS[fault]
    server = up(disk.path / "data")
    assert server.ready_when(200)[0] == 200, server.log.read_text()
    bring_about(disk)
    status, text = server.ready_when(503, "database:")
    metrics = server.get("/metrics")[1]
    disk.free()
    after = server.ready_when(200)
    told = server.told("ready again: database")

    assert status == 503
    assert f"database: the database refuses writes: {words}" in text
    assert str(disk.path) not in text
    assert 'daypass_ready{condition="database"} 0' in metrics
    assert after == (200, "ready\n")
    assert f"not ready: database: the database refuses writes: {words}" in told
    assert "ready again: database" in told
    assert "Traceback" not in told
    assert server.stop() == 0


def test_an_idle_server_reports_that_only_the_audit_log_cannot_be_written(
    up, disk, other_disk
) -> None:
    data = disk.path / "data"
    server = up(data)
    server.ready_when(200)
    server.stop()
    log = other_disk.path / "audit.log"
    log.write_bytes((data / "audit.log").read_bytes())
    subprocess.run(["mount", "--bind", log, data / "audit.log"], check=True)
    try:
        server = up(data)
        assert server.ready_when(200)[0] == 200, server.log.read_text()
        before = log.read_bytes()
        other_disk.fill()
        status, text = server.ready_when(503)
        other_disk.free()
        after = server.ready_when(200)
        told = server.told("ready again: audit log")
        server.stop()
    finally:
        subprocess.run(["umount", "--lazy", data / "audit.log"], check=True)

    assert (status, text) == (
        503,
        "not ready\naudit log: it cannot be written: No space left on device\n",
    )
    assert after == (200, "ready\n")
    assert "ready again: audit log" in told
    assert log.read_bytes() == before, "trying leaves no byte behind"
