"""What several workers keep to together is what one server keeps to alone."""

import contextlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from daypass.cli.main import cli
from daypass.gate import buffer_quota
from daypass.gate import limits as gate_limits
from daypass.gate.protocol.errors import S3Error
from daypass.server import clock, limits
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.log_lines import read_log
from daypass.server.process import descriptors
from daypass.server.settings.config import Config
from daypass.server.workers import serve
from daypass.server.workers.serve import worker_config
from daypass.state.data_directory.open_directory import open_data


def config(**more):
    return Config(data=Path("data"), host="127.0.0.1", port=1, **more)


@pytest.mark.parametrize(
    ("workers", "asked", "each"), [(2, 600, 300), (3, 100, 33), (64, 10, 1), (2, 0, 0)]
)
def test_each_worker_has_its_share_of_the_calls_and_at_least_one(workers, asked, each) -> None:
    assert worker_config(config(workers=workers, calls_per_second=asked)).calls_per_second == each


@pytest.mark.parametrize("workers", [1, 2, 7, 64])
def test_all_connections_together_are_no_more_than_one_server_takes(workers) -> None:
    each = descriptors.claim_connections(workers)

    assert 0 < each * workers <= limits.CONNECTIONS_MAX


def taken(made, account, size):
    """Return how many things of a size an account may have at once."""
    with contextlib.ExitStack() as held:
        with pytest.raises(S3Error):
            for _ in range(10_000):
                held.enter_context(made.reserve(account, size))
        return made._counts[account]


@pytest.mark.parametrize(
    ("make", "most", "each"),
    [
        (
            buffer_quota.form_file_quota,
            gate_limits.FILES_PER_ACCOUNT_MAX,
            gate_limits.FORM_FILE_BYTES_MAX,
        ),
        (
            buffer_quota.document_quota,
            gate_limits.DOCUMENTS_PER_ACCOUNT_MAX,
            gate_limits.DELETE_BODY_BYTES_MAX,
        ),
    ],
    ids=["files", "documents"],
)
@pytest.mark.parametrize("workers", [1, 2, 64])
def test_each_worker_has_its_share_of_the_room_and_room_for_one_of_any_size(
    make, most, each, workers
) -> None:
    assert taken(make(workers), "111122223333", 1) == max(1, most // workers)
    assert taken(make(workers), "111122223333", each) >= 1


@pytest.mark.parametrize("count", ["0", str(limits.WORKERS_MAX + 1), "two"])
def test_an_impossible_number_of_workers_is_refused_before_anything_is_changed(
    count, tmp_path
) -> None:
    done = CliRunner().invoke(cli, ["up", "--data", str(tmp_path / "data"), "--workers", count])

    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_start_that_the_log_refuses_is_reported_to_the_operator(
    tmp_path, monkeypatch, is_refused
) -> None:
    data = open_data(tmp_path / "data", {}, clock=clock.wall, entropy=clock.entropy)

    def refuse(*_arguments):
        raise Unrecorded("The audit log cannot be written.")

    if is_refused:
        monkeypatch.setattr(AuditLog, "append", refuse)
    remarks = serve._start_once(config(workers=2), data)
    monkeypatch.undo()
    data.close()

    operations = [each.event.operation for each in read_log(tmp_path / "data" / "audit.log")]
    assert ("start" in operations) is not is_refused
    assert any("the start is not in the audit log" in each for each in remarks) is is_refused
