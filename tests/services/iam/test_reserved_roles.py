"""Roles that Identity Center makes in accounts: read like any role, and changed by nobody."""

import pytest
from tests.services.support import (
    ACCOUNT,
    ALLOW,
    TRUST,
    Snapshot,
    managed_policy,
    refused,
    role,
)

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.record import Tag
from daypass.core.faults import InUse, Invalid, Unmodifiable
from daypass.core.identity_center import reserved_roles
from daypass.services.iam import roles
from daypass.services.iam.policies import managed_policies, policy_versions
from daypass.services.registry import SERVICES
from daypass.wire import catalog

NAME = "AWSReservedSSO_Admin_0123456789abcdef"
PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
TEAM, LIMIT = managed_policy("team"), managed_policy("limit")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
PARAMETERS = {
    "AssumeRolePolicyDocument": TRUST,
    "Description": "mine now",
    "PermissionsBoundary": READ_ONLY,
    "PolicyArn": TEAM.arn,
    "PolicyDocument": ALLOW,
    "PolicyName": "AwsSSOInlinePolicy",
    "RoleName": NAME,
    "TagKeys": ["owner"],
    "Tags": [{"Key": "owner", "Value": "me"}],
}
READS = ("Get", "List")
NOT_ON_A_ROLE_THAT_EXISTS = {"CreateRole"}


@pytest.fixture
def known():
    made = Snapshot(TEAM, LIMIT)
    made.put(
        role(
            NAME,
            path=PATH,
            trust=reserved_roles.trust_policy(f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_x"),
            attached=(TEAM.arn,),
            boundary=LIMIT.arn,
            inline=(InlinePolicy("AwsSSOInlinePolicy", ALLOW),),
            tags=(Tag("owner", "them"),),
        )
    )
    return made


def operations_on_roles(*, reading):
    """Return the built operations of IAM that take a role's name: function and parameters."""
    model = catalog.load_catalog(SERVICES).services["iam"]
    [iam] = (each for each in SERVICES if each.name == "iam")
    for name, built in sorted(iam.built_operations(model).items()):
        input_shape = model.operations[name].input_shape
        if not input_shape:
            continue
        shape = model.model.shape(input_shape)
        members = {each.name: each for each in shape.members}
        if "RoleName" not in members or name in NOT_ON_A_ROLE_THAT_EXISTS:
            continue
        if name.startswith(READS) is reading:
            required = list(shape.required)
            yield name, built.handler, {each: PARAMETERS[each] for each in required}


WRITES = list(operations_on_roles(reading=False))


def test_the_writes_on_roles_are_all_here() -> None:
    names = {name for name, _, _ in WRITES}

    assert names >= {"AttachRolePolicy", "DeleteRole", "PutRolePermissionsBoundary", "TagRole"}
    assert len(names) == 12


@pytest.mark.parametrize(("operation", "parameters"), [each[1:] for each in WRITES])
def test_no_operation_changes_a_role_of_identity_center(known, operation, parameters) -> None:
    # T227-PRIV
    before = list(known.account.of(Role))

    with refused(
        Unmodifiable,
        f"Cannot perform the operation on the protected role '{NAME}' - this role is only"
        " modifiable by AWS",
    ):
        known.call(operation, **parameters)
    assert list(known.account.of(Role)) == before


@pytest.mark.parametrize(
    ("operation", "parameters"), [each[1:] for each in operations_on_roles(reading=True)]
)
def test_every_operation_reads_a_role_of_identity_center(known, operation, parameters) -> None:
    assert known.call(operation, **parameters)


def test_roles_of_identity_center_are_listed_below_their_path(known) -> None:
    known.put(role("own"))
    [shown] = known.call(roles.list_roles, PathPrefix="/aws-reserved/")["Roles"]

    assert shown["Arn"] == f"arn:aws:iam::{ACCOUNT}:role{PATH}{NAME}"
    assert len(known.call(roles.list_roles)["Roles"]) == 2


@pytest.mark.parametrize("name", [NAME, "AWSReservedSSO_", "awsreservedsso_other"])
def test_nobody_makes_a_role_with_a_name_like_theirs(known, name) -> None:
    # T227-PRIV: people are recognized by such names in trust policies and in SCPs.
    before = list(known.account.of(Role))

    with refused(Invalid, f"The name {name} is reserved for roles of IAM Identity Center."):
        known.call(roles.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert list(known.account.of(Role)) == before


@pytest.mark.parametrize("name", ["MyAWSReservedSSO_Admin", "AWSReservedSSO"])
def test_a_name_that_only_resembles_theirs_is_free(known, name) -> None:
    assert known.call(roles.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)


@pytest.mark.parametrize("policy", [TEAM, LIMIT])
def test_a_policy_that_such_a_role_has_is_not_deleted_from_under_it(known, policy) -> None:
    with refused(InUse, "Cannot delete a policy attached to entities."):
        known.call(managed_policies.delete_policy, PolicyArn=policy.arn)


def test_the_account_controls_what_its_own_policy_on_such_a_role_says(known) -> None:
    # AWS attaches a customer managed policy by name: its content is the account's affair.
    known.call(
        policy_versions.create_policy_version,
        PolicyArn=TEAM.arn,
        PolicyDocument=ALLOW,
        SetAsDefault=True,
    )

    assert known.account.of(ManagedPolicy).find("team").default == "v2"
