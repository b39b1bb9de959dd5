"""A directory after any sequence of changes, beside records in a dict, and one that was loaded.

The bound of small maps is lowered, so that short sequences make large ones.
"""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.state.contract.node import seen

from daypass.core.domain.account import Account
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.state.changes import Put, Remove
from daypass.state.snapshot import persistent_map, table
from daypass.state.snapshot.directory import CommitPosition, Directory

ACCOUNTS = tuple(f"{number:012}" for number in range(6))
IDS = tuple(f"ID{number}" for number in range(8))


@pytest.fixture(autouse=True, scope="module")
def low_bounds():
    with (
        patch.object(persistent_map, "DICT_ENTRIES_MAX", 3),
        patch.object(table, "DICT_ENTRIES_MAX", 3),
    ):
        yield


def record(kind, account, number):
    """Return a record whose unique id and account belong together, as they do in IAM."""
    account = ACCOUNTS[account]
    identifier = f"{kind.kind}-{account}-{IDS[number]}"
    common = {"account": account, "unique_id": identifier, "created": 1}
    if kind is AccessKey:
        owner = f"user-{account}-{IDS[number // 2]}"
        return AccessKey(account=account, id=identifier, owner=owner, secret=b"", created=1)
    if kind is Account:
        return Account(account=account, name=account, created=1, canonical_user="0")
    if kind is Role:
        return Role(name=f"role{number}", trust="{}", **common)
    return kind(name=f"Name{number}", **common)


RECORDS = st.builds(
    record,
    st.sampled_from([User, Group, Role, AccessKey, Account]),
    st.integers(0, len(ACCOUNTS) - 1),
    st.integers(0, len(IDS) - 1),
)
CHANGES = st.builds(lambda kind, each: kind(each), st.sampled_from([Put, Put, Remove]), RECORDS)
STEPS = st.lists(st.lists(CHANGES, min_size=1, max_size=6), max_size=10)


def applied(model, changes):
    after = dict(model)
    for change in changes:
        place = (change.record.account, change.record.kind, change.record.key)
        if isinstance(change, Put):
            after[place] = change.record
        else:
            after.pop(place, None)
    return after


def history(steps):
    """Return each version of a directory, with its records by place and its revisions."""
    versions = [(Directory(), {}, {})]
    for revision, changes in enumerate(steps, start=1):
        directory, model, revisions = versions[-1]
        touched = dict.fromkeys((each.record.account for each in changes), revision)
        versions.append(
            (
                directory.changed(changes, revision, f"commit{revision}"),
                applied(model, changes),
                revisions | touched,
            )
        )
    return versions


@settings(deadline=None)
@given(STEPS)
def test_every_version_has_the_records_that_the_changes_until_then_left(steps) -> None:
    for directory, model, _ in history(steps):
        for kind in (User, Group, Role, AccessKey, Account):
            expected = [model[place] for place in sorted(model) if place[1] == kind.kind]
            assert list(directory.all_records(kind)) == expected
        for account in ACCOUNTS:
            for number in range(len(IDS)):
                for kind in (User, Role):
                    one = record(kind, ACCOUNTS.index(account), number)
                    known = model.get((account, kind.kind, one.key))
                    assert directory.principal(one.unique_id) == known
                    assert directory.principal_by_arn(one.arn) == known
                owner = f"user-{account}-{IDS[number]}"
                keys = [
                    model[place]
                    for place in sorted(model)
                    if place[1] == "access_key" and model[place].owner == owner
                ]
                assert list(directory.account(account).of(AccessKey).group(owner)) == keys


@settings(deadline=None)
@given(STEPS)
def test_a_directory_that_is_loaded_is_the_one_that_was_changed(steps) -> None:
    for directory, model, revisions in history(steps):
        loaded = Directory.of_records(model.values(), revisions, directory.position)

        assert seen(loaded) == seen(directory)
        for (_, kind, _), each in model.items():
            if kind in {"user", "role"}:
                assert loaded.principal(each.unique_id) == each


def test_a_renamed_user_is_found_by_its_unique_id_whichever_change_comes_first() -> None:
    before = record(User, 0, 0)
    after = replace(before, name="Other")
    directory = Directory().changed([Put(before)], 1)

    for changes in ([Put(after), Remove(before)], [Remove(before), Put(after)]):
        assert directory.changed(changes, 2).principal(before.unique_id) == after


def test_a_group_is_no_principal() -> None:
    group = record(Group, 0, 0)

    assert Directory().changed([Put(group)], 1).principal(group.unique_id) is None
    assert Directory.of_records([group], {}, CommitPosition()).principal(group.unique_id) is None
