"""Opening a data directory: the first start, and reasons that one cannot be used."""

import base64
import contextlib
import gc
import os
import sqlite3
from pathlib import Path

import pytest
from tests.state.one_account import A

from daypass.core.domain.account import Account
from daypass.core.domain.organizations.member import Member
from daypass.state.changes import Changes, Put, Remove
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock
from daypass.state.database.loading import DamagedDatabase
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.schema import record_checksums
from daypass.state.snapshot.directory import Directory
from daypass.state.unusable import Unusable


def clock():
    return 1_000.0


def entropy(size):
    return os.urandom(size)


def opened(path, environ=None, **more):
    return open_data(path, environ or {}, clock=clock, entropy=entropy, **more)


def test_a_first_start_makes_an_account_and_the_next_one_finds_it(tmp_path) -> None:
    first = opened(tmp_path / "d", account=A)
    deployment = first.keyring.deployment
    first.close()
    second = opened(tmp_path / "d")

    assert second.default_account_id == A
    assert second.keyring.deployment == deployment
    assert (tmp_path / "d" / "master.key").stat().st_mode & 0o777 == 0o600
    second.close()


def test_t291_data_a_second_server_is_refused_and_root_stands_beside(tmp_path) -> None:
    first = opened(tmp_path / "d")

    with pytest.raises(Unusable, match="another daypass is using"):
        opened(tmp_path / "d")
    assert read_without_lock(tmp_path / "d", {}).default_account_id == first.default_account_id
    first.close()


def spoil_master(path):
    (path / "master.key").write_text(base64.b64encode(bytes(32)).decode())


def lose(name):
    return lambda path: (path / name).unlink()


def cut(name):
    return lambda path: (path / name).write_bytes((path / name).read_bytes()[:-100])


def truncate_database(path):
    data = (path / "daypass.db").read_bytes()
    (path / "daypass.db").write_bytes(data[: len(data) // 2])


def link(name):
    def spoil(path):
        (path / name).rename(path / "elsewhere")
        (path / name).symlink_to(path / "elsewhere")

    return spoil


def newer(path):
    with sqlite3.connect(path / "daypass.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def unknown_record(path):
    with sqlite3.connect(path / "daypass.db") as connection:
        connection.execute(
            "INSERT INTO records VALUES ('1', 'spaceship', 'x', 1, x'00', ?)",
            [record_checksums.of_record("1", "spaceship", "x", 1, b"\0")],
        )
    connection.close()


@contextlib.contextmanager
def nothing_left_open(folder):
    """Check that a failure closes the files it opened in a folder, without the collector."""
    gc.collect()
    gc.disable()
    try:
        yield
        assert [each for each in open_files() if each.is_relative_to(folder)] == []
    finally:
        gc.enable()


def open_files():
    """Return the files that this process has open."""
    found = []
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(each.readlink())
    return found


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_master, "does not open the key ring"),
        (lose("master.key"), "master key of .* is missing"),
        (lose("keyring"), "key ring of .* is missing"),
        (cut("keyring"), "does not open the key ring"),
        (lambda path: (path / "master.key").write_text("short"), "does not hold a master key"),
        (lambda path: (path / "master.key").chmod(0o644), "can be read by others"),
        (link("master.key"), "is not a plain file"),
        (link("keyring"), "is not a plain file"),
        (truncate_database, "daypass.db"),
        (lambda path: (path / "daypass.db").write_bytes(b"not a database" * 100), "daypass.db"),
        (newer, "does not know"),
        (unknown_record, "of a kind that this version does not know"),
    ],
    ids=[
        "T274-KEY wrong master key",
        "T274-KEY no master key",
        "no ring",
        "T274-KEY truncated ring",
        "T274-KEY short key",
        "T275-KEY readable",
        "T275-KEY link",
        "ring is a link",
        "truncated database",
        "no database",
        "newer schema",
        "unknown kind",
    ],
)
def test_a_data_directory_that_cannot_be_used_is_left_as_it_is(tmp_path, spoil, words) -> None:
    path = tmp_path / "d"
    opened(path).close()
    spoil(path)
    before = {each.name: each.read_bytes() for each in path.iterdir()}

    with nothing_left_open(tmp_path), pytest.raises(Unusable, match=words) as refused:
        opened(path)

    assert "\n" not in str(refused.value)
    assert {each.name: each.read_bytes() for each in path.iterdir()} == before


def test_a_master_key_may_come_from_the_environment_or_a_command(tmp_path) -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    opened(tmp_path / "d", {"DAYPASS_MASTER_KEY": key}).close()

    assert not (tmp_path / "d" / "master.key").exists()
    opened(tmp_path / "d", {"DAYPASS_MASTER_KEY_COMMAND": f"echo {key}"}).close()
    for environ in (
        {},
        {"DAYPASS_MASTER_KEY": "short"},
        {"DAYPASS_MASTER_KEY_COMMAND": "false"},
        {"DAYPASS_MASTER_KEY_COMMAND": "/nonexistent"},
    ):
        with pytest.raises(Unusable):
            opened(tmp_path / "d", environ)


def test_a_read_only_directory_is_reported_in_one_line(tmp_path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unusable):
        opened(tmp_path / "file" / "d")


def test_an_interrupted_first_start_is_mended_by_the_next(tmp_path) -> None:
    calls = []

    def dying_after(count):
        def entropy_until(size):
            calls.append(size)
            if len(calls) > count:
                raise KeyboardInterrupt
            return entropy(size)

        return entropy_until

    for count in range(6):
        calls.clear()
        with contextlib.suppress(KeyboardInterrupt):
            open_data(tmp_path / "d", {}, clock=clock, entropy=dying_after(count)).close()

    data = opened(tmp_path / "d")
    assert data.default_account_id
    data.close()


def test_damage_is_distinguished_from_absence(tmp_path) -> None:
    (tmp_path / "db").write_bytes(b"x" * 5000)
    with pytest.raises(DamagedDatabase):
        open_sqlite(tmp_path / "db")
    with pytest.raises(Unusable):
        read_without_lock(tmp_path / "nothing", {})


def test_an_account_record_names_its_root() -> None:
    assert (
        Account(account=A, name="x", created=0, canonical_user="c").arn == f"arn:aws:iam::{A}:root"
    )


def test_what_a_record_decides_is_compiled_when_the_directory_learns_it() -> None:
    from msgspec.structs import replace

    from daypass.core.domain import compiled_policies
    from daypass.core.domain.bucket import Bucket
    from daypass.core.domain.iam.identity import InlinePolicy
    from daypass.core.domain.iam.role import Role
    from daypass.core.policy.decision import compile as compiling

    text = '{"Version":"2012-10-17","Id":"learned %s","Statement":[]}'
    role = Role(
        account="1" * 12,
        name="r",
        unique_id="AROAX",
        created=1,
        trust=text % "trust",
        inline=(InlinePolicy("a", text % "inline"),),
    )
    bucket = Bucket(
        account="global", name="b", owner="1" * 12, region="r", created=1, policy=text % "bucket"
    )
    Directory().changed([Put(role), Put(bucket), Put(replace(bucket, name="c", policy=""))], 1)
    before = compiling.compile_text.cache_info().misses

    compiled_policies.compile_trust_policy(role.trust)
    compiled_policies.compile_bucket_policy(bucket.policy)
    compiling.compile_stored_text(text % "inline")
    assert compiling.compile_text.cache_info().misses == before


def test_an_account_whose_organization_does_not_have_it_stops_the_start(tmp_path) -> None:
    first = opened(tmp_path / "d", account=A)
    [organization] = first.committer.directory.organizations
    member = organization.of(Member).get(A)
    first.committer.submit(
        Changes([Remove(member)], read={organization.id: organization.revision}), b""
    ).result(10)
    first.close()

    # No policy of the organization would apply to it: that is refused, not served.
    with pytest.raises(
        Unusable, match=f"account {A} is in organization {organization.id}, which does not have it"
    ):
        opened(tmp_path / "d")
