"""ListAccounts and ListAccountRoles: what a person has now, page by page."""

import pytest
from msgspec.structs import replace
from tests.services import portal_records as records
from tests.services.portal_records import ADMIN, ALICE, ENGINEERS, MANAGEMENT, MEMBER, OTHER
from tests.services.portal_snapshot import PortalSnapshot
from tests.services.support import NOW, refused

from daypass.core.faults import Denied, Invalid, Violation
from daypass.core.slices import at_once
from daypass.services.registry import SERVICES
from daypass.services.sso import accounts
from daypass.wire.catalog import load_catalog

OPERATIONS = load_catalog([each for each in SERVICES if each.name == "sso"]).services["sso"]
KEYS = (bytes(32),)


@pytest.fixture
def snapshot():
    return PortalSnapshot()


def pages(snapshot, function, name, key, *, who=ALICE, owner="", **params):
    """Return every page of a list as the wire cuts it."""
    model, found, more = OPERATIONS.operations[name], [], {}
    while True:
        asked = {**params, **more}
        answer = function(snapshot.context(snapshot.signed_in(who)), asked)
        page = at_once(model.page_answer(answer, asked, owner=owner or who, keys=KEYS))
        found.append(page[key])
        if "nextToken" not in page:
            return found
        more = {"nextToken": page["nextToken"]}


def listed(snapshot, **more):
    found = pages(snapshot, accounts.list_accounts, "ListAccounts", "accountList", **more)
    return [[each["accountId"] for each in page] for page in found]


def called(snapshot, function, **params):
    """Return the answer of a call, with its whole list."""
    return snapshot.call(function, snapshot.signed_in(), accessToken="-", **params)


def roles(snapshot, account=MEMBER, **more):
    found = pages(
        snapshot,
        accounts.list_account_roles,
        "ListAccountRoles",
        "roleList",
        accountId=account,
        **more,
    )
    return [[each["roleName"] for each in page] for page in found]


def test_an_account_is_shown_with_name_and_address(snapshot) -> None:
    (page,) = pages(snapshot, accounts.list_accounts, "ListAccounts", "accountList")

    assert page[0] == {
        "accountId": MEMBER,
        "accountName": "account 2",
        "emailAddress": f"{MEMBER}@example.com",
    }


def test_an_account_without_an_address_is_shown_without_one(snapshot) -> None:
    snapshot.put(replace(records.account(MEMBER), email=""))
    (page,) = pages(snapshot, accounts.list_accounts, "ListAccounts", "accountList")

    assert page[0] == {"accountId": MEMBER, "accountName": "account 2"}


def test_each_account_is_listed_once_whatever_gives_access(snapshot) -> None:
    assert listed(snapshot) == [[MEMBER, OTHER]]


def test_the_list_is_of_assignments_as_they_are_now(snapshot) -> None:
    snapshot.put(records.assignment(ALICE, MANAGEMENT))
    assert listed(snapshot) == [[MANAGEMENT, MEMBER, OTHER]]

    snapshot.remove(records.assignment(ENGINEERS, OTHER, records.READ_ONLY))
    assert listed(snapshot) == [[MANAGEMENT, MEMBER]]


def test_roles_without_an_assignment_show_no_account(snapshot) -> None:
    snapshot.put(*records.provisioned_records(MANAGEMENT))

    assert listed(snapshot) == [[MEMBER, OTHER]]
    assert listed(snapshot, who=records.BOB) == [[]]


@pytest.mark.parametrize(
    "changed", [records.account(OTHER, closed=NOW), records.account(OTHER, "")]
)
def test_an_account_that_gives_no_access_is_not_listed(snapshot, changed) -> None:
    snapshot.put(changed)

    assert listed(snapshot) == [[MEMBER]]
    with refused(Denied, "No access") as found:
        roles(snapshot, OTHER)
    assert found.value.operator == f"account {OTHER} is closed, or not one of the instance's"


def many(snapshot, count=7):
    ids = [f"{number:012}" for number in range(500, 500 + count)]
    for number, each in enumerate(ids):
        snapshot.put(records.account(each))
        for principal in (ALICE, ENGINEERS)[number % 2 :]:
            snapshot.put(records.assignment(principal, each))
    return ids


@pytest.mark.parametrize("size", [1, 2, 3, 9, 10, 100])
def test_pages_have_each_account_once_and_no_more_than_asked_for(snapshot, size) -> None:
    expected = sorted([*many(snapshot), MEMBER, OTHER])
    found = listed(snapshot, maxResults=size)

    assert [each for page in found for each in page] == expected
    assert all(len(page) <= size for page in found)


def test_a_page_continues_where_the_last_one_ended_though_that_account_is_gone(snapshot) -> None:
    ids = many(snapshot)
    model = OPERATIONS.operations["ListAccounts"]

    def page(**params):
        answer = accounts.list_accounts(snapshot.context(snapshot.signed_in()), params)
        return at_once(model.page_answer(answer, params, owner=ALICE, keys=KEYS))

    first = page(maxResults=2)
    snapshot.remove(records.assignment(ALICE, ids[1]), records.assignment(ENGINEERS, ids[1]))
    second = page(maxResults=2, nextToken=first["nextToken"])

    assert [each["accountId"] for each in second["accountList"]] == ids[2:4]


def test_t236_priv_a_marker_is_of_one_person_and_one_list(snapshot) -> None:
    many(snapshot)
    model = OPERATIONS.operations["ListAccounts"]
    asked = {"maxResults": 2}
    answer = accounts.list_accounts(snapshot.context(snapshot.signed_in()), asked)
    marker = at_once(model.page_answer(answer, asked, owner=ALICE, keys=KEYS))["nextToken"]

    for owner, token in ((records.BOB, marker), (ALICE, marker[:-4] + "AAAA"), (ALICE, "")):
        with pytest.raises(Violation, match="Invalid nextToken"):
            at_once(model.page_answer(answer, {"nextToken": token}, owner=owner, keys=KEYS))


def test_roles_are_the_permission_sets_names(snapshot) -> None:
    assert roles(snapshot) == [["Admin", "ReadOnly"]]
    assert roles(snapshot, maxResults=1) == [["Admin"], ["ReadOnly"]]
    assert roles(snapshot, OTHER) == [["ReadOnly"]]


def test_an_answer_without_a_limit_has_the_whole_list(snapshot) -> None:
    found = called(snapshot, accounts.list_accounts)["accountList"]
    names = called(snapshot, accounts.list_account_roles, accountId=MEMBER)["roleList"]

    assert [each["accountId"] for each in found] == [MEMBER, OTHER]
    assert [each["roleName"] for each in names] == ["Admin", "ReadOnly"]


def test_a_role_that_two_assignments_give_is_listed_once(snapshot) -> None:
    snapshot.put(records.assignment(ENGINEERS, MEMBER, ADMIN))

    assert roles(snapshot) == [["Admin", "ReadOnly"]]


def test_a_neighbouring_accounts_roles_are_not_this_ones(snapshot) -> None:
    for near in (f"{int(MEMBER) - 1}", f"{int(MEMBER) + 1}"):
        snapshot.put(records.account(near))
        snapshot.put(records.assignment(ALICE, near))
    snapshot.remove(records.assignment())

    assert roles(snapshot) == [["ReadOnly"]]


@pytest.mark.parametrize("account", [MANAGEMENT, records.OUTSIDE, "000000000000"])
def test_t155_oauth_accounts_without_a_role_are_refused_alike(snapshot, account) -> None:
    with refused(Denied, "No access"):
        roles(snapshot, account)


@pytest.mark.parametrize("account", ["", "2222", "arn:aws:iam::222222222222:root"])
def test_a_malformed_account_is_a_bad_request(snapshot, account) -> None:
    with pytest.raises(Invalid, match="account_id"):
        roles(snapshot, account)
