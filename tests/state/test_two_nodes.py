"""Two nodes of one data directory: what they share, and what each has of its own."""

import os

import pytest

from daypass.state.data_directory.open_directory import open_data
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.files import key_ring_file
from daypass.state.last_uses import LastUse
from daypass.state.side_tables import ring_identity
from daypass.state.store import Unavailable
from daypass.state.unusable import Unusable

NOW = 1_767_225_600.0


@pytest.fixture
def nodes(tmp_path):
    first = open_data(
        tmp_path / "data",
        {},
        clock=lambda: NOW,
        entropy=os.urandom,
        monotonic=lambda: 7.0,
        poll_seconds=3_600.0,
    )
    other = first.start_node("2")
    yield first, other
    other.close()
    first.close()


def test_the_steady_time_of_one_node_reaches_the_other(nodes) -> None:
    first, other = nodes
    other.clocks.raise_to(NOW + 100)
    other.save_time()
    other.committer.catch_up().result()
    assert first.clocks() == NOW
    first.save_time()
    first.committer.catch_up().result()

    assert first.clocks() == NOW + 100


def test_each_node_has_an_audit_log_and_one_does_the_shared_tasks(nodes) -> None:
    first, other = nodes

    assert [each.audit.path.name for each in nodes] == ["audit.log", "audit-2.log"]
    assert [each.is_first for each in nodes] == [True, False]
    assert first.committer.directory.position == other.committer.directory.position


def flushed(*nodes):
    """Have each node write its last uses and read those of others, and wait for that."""
    for node in nodes:
        node.flush(None)
        node.committer.catch_up().result()


def test_a_use_at_one_node_reaches_the_other_after_both_flushed(nodes) -> None:
    first, other = nodes
    use = LastUse(5, "sts", "eu-west-1")
    other.usage.record("KEY", use)
    flushed(other, first)

    assert first.usage.last_use("KEY") == use


def test_all_nodes_agree_on_uses_at_different_or_equal_seconds(nodes) -> None:
    first, other = nodes
    first.usage.record("OLDER", LastUse(5, "sts", "x"))
    other.usage.record("OLDER", LastUse(6, "iam", "x"))
    first.usage.record("NEWER", LastUse(8, "sts", "x"))
    other.usage.record("NEWER", LastUse(7, "iam", "x"))
    first.usage.record("SAME", LastUse(9, "sts", "x"))
    other.usage.record("SAME", LastUse(9, "iam", "x"))
    flushed(first, other, first)

    for node in nodes:
        assert node.usage.last_use("OLDER") == LastUse(6, "iam", "x")
        assert node.usage.last_use("NEWER") == LastUse(8, "sts", "x")
        assert node.usage.last_use("SAME") == LastUse(9, "iam", "x")


def test_last_uses_that_the_storage_refuses_are_written_at_the_next_flush(
    nodes, monkeypatch
) -> None:
    first, other = nodes

    def refuse(_uses):
        raise Unavailable("no room")

    first.usage.record("KEY", LastUse(5, "sts", "x"))
    with monkeypatch.context() as patched:
        patched.setattr(first._store, "write_last_uses", refuse)
        flushed(first)
    first.usage.record("LATER", LastUse(6, "sts", "x"))
    flushed(first, other)

    assert other.usage.last_use("KEY") == LastUse(5, "sts", "x")
    assert other.usage.last_use("LATER") == LastUse(6, "sts", "x")


def test_a_single_node_does_not_read_last_uses_of_others(tmp_path, monkeypatch) -> None:
    data = open_data(tmp_path / "data", {}, clock=lambda: NOW, entropy=os.urandom)
    asked = []
    monkeypatch.setattr(data._store, "new_last_uses", lambda: asked.append(1) or {})
    flushed(data)
    data.close()

    assert asked == []


def test_a_node_that_is_not_the_first_starts_no_other(nodes) -> None:
    with pytest.raises(Unusable):
        nodes[1].start_node("3")


def test_the_directory_stays_locked_until_the_first_is_closed(nodes, tmp_path) -> None:
    with pytest.raises(Unusable, match="another daypass"):
        open_data(tmp_path / "data", {}, clock=lambda: NOW, entropy=os.urandom)


def test_nodes_that_poll_without_a_pause_start_and_end_like_others(tmp_path) -> None:
    for _ in range(5):
        first = open_data(
            tmp_path / "data", {}, clock=lambda: NOW, entropy=os.urandom, poll_seconds=0.0
        )
        other = first.start_node("2")
        assert other.audit.checkpoint is not None
        assert other.audit.events_after(0) == []
        assert other.committer.directory.position == first.committer.directory.position
        other.close()
        first.close()


def test_a_node_started_after_a_rotation_has_and_records_the_newest_key(nodes, tmp_path) -> None:
    first, _ = nodes
    rotated = key_ring_file.rotate_root_key(tmp_path / "data", {}, now=int(NOW), entropy=os.urandom)
    first.ring = first.reopen_ring()
    first.committer.catch_up().result()
    late = first.start_node("3")
    late_keys = late.keyring.keys
    late.close()

    assert late_keys == rotated.keys
    assert named(tmp_path / "data") == ring_identity.ring_identity_of(rotated)


def test_a_node_starts_with_the_earlier_ring_if_the_newest_does_not_open(nodes, tmp_path) -> None:
    first, _ = nodes
    rotated = key_ring_file.rotate_root_key(tmp_path / "data", {}, now=int(NOW), entropy=os.urandom)
    before, first.ring = first.ring, first.reopen_ring()
    first.committer.catch_up().result()
    (tmp_path / "data" / "keyring").write_bytes(b"no ring")
    late = first.start_node("3")
    late_ring, file_version = late.ring, late.ring_file.file_version()
    late.close()

    assert late_ring == before
    assert file_version != before.file_version, "the key ring watch tries it again"
    assert named(tmp_path / "data") == ring_identity.ring_identity_of(rotated), (
        "the database was sealed with it"
    )


def named(data):
    store = open_sqlite(data / "daypass.db", read_only=True)
    try:
        return store.ring_identity()
    finally:
        store.close()
