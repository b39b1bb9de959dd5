"""Enabling and disabling policy types on the root, and what it attaches and detaches."""

import pytest
from botocore.session import Session
from tests.documents import deny, policy
from tests.services.organizations.conftest import FULL, HARMLESS, RCP, SCP, TAG, refused, tag_policy

TYPES = Session().get_service_model("organizations").shape_for("PolicyType").enum
SERVICES = {
    "SECURITYHUB_POLICY": "securityhub.amazonaws.com",
    "SECURITYHUB_CSPM_POLICY": "securityhub.amazonaws.com",
    "INSPECTOR_POLICY": "inspector2.amazonaws.com",
    "GUARDDUTY_POLICY": "guardduty.amazonaws.com",
}


@pytest.mark.parametrize("kind", [each for each in TYPES if each not in {SCP, *SERVICES}])
def test_a_type_is_enabled_once_and_absent_while_it_is_not(org, kind) -> None:
    root = {"RootId": org.root, "PolicyType": kind}
    refused("PolicyTypeNotEnabled", org.o.disable_policy_type, **root)

    shown = org.o.enable_policy_type(**root)["Root"]
    assert shown == org.o.list_roots()["Roots"][0]
    assert {"Type": kind, "Status": "ENABLED"} in shown["PolicyTypes"]
    refused("PolicyTypeAlreadyEnabled", org.o.enable_policy_type, **root)
    shown = org.o.disable_policy_type(**root)["Root"]
    assert shown == org.o.list_roots()["Roots"][0]
    assert org.types() == [SCP]
    refused("PolicyTypeNotEnabled", org.o.disable_policy_type, **root)


@pytest.mark.parametrize("kind", SERVICES)
def test_some_types_need_trust_in_their_service_for_as_long_as_they_are_enabled(org, kind) -> None:
    root, service = {"RootId": org.root, "PolicyType": kind}, {"ServicePrincipal": SERVICES[kind]}

    refused("ConstraintViolation", org.o.enable_policy_type, "SERVICE_ACCESS_NOT_ENABLED", **root)
    org.o.enable_aws_service_access(**service)
    org.o.enable_policy_type(**root)
    refused(
        "ConstraintViolation",
        org.o.disable_aws_service_access,
        "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
        **service,
    )
    org.o.disable_policy_type(**root)
    org.o.disable_aws_service_access(**service)
    assert org.o.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []


@pytest.mark.parametrize(("kind", "full"), [(SCP, "FullAWSAccess"), (RCP, "RCPFullAWSAccess")])
def test_enabling_hangs_awss_own_policy_everywhere_and_nothing_from_before(org, kind, full) -> None:
    text = HARMLESS if kind == SCP else policy(deny("s3:DeleteBucketPolicy", Principal="*"))
    outer = org.unit()
    inner = org.unit(parent=outer)
    account = org.account(parent=inner)
    places = [org.root, outer, inner, account, org.management]
    if kind == RCP:
        org.enable(RCP)
    made = org.policy(text, kind=kind, on=places, name="Fence")
    assert [org.on(place, kind) for place in places] == [[full, "Fence"]] * 5

    org.o.disable_policy_type(RootId=org.root, PolicyType=kind)
    assert [org.on(place, kind) for place in places] == [[]] * 5
    assert org.o.list_targets_for_policy(PolicyId=made["Id"])["Targets"] == []
    meanwhile = [org.unit(), org.account()]
    assert [org.on(place, kind) for place in meanwhile] == [[]] * 2
    org.enable(kind)
    assert [org.on(place, kind) for place in places + meanwhile] == [[full]] * 7
    assert [org.on(place, kind) for place in (org.unit(), org.account())] == [[full]] * 2


def test_disabling_a_type_takes_off_that_type_alone(org) -> None:
    org.enable(TAG, RCP)
    org.policy(tag_policy(), kind=TAG, on=org.root)
    org.policy(HARMLESS, on=org.root, name="Fence")
    org.o.disable_policy_type(RootId=org.root, PolicyType=TAG)

    assert org.on(org.root, TAG) == []
    assert org.on(org.root) == ["FullAWSAccess", "Fence"]
    assert org.on(org.root, RCP) == ["RCPFullAWSAccess"]
    assert org.types() == [SCP, RCP]


def test_a_policy_of_a_disabled_type_is_kept_and_not_attached(org) -> None:
    made = org.policy(HARMLESS, on=org.root)
    org.o.disable_policy_type(RootId=org.root, PolicyType=SCP)

    assert org.o.describe_policy(PolicyId=made["Id"])["Policy"]["Content"] == HARMLESS
    for policy_id in (made["Id"], FULL):
        refused("PolicyTypeNotEnabled", org.o.attach_policy, PolicyId=policy_id, TargetId=org.root)
        refused("PolicyNotAttached", org.o.detach_policy, PolicyId=policy_id, TargetId=org.root)


@pytest.mark.parametrize("call", ["enable_policy_type", "disable_policy_type"])
def test_the_type_and_the_root_are_as_the_model_says(shared, call) -> None:
    unchecked = getattr(shared.unchecked, call)

    refused(
        "InvalidInput", unchecked, "INVALID_ENUM_POLICY_TYPE", RootId=shared.root, PolicyType="SCP"
    )
    refused("InvalidInput", unchecked, "INVALID_PATTERN", RootId="root", PolicyType=SCP)
    refused("InvalidInput", unchecked, "INPUT_REQUIRED", RootId=shared.root)
