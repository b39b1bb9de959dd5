"""What a refusal discloses to an account: its own policies in full, others' by kind and ARN."""

import json

import pytest
from tests.documents import allow, deny, policy
from tests.services.small_world import (
    BUCKET,
    HOME,
    ID,
    MANAGEMENT,
    OUTSIDE,
    OWNER,
    ROLE,
    SmallWorld,
    managed,
)

from daypass.core.domain.record import Tag
from daypass.core.organizations.policies.policy_types import RCP, SCP
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import single_policy_set
from daypass.services.kit.authorization import ENCODED_MESSAGE

SECRET = "hidden"
WITH_SECRET = {
    "Sid": SECRET,
    "Condition": {"StringNotEquals": {f"aws:PrincipalTag/{SECRET}": [SECRET]}},
}
NEAR = {"Sid": f"{SECRET}2", "Condition": {"StringEquals": {"aws:Referer": SECRET}}}
TO_ALICE = {
    "Principal": {"AWS": [f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{OUTSIDE}:role/{SECRET}"]}
}
SID = {"Sid": SECRET}


def their_bucket_denies(world):
    world.bucket(deny("s3:*", f"{BUCKET}/*", **TO_ALICE, **WITH_SECRET))
    return {}


def their_bucket_does_not_allow(world):
    world.bucket(
        allow("s3:GetObject", f"{BUCKET}/{SECRET}", **TO_ALICE),
        allow("s3:GetObject", f"{BUCKET}/*", **TO_ALICE, **NEAR),
    )
    return {}


def their_bucket_allows(world):
    """Only the caller's own policies do not."""
    world.user(allow("ec2:*"))
    world.bucket(allow("s3:*", f"{BUCKET}/*", **TO_ALICE, **SID))
    return {}


def an_rcp_denies(world):
    world.bucket(allow("s3:*", f"{BUCKET}/*", **TO_ALICE))
    world.ceiling(RCP, deny("s3:*", Principal="*", **WITH_SECRET), on=OWNER)
    return {}


def an_scp_denies(world):
    world.ceiling(SCP, deny("s3:*", **WITH_SECRET))
    return {}


def an_scp_does_not_allow(world):
    world.ceiling(SCP, allow("s3:Put*", **SID), deny("sqs:*", f"arn:aws:sqs:*:*:{SECRET}"))
    world.user(deny("s3:*"))
    return {}


def their_role_does_not_trust(world):
    trusted = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"AIDA{SECRET}"},
            "Action": "sts:AssumeRole",
            "Sid": SECRET,
        }
    )
    world.role(trusted, tags=(Tag(SECRET, SECRET),))
    return {"action": "sts:AssumeRole", "resource": ROLE}


def tags_of_their_object(world):
    """One's own policy asks for what only the owner of the bucket knows."""
    world.bucket(allow("s3:*", f"{BUCKET}/*", **TO_ALICE))
    world.user(
        allow("s3:*", f"{BUCKET}/${{s3:ExistingObjectTag/class}}"),
        allow("s3:*", "*", Condition={"StringEquals": {"s3:ExistingObjectTag/class": "public"}}),
    )
    return {
        "keys": {
            "s3:existingobjecttag/class": SECRET,
            "aws:resourcetag/owner": SECRET,
            "s3:buckettag/x": SECRET,
        }
    }


def the_organizations_own_policy(world):
    """The resource is in the caller's account; the policy about it is the management account's."""
    denying = policy(deny("organizations:*", "*", **TO_ALICE, **SID))
    return {
        "action": "organizations:ListRoots",
        "resource": "*",
        "resource_policy": single_policy_set(denying, PolicyGrammar.RESOURCE, SECRET).denies_only(),
        "policy_owner": MANAGEMENT,
    }


CROSSING = {
    "another account's bucket policy denies": their_bucket_denies,
    "another account's bucket policy does not allow": their_bucket_does_not_allow,
    "another account's bucket policy allows": their_bucket_allows,
    "an RCP above the owner denies": an_rcp_denies,
    "an SCP denies": an_scp_denies,
    "an SCP is looked at": an_scp_does_not_allow,
    "another account's role does not trust": their_role_does_not_trust,
    "tags of another account's object": tags_of_their_object,
    "the policy of the organization": the_organizations_own_policy,
}


@pytest.mark.parametrize("make", CROSSING.values(), ids=CROSSING)
def test_nothing_of_another_accounts_policy_is_told(make) -> None:
    world = SmallWorld()
    refused = world.refused(**make(world))
    told = json.dumps(world.told(refused, HOME))

    assert SECRET not in told
    assert SECRET not in refused.message
    # The caller has the message, and the operator reads all of it in the log.
    assert refused.details[ENCODED_MESSAGE] == refused.reasons
    assert SECRET in json.dumps(world.told(refused))


@pytest.mark.parametrize("make", CROSSING.values(), ids=CROSSING)
def test_what_is_told_of_other_accounts_is_kind_and_arn(make) -> None:
    world = SmallWorld()
    found = world.told(world.refused(**make(world)), HOME)
    because = found["because"]
    own = {"identity-based policy", "permissions boundary", "session policy"}

    assert {each["layer"] for each in because["statements"]} <= own
    assert {each["policyType"] for each in found["matchedStatements"]["items"]} <= own
    for each in because.get("others", ()):
        assert set(each) <= {"layer", "arn"}
    if because["layer"] not in own:
        assert not {"policy", "statement", "sid", "lines", "grant"} & set(because)


def test_an_scp_and_an_rcp_that_deny_are_named_by_their_arns() -> None:
    world = SmallWorld()
    world.bucket(allow("s3:*", f"{BUCKET}/*", **TO_ALICE))
    rcp = world.ceiling(RCP, deny("s3:*", Principal="*"), on=OWNER, identifier="p-ceiling0rcp")
    scp = world.ceiling(SCP, deny("s3:*"))
    because = world.told(world.refused(), HOME)["because"]

    assert (because["layer"], because["arn"]) == ("resource control policy", rcp)
    assert because["others"] == [
        {"layer": "resource control policy", "arn": rcp},
        {"layer": "service control policy", "arn": scp},
    ]
    assert because["refused_by"] == ["resource control policy", "service control policy"]


def test_the_management_account_reads_the_organizations_policies_and_no_others() -> None:
    world = SmallWorld()
    world.user(allow("ec2:*", Sid="Own"))
    world.bucket(allow("s3:*", f"{BUCKET}/*", **TO_ALICE, Sid="Theirs"))
    world.ceiling(RCP, deny("s3:*", Principal="*", Sid="Rcp"), on=OWNER, identifier="p-ceiling0rcp")
    world.ceiling(SCP, deny("s3:*", Sid="Scp"))
    refused = world.refused()
    sids = lambda viewer: (
        {each.get("sid") for each in world.told(refused, viewer)["because"]["statements"]} - {None}
    )

    assert sids(MANAGEMENT) == {"Rcp", "Scp"}
    assert sids(HOME) == {"Own"}
    assert sids(OWNER) == {"Theirs"}
    assert sids(OUTSIDE) == set()
    assert sids(None) == {"Own", "Theirs", "Rcp", "Scp"}


def test_whose_bucket_it_is_reads_the_tags_of_what_is_in_it() -> None:
    world = SmallWorld()
    refused = world.refused(**tags_of_their_object(world))
    shown = lambda viewer: {
        each["key"] for each in world.told(refused, viewer)["context"]["conditions"]["items"]
    }
    of_object = {
        "s3:existingobjecttag/class",
        "aws:resourcetag/owner",
        "s3:buckettag/x",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
    }

    assert of_object <= shown(OWNER)
    assert not of_object & shown(HOME)
    assert {"aws:username", "aws:principalorgid", "aws:sourceip"} <= shown(HOME)


def test_a_condition_on_what_another_account_knows_is_told_without_its_value() -> None:
    world = SmallWorld()
    found = world.told(world.refused(**tags_of_their_object(world)), HOME)["because"]
    by_resource, by_condition = found["statements"]

    assert by_resource["wanted"] == {"Resource": [f"{BUCKET}/${{s3:existingobjecttag/class}}"]}
    assert by_condition["conditions"] == [
        {
            "operator": "StringEquals",
            "key": "s3:ExistingObjectTag/class",
            "wanted": ["public"],
            "holds": False,
        }
    ]
    assert found["missing_keys"] == []


def test_who_is_of_another_organization_gets_no_message_at_all() -> None:
    world = SmallWorld()
    world.user(account=OUTSIDE)
    world.bucket(deny("s3:*", f"{BUCKET}/*", Principal="*", **SID))
    refused = world.refused(by=OUTSIDE)

    assert refused.details == {}
    assert (
        refused.message
        == f"User: arn:aws:iam::{OUTSIDE}:user/alice is not authorized to perform: s3:GetObject"
        f" on resource: {BUCKET}/key"
    )
    assert SECRET in json.dumps(world.told(refused))


def test_what_is_gone_of_other_accounts_is_not_told_either() -> None:
    world = SmallWorld()
    refused = world.refused(**their_bucket_denies(world))
    world.bucket()

    assert "gone" not in world.told(refused, HOME)["because"]
    found = world.told(refused, OWNER)["because"]
    assert [each["layer"] for each in found["gone"]] == ["resource-based policy"]
    assert found["sid"] == SECRET
    assert SECRET not in json.dumps(world.told(refused, HOME))


def test_a_managed_policy_of_ones_own_is_told_whole() -> None:
    world = SmallWorld()
    own = managed("own", policy(deny("s3:*", Sid="No")))
    world.put(own)
    world.user(attached=(own.arn,))
    refused = world.refused()

    assert refused.message.endswith(f"with an explicit deny in an identity-based policy: {own.arn}")
    because = world.told(refused, HOME)["because"]
    assert (because["arn"], because["sid"], because["lines"]) == (own.arn, "No", [1, 1])
    assert because["statements"][-1]["applies"] is True
    assert ID not in json.dumps(because)
