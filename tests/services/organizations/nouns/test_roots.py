"""The root and its enabled policy types."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    ELSEWHERE_ROOT,
    FULL,
    MEMBER,
    RCP,
    RCP_FULL,
    ROOT,
    SCP,
    TAG,
    Organized,
    arn,
    constraint,
    refuses,
)
from tests.services.support import NOW

from daypass.core.domain.organizations.organization import ServiceAccess
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.services.organizations.tree import roots

UNIT = "ou-a1b2-team0000"


@pytest.fixture
def known():
    found = Organized()
    found.unit("team")
    found.member(MEMBER, parent=UNIT)
    return found


def enable(known, kind, root=ROOT, **more):
    return known.call(roots.enable_policy_type, RootId=root, PolicyType=kind, **more)["Root"]


def disable(known, kind, root=ROOT):
    return known.call(roots.disable_policy_type, RootId=root, PolicyType=kind)["Root"]


def shown(*types):
    return {
        "Id": ROOT,
        "Arn": arn("root", ROOT),
        "Name": "Root",
        "PolicyTypes": [{"Type": each, "Status": "ENABLED"} for each in types],
    }


def hanging(known):
    return [each.attached for each in known.organization.nodes()]


def test_there_is_one_root_with_the_types_that_are_enabled(known) -> None:
    assert known.call(roots.list_roots) == {"Roots": [shown(SCP)]}
    other = known.call(
        roots.list_roots, known.root(known.elsewhere(features="CONSOLIDATED_BILLING"))
    )
    assert [(each["Id"], each["PolicyTypes"]) for each in other["Roots"]] == [(ELSEWHERE_ROOT, [])]


def test_with_rcps_awss_own_hangs_last_everywhere(known) -> None:
    known.policy("one", on=[ROOT, UNIT, MEMBER])
    nodes = list(known.organization.nodes())

    assert enable(known, RCP) == shown(SCP, RCP)
    assert hanging(known) == [(*each.attached, RCP_FULL) for each in nodes]
    assert known.gone == set(nodes)
    assert known.record == replace(
        nodes[0], policy_types=(SCP, RCP), attached=(FULL, "p-one00000", RCP_FULL)
    )


def test_a_type_without_a_policy_of_awss_changes_the_root_alone(known) -> None:
    record = known.record

    assert enable(known, TAG) == shown(SCP, TAG)
    assert (known.gone, known.new) == ({record}, {replace(record, policy_types=(SCP, TAG))})


def test_scps_that_were_off_hang_everywhere_again(known) -> None:
    disable(known, SCP)
    assert hanging(known) == [()] * 4
    enable(known, SCP)
    assert hanging(known) == [(FULL,)] * 4


def test_a_type_is_enabled_once(known) -> None:
    with refuses("PolicyTypeAlreadyEnabled", "The specified policy type is already enabled."):
        enable(known, SCP)


@pytest.mark.parametrize("kind", [SCP, TAG])
def test_without_all_features_no_type_is_available(kind) -> None:
    with refuses(
        "PolicyTypeNotAvailableForOrganization",
        "Policies are available in an organization with all features.",
    ):
        enable(Organized(features="CONSOLIDATED_BILLING"), kind)


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("SECURITYHUB_POLICY", "securityhub.amazonaws.com"),
        ("INSPECTOR_POLICY", "inspector2.amazonaws.com"),
        ("GUARDDUTY_POLICY", "guardduty.amazonaws.com"),
    ],
)
def test_a_services_own_type_waits_for_its_trusted_access(known, kind, service) -> None:
    known.put(replace(known.record, trusted=(ServiceAccess("sso.amazonaws.com", NOW, 1),)))
    with constraint(
        "SERVICE_ACCESS_NOT_ENABLED", f"Enable trusted access of {service} before this policy type."
    ):
        enable(known, kind)

    known.put(replace(known.record, trusted=(ServiceAccess(service, NOW, 1),)))
    assert enable(known, kind) == shown(SCP, kind)


def test_with_a_type_every_policy_of_it_comes_off_and_stays_written(known) -> None:
    enable(known, TAG)
    tag = known.policy("tags", type=TAG, on=[ROOT, UNIT, MEMBER])
    scp = known.policy("scp", on=[UNIT])
    first, unit, management, member = known.organization.nodes()

    assert disable(known, SCP) == shown(TAG)
    assert known.record == replace(first, policy_types=(TAG,), attached=(tag.id,))
    assert known.organization.node(UNIT) == replace(unit, attached=(tag.id,))
    assert known.organization.node(MEMBER) == replace(member, attached=(tag.id,))
    assert known.gone == {first, unit, management, member}
    assert known.organization.of(OrganizationPolicy).get(scp.id) == scp


def test_what_has_none_of_a_type_is_left_alone(known) -> None:
    enable(known, TAG)
    known.policy("tags", type=TAG, on=[UNIT])
    record, unit = known.record, known.organization.node(UNIT)
    disable(known, TAG)

    assert known.gone == {record, unit}
    assert known.staged == {record.id, UNIT}


def test_even_the_last_policy_and_awss_own_come_off_with_their_type(known) -> None:
    enable(known, RCP)
    disable(known, RCP)

    assert hanging(known) == [(FULL,)] * 4


@pytest.mark.parametrize("kind", [TAG, RCP])
def test_a_type_that_is_off_is_not_disabled(known, kind) -> None:
    with refuses(
        "PolicyTypeNotEnabled", "This operation can be performed only for enabled policy types."
    ):
        disable(known, kind)


@pytest.mark.parametrize("change", [enable, disable])
def test_the_root_is_the_organizations_own(known, change) -> None:
    known.elsewhere()

    for root in ("r-zzzz", ELSEWHERE_ROOT):
        with refuses("RootNotFound", "You specified a root that doesn't exist."):
            change(known, TAG, root)


@pytest.mark.parametrize("operation", [roots.enable_policy_type, roots.disable_policy_type])
def test_a_member_changes_no_type_and_sees_no_root(known, operation) -> None:
    member = known.root(MEMBER)

    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(operation, member, RootId=ROOT, PolicyType=TAG)
    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.call(roots.list_roots, member)
