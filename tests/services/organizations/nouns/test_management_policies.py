"""Effective policies, merged from all management policies above an account."""

from dataclasses import replace as but

import pytest
from tests.services.organizations.organized import (
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SECOND,
    STRANGER,
    TAG,
    Organized,
    invalid,
    refuses,
)
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.organizations.member import Delegation
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.services.organizations.policies import management_policies

UNIT = "ou-a1b2-team0000"
BACKUP = "BACKUP_POLICY"
NONE = "There is no effective policy of that type for the account."
LINE = f"{ORGANIZATION}/{ROOT}/{UNIT}/{MEMBER}/"


def spelled(key):
    return f'{{"tags":{{"team":{{"tag_key":{{"@@assign":"{key}"}}}}}}}}'


@pytest.fixture
def known():
    found = Organized(types=(TAG,))
    found.unit("team")
    found.member(MEMBER, parent=UNIT)
    return found


def effective(known, caller=None, **more):
    return known.call(
        management_policies.describe_effective_policy, caller, PolicyType=TAG, **more
    )["EffectivePolicy"]


def test_what_hangs_lower_is_said_later_and_the_newest_change_is_the_date(known) -> None:
    known.policy("above", type=TAG, content=spelled("team"), on=[ROOT], updated=30)
    known.policy(
        "middle",
        type=TAG,
        content='{"tags":{"cost":{"tag_key":{"@@assign":"Cost"}}}}',
        on=[UNIT],
        updated=20,
    )
    known.policy("below", type=TAG, content=spelled("Team"), on=[MEMBER], updated=10)

    assert effective(known, TargetId=MEMBER) == {
        "PolicyContent": '{"tags":{"team":{"tag_key":"Team"},"cost":{"tag_key":"Cost"}}}',
        "LastUpdatedTimestamp": 30,
        "TargetId": MEMBER,
        "PolicyType": TAG,
    }


def test_without_a_target_it_is_the_callers_own(known) -> None:
    known.policy("above", type=TAG, content=spelled("team"), on=[ROOT])
    known.policy("below", type=TAG, content=spelled("Team"), on=[MEMBER])

    assert effective(known)["TargetId"] == MANAGEMENT
    own = effective(known, known.root(MEMBER))
    assert own == effective(known, known.root(MEMBER), TargetId=MEMBER)
    assert (own["TargetId"], own["PolicyContent"]) == (
        MEMBER,
        '{"tags":{"team":{"tag_key":"Team"}}}',
    )


def test_a_member_sees_its_own_alone_unless_it_administers_a_service(known) -> None:
    known.policy("above", type=TAG, on=[ROOT])
    known.member(SECOND)
    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        effective(known, known.root(SECOND), TargetId=MEMBER)

    known.member(SECOND, delegations=(Delegation("sso.amazonaws.com", 1, 1),))
    assert effective(known, known.root(SECOND), TargetId=MEMBER)["TargetId"] == MEMBER


def test_an_account_without_an_organization_has_no_effective_policy(known) -> None:
    known.standalone(STRANGER)

    with refuses("AWSOrganizationsNotInUse", "Your account is not a member of an organization."):
        effective(known, known.root(STRANGER))


def test_where_no_policy_hangs_none_is_effective(known) -> None:
    known.policy("beside", type=TAG, on=[MANAGEMENT])
    known.policy("unattached", type=TAG)
    known.policy("other", type=BACKUP, content="{}", on=[MEMBER])

    with refuses("EffectivePolicyNotFound", NONE):
        effective(known, TargetId=MEMBER)


@pytest.mark.parametrize("target", [ROOT, UNIT])
def test_accounts_alone_have_effective_policies(known, target) -> None:
    known.policy("above", type=TAG, on=[ROOT])

    with invalid("TARGET_NOT_SUPPORTED", "Only accounts have effective policies."):
        effective(known, TargetId=target)


def test_an_account_of_nobody_elsewhere_or_closed_long_ago_is_no_target(known) -> None:
    known.policy("above", type=TAG, on=[ROOT])
    known.elsewhere(types=(TAG,))
    known.member(SECOND, closed=NOW - quotas.CLOSED_ACCOUNT_SECONDS)

    for target in ("999988887777", STRANGER, SECOND):
        with refuses("TargetNotFound", "You specified an account that doesn't exist."):
            effective(known, TargetId=target)


@pytest.fixture
def long(known, monkeypatch):
    """Put a merged policy that is one character too long, and another of the longest length."""
    known.policy("above", type=TAG, content=spelled("team"), on=[ROOT])
    known.policy("below", type=TAG, content=spelled("teams"), on=[MEMBER])
    longest = len('{"tags":{"team":{"tag_key":"team"}}}')
    monkeypatch.setitem(POLICY_TYPES, TAG, but(POLICY_TYPES[TAG], length_max=longest))
    return longest


def test_accounts_are_listed_whose_merged_policy_is_too_long(known, long) -> None:
    found = known.call(
        management_policies.list_accounts_with_invalid_effective_policy, PolicyType=TAG
    )

    assert found["PolicyType"] == TAG
    assert [(each["Id"], each["Paths"]) for each in found["Accounts"]] == [(MEMBER, [LINE])]


def test_no_account_is_listed_that_was_closed_long_ago_or_has_no_policy(known, long) -> None:
    later = NOW + quotas.CLOSED_ACCOUNT_SECONDS
    known.put(known.standalone(MEMBER, organization=ORGANIZATION, closed=NOW))

    def listed(kind, now):
        return known.call(
            management_policies.list_accounts_with_invalid_effective_policy,
            now=now,
            PolicyType=kind,
        )["Accounts"]

    assert [each["Id"] for each in listed(TAG, later - 1)] == [MEMBER]
    assert listed(TAG, later) == []
    assert listed(BACKUP, NOW) == []


def test_what_is_wrong_is_that_it_is_too_long_and_what_it_comes_from(known, long) -> None:
    found = known.call(
        management_policies.list_effective_policy_validation_errors,
        AccountId=MEMBER,
        PolicyType=TAG,
    )

    assert found == {
        "AccountId": MEMBER,
        "PolicyType": TAG,
        "Path": LINE,
        "EvaluationTimestamp": NOW,
        "EffectivePolicyValidationErrors": [
            {
                "ErrorCode": "ELEMENTS_TOO_MANY",
                "ErrorMessage": f"The effective policy is longer than {long} characters.",
                "PathToError": "",
                "ContributingPolicies": ["p-above000", "p-below000"],
            }
        ],
    }


@pytest.mark.parametrize(("account", "kind"), [(MANAGEMENT, TAG), (MEMBER, BACKUP)])
def test_a_policy_that_is_short_enough_or_not_there_has_no_errors(
    known, long, account, kind
) -> None:
    found = known.call(
        management_policies.list_effective_policy_validation_errors,
        AccountId=account,
        PolicyType=kind,
    )

    assert found["EffectivePolicyValidationErrors"] == []


def test_an_account_that_is_not_there_has_no_errors_to_show(known) -> None:
    with refuses("AccountNotFound", "You specified an account that doesn't exist."):
        known.call(
            management_policies.list_effective_policy_validation_errors,
            AccountId="999988887777",
            PolicyType=TAG,
        )
