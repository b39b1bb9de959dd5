"""Pages of people, groups and memberships: each entry once, whatever changes in between."""

import base64
import concurrent.futures

import pytest
from botocore.exceptions import ClientError
from tests.services.identitystore.conftest import fresh

SIZES = {
    "list_users": "Users",
    "list_groups": "Groups",
    "list_group_memberships": "GroupMemberships",
    "list_group_memberships_for_member": "GroupMemberships",
}
IDS = {"Users": "UserId", "Groups": "GroupId", "GroupMemberships": "MembershipId"}


@pytest.fixture(scope="module")
def crowd(org):
    """An organization with a person in seven groups, and a group with seven people."""
    people, groups = [org.person() for _ in range(7)], [org.group() for _ in range(7)]
    for each in groups:
        org.join(each, people[0])
    for each in people[1:]:
        org.join(groups[0], each)
    return org, people, groups


def asked(crowd, call):
    """Return the parameters of a list beside those of paging."""
    org, people, groups = crowd
    more = {
        "list_group_memberships": {"GroupId": groups[0]},
        "list_group_memberships_for_member": {"MemberId": {"UserId": people[0]}},
    }
    return {"IdentityStoreId": org.store, **more.get(call, {})}


@pytest.mark.parametrize(("call", "list_name"), SIZES.items())
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_a_list_is_read_page_by_page(crowd, call, list_name, size) -> None:
    client, params = crowd[0].people(), asked(crowd, call)
    pages = list(client.get_paginator(call).paginate(**params, MaxResults=size))
    found = [each[IDS[list_name]] for page in pages for each in page[list_name]]

    assert len(found) == len(set(found)) == 7
    assert [len(page[list_name]) for page in pages] == [size] * (7 // size) + [7 % size] * bool(
        7 % size
    )
    whole = getattr(client, call)(**params)
    assert [each[IDS[list_name]] for each in whole[list_name]] == found
    assert "NextToken" not in whole


def test_a_change_between_two_pages_neither_repeats_nor_hides_anybody(org, crowd) -> None:
    client = org.people()
    listed = [each["UserId"] for each in client.list_users(IdentityStoreId=org.store)["Users"]]
    first = client.list_users(IdentityStoreId=org.store, MaxResults=3)
    gone = first["Users"][2]["UserId"]
    client.delete_user(IdentityStoreId=org.store, UserId=gone)
    new = [org.person() for _ in range(3)]
    found, token = [each["UserId"] for each in first["Users"]], first["NextToken"]
    while token:
        page = client.list_users(IdentityStoreId=org.store, MaxResults=3, NextToken=token)
        found += [each["UserId"] for each in page["Users"]]
        token = page.get("NextToken")
    for each in new:
        client.delete_user(IdentityStoreId=org.store, UserId=each)
    crowd[1].remove(gone)
    crowd[1].append(org.person())
    org.join(crowd[2][0], crowd[1][-1])

    assert [each for each in found if each not in new] == listed
    assert len(found) == len(set(found))


def forged(token):
    """Yield tokens that the store did not make."""
    yield "AAAA"
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[0] ^= 1
    yield base64.urlsafe_b64encode(bytes(raw)).decode()
    yield token[:-4]


def test_a_token_that_was_made_for_another_list_or_account_is_refused(org, crowd, first) -> None:
    """T236."""
    client, store = org.people(), {"IdentityStoreId": org.store}
    token = client.list_users(**store, MaxResults=1)["NextToken"]
    account = org.account()
    calls = [
        *((client.list_users, {**store, "NextToken": each}) for each in forged(token)),
        (client.list_groups, {**store, "NextToken": token}),
        (
            client.list_users,
            {**store, "NextToken": token, "Extensions": ["aws:identitystore:enterprise"]},
        ),
        (org.people(account).list_users, {**store, "NextToken": token}),
        (first.people().list_users, {"IdentityStoreId": first.store, "NextToken": token}),
    ]
    for call, params in calls:
        with pytest.raises(ClientError) as refused:
            call(**params)
        error = refused.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("ValidationException", "Invalid NextToken.")


@pytest.mark.parametrize("size", [0, 101])
def test_a_page_has_a_hundred_entries_at_most(org, size) -> None:
    client = org.people(checked=False)
    with pytest.raises(ClientError) as refused:
        client.list_users(IdentityStoreId=org.store, MaxResults=size)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_name_is_taken_by_one_of_those_who_ask_at_once(org) -> None:
    """T181-SCIM: the name is looked for in the snapshot that the commit is made from."""
    name = fresh("race")

    def ask(number):
        try:
            org.people().create_user(
                IdentityStoreId=org.store, UserName=name.upper() if number % 2 else name
            )
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "made"

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(ask, range(8)))
    assert found == ["ConflictException"] * 7 + ["made"]
