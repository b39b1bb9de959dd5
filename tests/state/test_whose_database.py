"""A database records its key ring; another ring, an older one and an empty database are refused."""

import os
import shutil

import pytest

from daypass.core.keyring import KeyRing
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.files import key_ring_file
from daypass.state.side_tables import ring_identity
from daypass.state.unusable import Unusable

RING = ("keyring", "master.key")


def opened(path):
    return open_data(path, {}, clock=lambda: 1_000.0, entropy=os.urandom)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data"
    opened(path).close()
    return path


def kept(path, into):
    into.mkdir()
    for name in RING:
        shutil.copy(path / name, into / name)
    return into


def put_back(saved, path):
    for name in RING:
        shutil.copy(saved / name, path / name)


def refused_unchanged(path, words):
    before = {each.name: each.read_bytes() for each in path.iterdir()}
    for use in (opened, lambda path: read_without_lock(path, {})):
        with pytest.raises(Unusable, match=words) as refused:
            use(path)
        assert "remove" not in refused.value.hint
        assert "delete" not in refused.value.hint
    assert {each.name: each.read_bytes() for each in path.iterdir()} == before


def test_the_key_ring_of_another_deployment_is_refused_before_anything_is_written(
    data, tmp_path
) -> None:
    other = tmp_path / "other"
    opened(other).close()
    put_back(other, data)

    refused_unchanged(data, "belongs to another deployment")


def test_a_key_ring_from_before_a_rotation_is_refused_once_the_new_key_was_used(
    data, tmp_path
) -> None:
    older = kept(data, tmp_path / "older")
    key_ring_file.rotate_root_key(data, {}, now=2_000, entropy=os.urandom)
    opened(data).close()
    put_back(older, data)

    refused_unchanged(data, "older than the database: its newest root key is 1, .* with 2")


def test_a_running_server_records_the_newest_root_key_when_it_adopts_it(data, tmp_path) -> None:
    older = kept(data, tmp_path / "older")
    running = opened(data)
    key_ring_file.rotate_root_key(data, {}, now=2_000, entropy=os.urandom)
    running.ring = running.reopen_ring()
    running.close()
    put_back(older, data)

    refused_unchanged(data, "older than the database")


def test_two_different_rotations_of_one_ring_are_different_rings(data, tmp_path) -> None:
    older = kept(data, tmp_path / "older")
    key_ring_file.rotate_root_key(data, {}, now=2_000, entropy=os.urandom)
    other = kept(data, tmp_path / "other")
    put_back(older, data)
    key_ring_file.rotate_root_key(data, {}, now=2_000, entropy=os.urandom)
    opened(data).close()
    put_back(other, data)

    refused_unchanged(data, "root key 2 of the key ring is not the one")


def test_a_running_server_keeps_its_ring_when_the_file_is_replaced(data, tmp_path) -> None:
    other = tmp_path / "other"
    opened(other).close()
    running = opened(data)
    before = running.keyring
    put_back(other, data)

    with pytest.raises(Unusable, match="not a later state of the one in use"):
        running.reopen_ring()
    assert running.keyring is before
    running.close()


@pytest.mark.parametrize("size", [0, 1, 100, 511])
def test_a_truncated_database_is_refused_beside_its_key_ring(data, size) -> None:
    with (data / "daypass.db").open("r+b") as file:
        file.truncate(size)

    refused_unchanged(data, "is empty, but this is not a new directory")


def ring(*fingers, deployment="d"):
    from daypass.core.keyring import RootKey

    return KeyRing(
        deployment, tuple(RootKey(number, number, finger * 32) for number, finger in fingers)
    )


@pytest.mark.parametrize(
    ("held", "named", "words"),
    [
        (ring((1, b"a")), ring((1, b"a")), ""),
        (ring((1, b"a"), (2, b"b")), ring((1, b"a")), ""),
        (ring((3, b"c")), ring((1, b"a")), ""),
        (ring((1, b"a")), ring((1, b"a"), (2, b"b")), "older"),
        (ring((1, b"x")), ring((1, b"a")), "root key 1"),
        (ring((1, b"x"), (2, b"b")), ring((1, b"a")), "root key 1"),
        (ring((1, b"a"), deployment="e"), ring((1, b"a")), "another deployment"),
    ],
    ids=[
        "the same",
        "rotated",
        "rotated and trimmed",
        "older",
        "another key",
        "another past",
        "another deployment",
    ],
)
def test_a_ring_matches_the_recorded_identity_or_is_a_later_state_of_it(held, named, words) -> None:
    found = ring_identity.identity_mismatch(held, ring_identity.ring_identity_of(named))

    assert (words in found) if words else not found
