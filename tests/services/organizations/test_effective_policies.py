"""Effective policies through a real client: whose they are, their sources, and none at all.

How policies merge is covered by the cases of the core; one merge here shows that the tree is walked
as it is.
"""

import json

import pytest
from tests.services.organizations.conftest import FLAT, HARMLESS, RCP, SCP, TAG, refused, tag_policy

AI = "AISERVICES_OPT_OUT_POLICY"


def effective(client, **params):
    """Return an account's effective tag policy, with the other members of the answer."""
    shown = client.describe_effective_policy(**{"PolicyType": TAG, **params})["EffectivePolicy"]
    return json.loads(shown["PolicyContent"]), shown


def values(*each, operator="@@assign"):
    return tag_policy(tag_key={"@@assign": "Team"}, tag_value={operator: list(each)})


@pytest.fixture
def tagged(org):
    """An organization whose root, unit and account each have a tag policy."""
    org.enable(TAG)
    unit = org.unit()
    account = org.account(parent=unit)
    org.policy(values("red"), kind=TAG, on=org.root)
    org.policy(values("blue", operator="@@append"), kind=TAG, on=unit)
    org.policy(values("red", operator="@@remove"), kind=TAG, on=account)
    org.lines = (unit, account)
    return org


def test_the_policies_from_the_root_down_come_to_one(tagged) -> None:
    _, account = tagged.lines
    found, shown = effective(tagged.o, TargetId=account)

    assert found == {"tags": {"team": {"tag_key": "Team", "tag_value": ["blue"]}}}
    assert (shown["TargetId"], shown["PolicyType"]) == (account, TAG)
    assert "@@" not in shown["PolicyContent"]
    found, _ = effective(tagged.o, TargetId=tagged.management)
    assert found["tags"]["team"]["tag_value"] == ["red"]


def test_it_changes_with_the_tree_and_the_policies_at_once(tagged) -> None:
    unit, account = tagged.lines

    def seen():
        return effective(tagged.o, TargetId=account)[0]["tags"]["team"].get("tag_value")

    assert seen() == ["blue"]
    tagged.move(account, tagged.root, unit)
    assert seen() is None
    tagged.move(account, unit, tagged.root)
    (hung,) = tagged.o.list_policies_for_target(TargetId=account, Filter=TAG)["Policies"]
    before = effective(tagged.o, TargetId=account)[1]["LastUpdatedTimestamp"]
    tagged.o.update_policy(PolicyId=hung["Id"], Content=values("green", operator="@@append"))
    assert seen() == ["red", "blue", "green"]
    assert effective(tagged.o, TargetId=account)[1]["LastUpdatedTimestamp"] >= before
    tagged.o.detach_policy(PolicyId=hung["Id"], TargetId=account)
    assert seen() == ["red", "blue"]


def test_an_account_sees_its_own_and_nobody_elses(tagged) -> None:
    _, account = tagged.lines
    own = tagged.client(account=account)

    assert (
        effective(own) == effective(own, TargetId=account) == effective(tagged.o, TargetId=account)
    )
    for other in (tagged.management, "000000000000", tagged.root):
        answer = refused(
            "AccessDenied", own.describe_effective_policy, PolicyType=TAG, TargetId=other
        )
        assert answer["Error"]["Message"] == FLAT
    assert effective(tagged.o)[1]["TargetId"] == tagged.management


def test_a_delegated_administrator_sees_every_accounts(tagged) -> None:
    admin = tagged.account()
    tagged.delegate(admin)

    found = effective(tagged.client(account=admin), TargetId=tagged.lines[1])
    assert found == effective(tagged.o, TargetId=tagged.lines[1])


def test_only_accounts_have_one(tagged) -> None:
    for target in (tagged.root, tagged.lines[0]):
        refused(
            "InvalidInput",
            tagged.o.describe_effective_policy,
            "TARGET_NOT_SUPPORTED",
            PolicyType=TAG,
            TargetId=target,
        )
    refused(
        "TargetNotFound",
        tagged.o.describe_effective_policy,
        PolicyType=TAG,
        TargetId="000000000000",
    )
    refused(
        "InvalidInput",
        tagged.unchecked.describe_effective_policy,
        "INVALID_PATTERN_TARGET_ID",
        PolicyType=TAG,
        TargetId="x",
    )


@pytest.mark.parametrize("kind", [SCP, RCP, "SOME_POLICY"])
def test_policies_that_decide_do_not_merge(shared, kind) -> None:
    refused(
        "InvalidInput",
        shared.unchecked.describe_effective_policy,
        "INVALID_ENUM_POLICY_TYPE",
        PolicyType=kind,
    )


def test_there_is_none_where_nothing_is_inherited_or_the_type_is_off(tagged) -> None:
    o, account = tagged.o, tagged.lines[1]
    off = "EffectivePolicyNotFound"

    refused(off, o.describe_effective_policy, PolicyType=AI, TargetId=account)
    tagged.enable(AI)
    refused(off, o.describe_effective_policy, PolicyType=AI, TargetId=account)
    o.disable_policy_type(RootId=tagged.root, PolicyType=TAG)
    refused(off, o.describe_effective_policy, PolicyType=TAG, TargetId=account)
    tagged.enable(TAG)
    refused(off, o.describe_effective_policy, PolicyType=TAG, TargetId=account)


def test_nothing_is_invalid_until_a_merged_policy_is_too_long(tagged) -> None:
    unit, account = tagged.lines
    o, kind = tagged.o, {"PolicyType": TAG}

    assert o.list_accounts_with_invalid_effective_policy(**kind)["Accounts"] == []
    clean = o.list_effective_policy_validation_errors(AccountId=account, **kind)
    assert clean["EffectivePolicyValidationErrors"] == []
    assert (clean["AccountId"], clean["PolicyType"]) == (account, TAG)
    assert clean["Path"] == f"{tagged.id}/{tagged.root}/{unit}/{account}/"
    assert clean["EvaluationTimestamp"]
    for key in ("one", "two"):
        long = tag_policy(key, tag_value={"@@assign": [key * 2_000]})
        tagged.policy(long, kind=TAG, on=unit)
    (invalid,) = o.list_accounts_with_invalid_effective_policy(**kind)["Accounts"]
    assert invalid["Id"] == account
    found = o.list_effective_policy_validation_errors(AccountId=account, **kind)
    (error,) = found["EffectivePolicyValidationErrors"]
    assert len(error["ContributingPolicies"]) == 5
    clean = o.list_effective_policy_validation_errors(AccountId=tagged.management, **kind)
    assert clean["EffectivePolicyValidationErrors"] == []
    refused(
        "AccountNotFound",
        o.list_effective_policy_validation_errors,
        AccountId="000000000000",
        **kind,
    )


def test_a_policy_that_decides_counts_for_nothing_here(tagged) -> None:
    account = tagged.lines[1]
    before = effective(tagged.o, TargetId=account)
    tagged.policy(HARMLESS, on=account)

    assert effective(tagged.o, TargetId=account) == before
