"""Which records go when an account leaves an instance, by themselves; and names of regions."""

import pytest

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.identity_center.instances.departures import (
    made_in_account,
    unneeded_service_role,
)
from daypass.core.identity_center.instances.regions import (
    REGION_CHARACTERS_MAX,
    is_instance_region,
)

ACCOUNT, MINE, OTHER = "111122223333", "ssoins-1111111111111111", "ssoins-2222222222222222"
SERVICE_ROLE = "AWSServiceRoleForSSO"


def role(name, path="/aws-reserved/sso.amazonaws.com/"):
    return Role(
        account=ACCOUNT, name=name, path=path, unique_id=f"AROA{name}", created=1, trust="{}"
    )


def provider(name, instance):
    return SamlProvider(
        account=ACCOUNT,
        name=name,
        created=1,
        valid_until=2,
        metadata="m",
        uuid="U",
        instance=instance,
    )


def provisioned(role_id):
    return ProvisionedSet(
        account=MINE,
        target=ACCOUNT,
        permission_set=f"ps-{role_id}",
        role_id=role_id,
        version=1,
        session_seconds=3600,
        provisioned=1,
    )


def test_an_instance_made_the_roles_of_its_sets_and_its_own_provider() -> None:
    found = made_in_account(
        MINE,
        provisioned=[provisioned("AROAone"), provisioned("AROAgone"), provisioned("AROAown")],
        roles=[role("one"), role("two"), role("own", "/")],
        providers=[provider("a", MINE), provider("b", OTHER), provider("c", "")],
    )

    # A role that does not belong to a service is nobody's to remove, whatever a set says.
    assert [each.name for each in found] == ["one", "a"]


def test_an_instance_without_sets_in_an_account_made_its_provider_alone() -> None:
    found = made_in_account(
        MINE, provisioned=[], roles=[role("one")], providers=[provider("a", MINE)]
    )

    assert [each.name for each in found] == ["a"]


@pytest.mark.parametrize(
    ("instances", "goes"),
    [
        (("", ""), True),
        ((MINE, ""), True),
        (("", MINE), True),
        ((MINE, OTHER), False),
        ((OTHER, MINE), False),
        ((OTHER, ""), False),
    ],
)
def test_the_services_role_goes_with_the_last_instance_of_an_account(instances, goes) -> None:
    service = role(SERVICE_ROLE, "/aws-service-role/sso.amazonaws.com/")
    found = unneeded_service_role([role("one"), service], instances=instances, without=MINE)

    assert found == (service if goes else None)


@pytest.mark.parametrize("roles", [[], [role(SERVICE_ROLE, "/")], [role("one")]])
def test_a_role_that_only_has_the_services_name_stays(roles) -> None:
    assert unneeded_service_role(roles, instances=("", ""), without=MINE) is None


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("us-east-1", True),
        ("ap-southeast-7", True),
        ("us-gov-west-1", True),
        (f"{'a' * 27}-us-1", True),
        (f"{'a' * 28}-us-1", False),
        ("us-1", False),
        ("us-east-10", False),
        ("US-EAST-1", False),
        ("us-east-1\n", False),
        ("us-east-/", False),
        ("", False),
    ],
)
def test_a_region_has_a_name_as_the_model_says(name, good) -> None:
    assert is_instance_region(name) is good
    assert len(f"{'a' * 27}-us-1") == REGION_CHARACTERS_MAX
