"""Two nodes of one data directory: what is shared, and what each has for itself."""

import os

import pytest

from daypass.state.data_directory import open_data
from daypass.state.unusable import Unusable

NOW = 1_767_225_600.0


@pytest.fixture
def nodes(tmp_path):
    first = open_data(tmp_path / "data", {}, clock=lambda: NOW, entropy=os.urandom, monotonic=lambda: 7.0, look_seconds=3_600.0)  # fmt: skip
    other = first.another("2")
    yield first, other
    other.close()
    first.close()


def test_what_is_over_by_the_time_of_one_is_over_on_the_other(nodes) -> None:
    first, other = nodes
    other.clocks.raise_to(NOW + 100)
    other.keep_time()
    other.committer.fresh().result()
    assert first.clocks() == NOW
    first.keep_time()
    first.committer.fresh().result()

    assert first.clocks() == NOW + 100


def test_each_has_an_audit_log_of_its_own_and_one_does_what_is_done_once(nodes) -> None:
    first, other = nodes

    assert [each.audit.path.name for each in nodes] == ["audit.log", "audit-2.log"]
    assert [each.is_first for each in nodes] == [True, False]
    assert first.committer.directory.position == other.committer.directory.position


def test_one_that_is_not_the_first_starts_no_other(nodes) -> None:
    with pytest.raises(Unusable):
        nodes[1].another("3")


def test_the_directory_stays_locked_until_the_first_is_closed(nodes, tmp_path) -> None:
    with pytest.raises(Unusable, match="another daypass"):
        open_data(tmp_path / "data", {}, clock=lambda: NOW, entropy=os.urandom)


def test_nodes_that_look_without_a_pause_start_and_end_like_others(tmp_path) -> None:
    for _ in range(5):
        first = open_data(tmp_path / "data", {}, clock=lambda: NOW, entropy=os.urandom, look_seconds=0.0)  # fmt: skip
        other = first.another("2")
        assert other.audit.checkpoint is not None
        assert other.audit.undrained(0) == []
        assert other.committer.directory.position == first.committer.directory.position
        other.close()
        first.close()
