"""The wall of the management account on a running authority: callers with keys, roles read by IAM.

Each of the nine actions is denied to a caller who may do everything else. T422-PRIV, T423-PRIV.
"""

import pytest
from tests.documents import allow, deny
from tests.services.organizations.conftest import client
from tests.services.ssoadmin.assigned import ALICE, BOB, NINE, a_person
from tests.services.ssoadmin.conftest import SERVICE, founded

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
INLINE = '{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{}","Resource":"*"}}}}'


class Assigning:
    """An organization with two people, in which permission sets are assigned by any caller."""

    def __init__(self, center):
        self.center = center
        store = center.sso.list_instances()["Instances"][0]["IdentityStoreId"]
        center.put(*(a_person(each, account=store) for each in (ALICE, BOB)))
        self.member = center.account()

    def caller(self, *statements, account=None):
        """Return a client of a user to whom the statements apply."""
        return client(self.center.live, SERVICE, self.center.user(account, *statements))

    def full_set(self, name):
        """Return the ARN of a new set with all kinds of policies and a description."""
        sso, named = self.center.sso, {"InstanceArn": self.center.instance}
        made = sso.create_permission_set(**named, Name=name, Description="old")
        named["PermissionSetArn"] = made["PermissionSet"]["PermissionSetArn"]
        sso.attach_managed_policy_to_permission_set(**named, ManagedPolicyArn=READ_ONLY)
        sso.put_inline_policy_to_permission_set(**named, InlinePolicy=INLINE.format("s3:Get*"))
        sso.put_permissions_boundary_to_permission_set(
            **named, PermissionsBoundary={"ManagedPolicyArn": READ_ONLY}
        )
        return named["PermissionSetArn"]

    def edit(self, arn, *, is_boundary_removed=False):
        """Edit everything of a set that reaches a role."""
        named = {"InstanceArn": self.center.instance, "PermissionSetArn": arn}
        sso = self.center.sso
        sso.update_permission_set(**named, Description="new", SessionDuration="PT12H")
        sso.attach_managed_policy_to_permission_set(**named, ManagedPolicyArn=ADMINISTRATOR)
        sso.put_inline_policy_to_permission_set(**named, InlinePolicy=INLINE.format("s3:*"))
        if is_boundary_removed:
            sso.delete_permissions_boundary_from_permission_set(**named)
        else:
            sso.put_permissions_boundary_to_permission_set(
                **named, PermissionsBoundary={"ManagedPolicyArn": ADMINISTRATOR}
            )

    def assign(self, sso, arn, target, person=ALICE):
        """Return the outcome of an assignment that a client asks for."""
        named = {"InstanceArn": self.center.instance}
        asked = sso.create_account_assignment(
            **named, PermissionSetArn=arn, TargetId=target, TargetType="AWS_ACCOUNT",
            PrincipalType="USER", PrincipalId=person,
        )["AccountAssignmentCreationStatus"]  # fmt: skip
        return self.center.sso.describe_account_assignment_creation_status(
            **named, AccountAssignmentCreationRequestId=asked["RequestId"]
        )["AccountAssignmentCreationStatus"]

    def provision(self, sso, arn):
        """Return the outcome of provisioning everywhere, that a client asks for."""
        named = {"InstanceArn": self.center.instance}
        asked = sso.provision_permission_set(
            **named, PermissionSetArn=arn, TargetType="ALL_PROVISIONED_ACCOUNTS"
        )["PermissionSetProvisioningStatus"]
        return self.center.sso.describe_permission_set_provisioning_status(
            **named, ProvisionPermissionSetRequestId=asked["RequestId"]
        )["PermissionSetProvisioningStatus"]

    def roles(self, account=None):
        """Return all that IAM says of an account's reserved roles, by their name."""
        iam = self.center.client("iam", account)
        found = {}
        for each in iam.list_roles(PathPrefix="/aws-reserved/")["Roles"]:
            name = each["RoleName"]
            inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
            found[name] = (
                iam.get_role(RoleName=name)["Role"],
                iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
                [
                    iam.get_role_policy(RoleName=name, PolicyName=p)["PolicyDocument"]
                    for p in inline
                ],
            )
        return found


@pytest.fixture(scope="module")
def assigning(first):
    return Assigning(founded(first))


MAKE = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:CreateSAMLProvider", "iam:PutRolePolicy")


@pytest.mark.parametrize("missing", MAKE)
def test_t422_priv_a_caller_without_an_action_makes_no_role_in_the_management_account(
    first, missing
) -> None:
    assigning = Assigning(founded(first))
    arn = assigning.full_set("New")

    caller = assigning.caller(allow(), deny(missing))
    status = assigning.assign(caller, arn, assigning.center.management)

    assert status["Status"] == "FAILED"
    assert status["FailureReason"].startswith("Received a 403 status error: ")
    assert missing in status["FailureReason"]
    assert assigning.roles() == {}


CHANGE = sorted(
    set(NINE) - {"iam:CreateRole", "iam:CreateSAMLProvider", "iam:UpdateAssumeRolePolicy"}
)


@pytest.mark.parametrize("missing", CHANGE)
def test_t422_priv_a_caller_without_an_action_changes_no_role_in_the_management_account(
    assigning, missing
) -> None:
    name = missing.partition(":")[2]
    arn = assigning.full_set(name)
    for target in (assigning.center.management, assigning.member):
        assert assigning.assign(assigning.center.sso, arn, target)["Status"] == "SUCCEEDED"
    assigning.edit(arn, is_boundary_removed=missing == "iam:DeleteRolePermissionsBoundary")
    before = assigning.roles()

    status = assigning.provision(assigning.caller(allow(), deny(missing)), arn)
    after = assigning.roles()
    passed = assigning.provision(assigning.caller(allow()), arn)

    assert status["Status"] == "FAILED"
    assert status["FailureReason"].startswith(
        f"{assigning.center.management}: Received a 403 status error: "
    )
    assert missing in status["FailureReason"]
    assert after == before
    assert passed["Status"] == "SUCCEEDED"
    assert assigning.roles() != before


def test_t422_t423_priv_a_delegated_administrator_with_everything_never_passes(assigning) -> None:
    center = assigning.center
    delegated = center.account()
    center.delegate(delegated, "sso.amazonaws.com")
    arn = assigning.full_set("Delegated")
    for target in (center.management, assigning.member):
        assert assigning.assign(center.sso, arn, target)["Status"] == "SUCCEEDED"
    assigning.edit(arn)
    before = assigning.roles()

    for sso in (
        center.client(SERVICE, delegated),
        assigning.caller(allow(), account=delegated),
    ):
        new = assigning.assign(sso, arn, center.management, BOB)
        edited = assigning.provision(sso, arn)
        elsewhere = assigning.assign(sso, arn, assigning.member, BOB)

        assert (new["Status"], edited["Status"]) == ("FAILED", "FAILED")
        assert elsewhere["Status"] == "SUCCEEDED"
        with pytest.raises(sso.exceptions.AccessDeniedException):
            sso.update_permission_set(InstanceArn=center.instance, PermissionSetArn=arn)
    assert assigning.roles() == before


def test_a_member_s_own_administrator_changes_no_reserved_role(assigning) -> None:
    arn = assigning.full_set("Reserved")
    assigning.assign(assigning.center.sso, arn, assigning.member)
    iam = assigning.center.client("iam", assigning.member)
    before = assigning.roles(assigning.member)
    name = next(each for each in before if "_Reserved_" in each)

    with pytest.raises(iam.exceptions.UnmodifiableEntityException):
        iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)
    with pytest.raises(iam.exceptions.UnmodifiableEntityException):
        iam.delete_role(RoleName=name)

    assert assigning.roles(assigning.member) == before
