"""Records of an organization with IAM Identity Center: people, groups, permission sets, roles.

They are what the operations of `sso-admin` and `identitystore` leave; tests put them into a
directory directly.
"""

from tests.documents import allow, policy

from daypass.core.domain.account import Account
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.assignment import GROUP, USER, Assignment
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.identity_center.folding import fold_name
from daypass.core.identity_center.reserved_roles import (
    INLINE_POLICY,
    SESSION_SECONDS_MAX,
    role_path,
    trust_policy,
)
from daypass.core.organizations.policies.policy_types import RCP, SCP

MANAGEMENT, MEMBER, OTHER, OUTSIDE = "111111111111", "222222222222", "333333333333", "999999999999"
ORGANIZATION, ROOT = "o-portal0001", "r-port"
INSTANCE, STORE, REGION = "ssoins-0123456789abcdef", "d-0123456789", "eu-west-1"
FULL = ("p-FullAWSAccess", "p-RCPFullAWSAccess")
HOUR = 3_600


def uuid(number):
    """Return a user's or a group's id, the same for the same number."""
    return f"{number:08x}-0000-4000-8000-000000000000"


ALICE, BOB, ENGINEERS = uuid(0xA), uuid(0xB), uuid(0xE)
ADMIN, READ_ONLY = "ps-00000000000000ad", "ps-000000000000000e"


def organization_records(*, management=MANAGEMENT, members=(MEMBER, OTHER)):
    """Return an organization of accounts, with its instance and an empty identity store."""
    accounts = (management, *members)
    return (
        Organization(
            account=ORGANIZATION,
            management=management,
            root_id=ROOT,
            created=1,
            attached=FULL,
            policy_types=(SCP, RCP),
            instance=INSTANCE,
        ),
        *(member(each, serial) for serial, each in enumerate(accounts)),
        *(account(each) for each in accounts),
        Instance(
            account=INSTANCE,
            owner=management,
            organization=ORGANIZATION,
            store=STORE,
            region=REGION,
            created=1,
        ),
        IdentityStore(account=STORE, owner=management, instance=INSTANCE, created=1),
    )


def member(identifier, serial=9, *attached):
    return Member(
        account=ORGANIZATION,
        id=identifier,
        parent=ROOT,
        serial=serial,
        joined=1,
        attached=(*FULL, *attached),
    )


def account(identifier, organization=ORGANIZATION, **more):
    return Account(
        account=identifier,
        name=f"account {identifier[:1]}",
        created=1,
        canonical_user=identifier,
        organization=organization,
        email=f"{identifier}@example.com",
        **more,
    )


def person(identifier=ALICE, name="alice", **more):
    return Person(
        account=STORE,
        id=identifier,
        name=name,
        folded_name=fold_name(name),
        created=1,
        created_by="",
        updated=1,
        updated_by="",
        **more,
    )


def people_group(identifier=ENGINEERS, name="engineers"):
    return PeopleGroup(
        account=STORE,
        id=identifier,
        name=name,
        folded_name=fold_name(name),
        created=1,
        created_by="",
        updated=1,
        updated_by="",
    )


def membership(who=ALICE, group=ENGINEERS):
    return GroupMembership(
        account=STORE, id=f"{group}{who}", group=group, member=who, created=1, created_by=""
    )


def permission_set(identifier=ADMIN, name="Admin", **more):
    return PermissionSet(account=INSTANCE, id=identifier, name=name, created=1, **more)


def assignment(principal=ALICE, target=MEMBER, permission_set=ADMIN):
    kind = GROUP if principal == ENGINEERS else USER
    return Assignment(
        account=INSTANCE,
        target=target,
        permission_set=permission_set,
        principal_type=kind,
        principal=principal,
        created=1,
    )


def provider(target=MEMBER):
    return SamlProvider(
        account=target,
        name=f"AWSSSO_{target[:1] * 16}_DO_NOT_DELETE",
        created=1,
        valid_until=2**32,
        metadata="<EntityDescriptor/>",
        uuid=uuid(1),
        instance=INSTANCE,
    )


def provisioned(target=MEMBER, permission_set=ADMIN, *, seconds=HOUR, role_id=""):
    return ProvisionedSet(
        account=INSTANCE,
        target=target,
        permission_set=permission_set,
        role_id=role_id or role_id_of(target, permission_set),
        version=1,
        session_seconds=seconds,
        provisioned=1,
    )


def role_id_of(target, permission_set):
    return f"AROA{target[:1]}{permission_set[-2:].upper():0<14}"


def role(target=MEMBER, permission_set=ADMIN, name="Admin", **more):
    """Return the role of a permission set in an account, which may do everything by default."""
    made = {
        "trust": trust_policy(provider(target).arn),
        "inline": (InlinePolicy(INLINE_POLICY, policy(allow())),),
        "unique_id": role_id_of(target, permission_set),
    } | more
    return Role(
        account=target,
        name=f"AWSReservedSSO_{name}_{target[:1] * 16}",
        path=role_path(REGION),
        created=1,
        session_seconds_max=SESSION_SECONDS_MAX,
        **made,
    )


def provisioned_records(target=MEMBER, permission_set=ADMIN, name="Admin", **more):
    """Return what provisioning a permission set in an account makes there and in the instance."""
    return (
        role(target, permission_set, name, **more),
        provider(target),
        provisioned(target, permission_set),
    )


def portal_records():
    """Return alice with Admin in one account, and her group with ReadOnly in two."""
    return (
        *organization_records(),
        account(OUTSIDE, ""),
        person(),
        person(BOB, "bob"),
        people_group(),
        membership(),
        permission_set(),
        permission_set(READ_ONLY, "ReadOnly"),
        assignment(),
        assignment(ENGINEERS, MEMBER, READ_ONLY),
        assignment(ENGINEERS, OTHER, READ_ONLY),
        *provisioned_records(),
        *provisioned_records(MEMBER, READ_ONLY, "ReadOnly"),
        *provisioned_records(OTHER, READ_ONLY, "ReadOnly"),
    )
