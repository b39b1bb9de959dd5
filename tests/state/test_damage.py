"""Damage of the disk is found on loading, named, and accepted only by an operator."""

import json
import os
import random
import shutil
import sqlite3

import pytest
import sqlalchemy as sa

from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.snapshot.kinds import KINDS
from daypass.state.unusable import Unusable

FIRST = "111122223333"
ALICE = f"{FIRST}/user/alice"


def opened(path, **more):
    return open_data(path, {}, clock=lambda: 1_795_936_000.0, entropy=os.urandom, **more)


@pytest.fixture
def whole(earlier):
    """A data directory of the newest schema with records of many kinds."""
    opened(earlier).close()
    return earlier


def known(path):
    data = opened(path)
    try:
        return everything(data.committer.directory)
    finally:
        data.close()


def everything(directory):
    views = [directory.account(each.account) for each in directory.accounts]
    views += [directory.account("global"), *directory.organizations]
    tables = ("accounts", "users", "groups", "roles", "policies", "access_keys", "mfa_devices")
    tables += ("root_emails", "organizations", "units", "members", "creations")
    return {
        (view.id, name): list(getattr(view, name))
        for view in views
        for name in tables
        if hasattr(view, name)
    }


def change(path, *statements):
    connection = sqlite3.connect(path / "daypass.db")
    with connection:
        for statement in statements:
            connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(
                statement
            )
    connection.close()


def rows(path, query):
    connection = sqlite3.connect(path / "daypass.db")
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def flip(path, at):
    data = bytearray((path / "daypass.db").read_bytes())
    data[at // 8] ^= 1 << at % 8
    (path / "daypass.db").write_bytes(data)


def flipped_body(path, where="kind = 'user' AND key = 'alice'"):
    query = f"SELECT body FROM records WHERE {where}"  # noqa: S608 - the test's own text
    [(body,)] = rows(path, query)
    spoilt = bytes([*body[:-1], body[-1] ^ 1])
    change(path, (f"UPDATE records SET body = ? WHERE {where}", (spoilt,)))  # noqa: S608 - the same


def test_of_two_hundred_flipped_bits_each_is_refused_or_changes_no_record(whole, tmp_path) -> None:
    right = known(whole)
    bits = (whole / "daypass.db").stat().st_size * 8
    dice = random.Random(20)
    refused = 0
    for turn in range(200):
        path = tmp_path / f"flip{turn}"
        shutil.copytree(whole, path)
        at = dice.randrange(bits)
        flip(path, at)
        try:
            found = known(path)
        except Unusable:
            refused += 1
        else:
            assert found == right, f"bit {at}"
        shutil.rmtree(path)

    assert refused >= 10


def test_a_damaged_record_is_named_and_the_start_refused_with_nothing_changed(whole) -> None:
    flipped_body(whole)
    before = (whole / "daypass.db").read_bytes()

    with pytest.raises(Unusable, match=f"{ALICE}: its checksum") as refused:
        opened(whole)
    assert f"--accept-damage {ALICE}" in refused.value.hint
    assert (whole / "daypass.db").read_bytes() == before


@pytest.mark.parametrize(
    "kind",
    sorted(
        set(KINDS)
        & {
            "account",
            "access_key",
            "group",
            "mfa_device",
            "policy",
            "role",
            "root_email",
            "member",
            "organization",
        }
    ),
)
def test_damage_of_every_kind_of_record_is_found(whole, kind) -> None:
    query = f"SELECT max(key) FROM records WHERE kind = '{kind}'"  # noqa: S608 - own text
    [(key,)] = rows(whole, query)
    flipped_body(whole, f"kind = '{kind}' AND key = '{key}'")

    with pytest.raises(Unusable, match=f"/{kind}/{key}: its checksum"):
        opened(whole)


def test_a_deleted_row_is_noticed_by_the_checksum_of_its_partition(whole) -> None:
    change(whole, "DELETE FROM records WHERE kind = 'user' AND key = 'alice'")

    with pytest.raises(Unusable, match=f"{FIRST}: it lacks a record"):
        opened(whole)


def test_a_record_that_has_moved_to_another_account_is_found(whole) -> None:
    change(whole, "UPDATE records SET \"partition\" = '350041380673' WHERE key = 'alice'")

    with pytest.raises(Unusable, match="350041380673/user/alice: its checksum"):
        opened(whole)


def test_a_wrong_number_of_the_last_commit_is_found(whole) -> None:
    change(whole, "UPDATE head SET seq = 3")

    with pytest.raises(Unusable, match="head: its commit 3 is not the last one"):
        opened(whole)


def test_accepted_damage_is_moved_to_a_table_of_its_own_and_logged(whole) -> None:
    flipped_body(whole)

    data = opened(whole, accept_damage=[ALICE])
    assert {each.name for each in data.committer.directory.account(FIRST).of(User)} == {"carol"}
    [event] = data.audit.events_after(data.audit.checkpoint.drained)
    told = json.loads(event.body)
    assert (told["operation"], told["detail"]["what"]) == ("accept-damage", ALICE)
    read = {FIRST: data.committer.directory.account(FIRST).revision}
    again = User(account=FIRST, name="alice", unique_id="AIDANEW", created=1)
    data.committer.submit(Changes([Put(again)], read=read), b"").result(10)
    data.close()

    assert rows(whole, "SELECT name FROM damaged") == [(ALICE,)]
    data = opened(whole)
    assert data.committer.directory.account(FIRST).of(User).get("alice").unique_id == "AIDANEW"
    data.close()


def test_accepting_one_damaged_record_does_not_accept_another(whole) -> None:
    flipped_body(whole)
    flipped_body(whole, "key = 'carol'")
    before = (whole / "daypass.db").read_bytes()

    with pytest.raises(Unusable, match=f"{FIRST}/user/carol"):
        opened(whole, accept_damage=[ALICE])
    assert (whole / "daypass.db").read_bytes() == before


def test_an_intact_record_cannot_be_accepted_as_damaged(whole) -> None:
    with pytest.raises(Unusable, match="is not damaged"):
        opened(whole, accept_damage=[ALICE])


def test_a_damaged_key_can_be_accepted_by_its_printed_name(whole) -> None:
    change(
        whole,
        "UPDATE records SET key = CAST(x'616cff6365' AS TEXT) WHERE kind = 'user' AND key = "
        "'alice'",
    )
    with pytest.raises(Unusable, match=r"user/al\\udcffce: its checksum"):
        opened(whole)

    name = f"{FIRST}/user/al\\udcffce"
    data = opened(whole, accept_damage=[name])
    assert {each.name for each in data.committer.directory.account(FIRST).of(User)} == {"carol"}
    data.close()
    opened(whole).close()


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        ("DELETE FROM records WHERE kind = 'user' AND key = 'alice'", FIRST),
        ("UPDATE head SET seq = 3", "head"),
        ("UPDATE partitions SET revision = 'x' WHERE name = '111122223333'", FIRST),
    ],
)
def test_damage_of_partitions_and_head_can_be_accepted(whole, spoil, name) -> None:
    change(whole, spoil)
    with pytest.raises(Unusable):
        opened(whole)

    data = opened(whole, accept_damage=[name])
    revision = data.committer.directory.revision
    read = {FIRST: data.committer.directory.account(FIRST).revision}
    new = User(account=FIRST, name="new", unique_id="AIDANEW", created=1)
    after = data.committer.submit(Changes([Put(new)], read=read), b"").result(10)
    data.close()

    assert after.revision == revision + 1
    opened(whole).close()


def damage_index(path):
    """Change the name of alice in the index of the records, and not in their table."""
    [(page,)] = rows(
        path, "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_records_1'"
    )
    [(size,)] = rows(path, "PRAGMA page_size")
    data = bytearray((path / "daypass.db").read_bytes())
    at = data.index(b"alice", (page - 1) * size, page * size)
    data[at] ^= 2
    (path / "daypass.db").write_bytes(data)
    assert rows(path, "PRAGMA quick_check(1)") == [("ok",)]
    assert rows(path, "PRAGMA integrity_check(1)") != [("ok",)]


@pytest.mark.parametrize("database", ["whole", "earlier"])
def test_a_damaged_index_is_rebuilt(database, tmp_path, request) -> None:
    path = request.getfixturevalue(database)
    shutil.copytree(path, tmp_path / "intact")
    right = known(tmp_path / "intact")
    damage_index(path)

    assert known(path) == right
    assert rows(path, "PRAGMA integrity_check(1)") == [("ok",)]


def test_a_damaged_index_does_not_hide_a_damaged_page(whole) -> None:
    [(size,)] = rows(whole, "PRAGMA page_size")
    [(page,)] = rows(whole, "SELECT rootpage FROM sqlite_master WHERE name = 'nodes'")
    damage_index(whole)
    data = bytearray((whole / "daypass.db").read_bytes())
    # The first byte of a page is its type, of which SQLite has no 99.
    data[(page - 1) * size] = 99
    (whole / "daypass.db").write_bytes(data)

    with pytest.raises(Unusable, match="is damaged"):
        opened(whole)
    assert (whole / "daypass.db").read_bytes() == data


def test_a_damaged_index_does_not_hide_a_damaged_record(whole) -> None:
    damage_index(whole)
    flipped_body(whole, "kind = 'user' AND key = 'carol'")
    before = (whole / "daypass.db").read_bytes()

    with pytest.raises(Unusable, match=f"{FIRST}/user/carol: its checksum"):
        opened(whole)
    assert (whole / "daypass.db").read_bytes() == before


def test_a_start_reads_the_whole_file_once_to_check_it(whole) -> None:
    sent = []
    note = lambda _connection, _cursor, statement, *_: sent.append(statement)
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        opened(whole).close()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    assert [each for each in sent if "_check" in each] == ["PRAGMA integrity_check(1)"]
