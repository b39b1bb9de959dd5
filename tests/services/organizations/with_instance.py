"""An organization whose Identity Center instance has roles in its accounts, and people."""

from msgspec.structs import replace
from tests.services.organizations.organized import MANAGEMENT, MEMBER, ORGANIZATION, Organized
from tests.services.support import TRUST, role, unique_id

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.assignment import USER, Assignment
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.identity_center import reserved_roles

INSTANCE, STORE = "ssoins-0123456789abcdef", "d-0123456789"
OWN_INSTANCE, OWN_STORE = "ssoins-fedcba9876543210", "d-9876543210"
"""An instance of an account's own."""
ADMIN, READER = "ps-aaaaaaaaaaaaaaaa", "ps-bbbbbbbbbbbbbbbb"
ALICE = "11111111-1111-4111-8111-111111111111"
TEAM = "22222222-2222-4222-8222-222222222222"


class WithInstance(Organized):
    """An organization with an instance, a person and a group, and the service's role everywhere."""

    def __init__(self, **more):
        super().__init__(**more)
        self.instance(INSTANCE, STORE, MANAGEMENT, organization=ORGANIZATION)
        self.put(replace(self.record, instance=INSTANCE))
        self.service_role(MANAGEMENT)
        self.person(ALICE)
        self.put(
            PeopleGroup(
                account=STORE, id=TEAM, name="team", folded_name="team",
                created=1, created_by="me", updated=1, updated_by="me",
            ),
            GroupMembership(
                account=STORE, id="m-1", group=TEAM, member=ALICE, created=1, created_by="me"
            ),
        )  # fmt: skip

    def instance(self, instance, store, owner, *, organization=""):
        """Put an instance with its identity store."""
        self.put(
            Instance(
                account=instance, owner=owner, store=store, region="us-east-1",
                created=1, organization=organization,
            ),
            IdentityStore(account=store, owner=owner, instance=instance, created=1),
        )  # fmt: skip

    def own_instance(self, account):
        """Give an account an instance of its own."""
        self.instance(OWN_INSTANCE, OWN_STORE, account)
        self.put(replace(self.directory.account(account).record, instance=OWN_INSTANCE))

    def person(self, identifier, *, store=STORE, instance=INSTANCE):
        """Put a person who has signed in."""
        self.put(
            Person(
                account=store, id=identifier, name=identifier, folded_name=identifier,
                created=1, created_by="me", updated=1, updated_by="me",
            ),
            PortalSession(
                account=person_partition(identifier), id="s", instance=instance, store=store,
                person=identifier, generation=0, started=1, expires=2_000_000_000,
            ),
        )  # fmt: skip

    def service_role(self, account):
        """Put the service's role of Identity Center into an account."""
        return self.put(
            reserved_roles.service_role(account, unique_id=unique_id("AROA", account), now=1)
        )

    def assigned(self, account=MEMBER, permission_set=ADMIN, *, instance=INSTANCE, to=ALICE):
        """Assign a permission set in an account and provision it; return what was put."""
        name = f"AWSReservedSSO_{permission_set[3:]}_{instance[7:]}"
        provider = f"AWSSSO_{instance[7:]}_DO_NOT_DELETE"
        made = [
            PermissionSet(account=instance, id=permission_set, name=permission_set, created=1),
            Assignment(
                account=instance, target=account, permission_set=permission_set,
                principal_type=USER, principal=to, created=1,
            ),
            ProvisionedSet(
                account=instance, target=account, permission_set=permission_set,
                role_id=unique_id("AROA", name), version=1, session_seconds=3600, provisioned=1,
            ),
            role(name, account, path="/aws-reserved/sso.amazonaws.com/", trust=TRUST),
            SamlProvider(
                account=account, name=provider, created=1, valid_until=2, metadata="x",
                uuid="U", instance=instance,
            ),
        ]  # fmt: skip
        self.put(*made)
        return made

    def names_in(self, account):
        """Return the names of the roles and providers in an account."""
        view = self.directory.account(account)
        return [each.name for each in (*view.of(Role), *view.of(SamlProvider))]

    def targets(self, instance=INSTANCE):
        """Return the accounts in which an instance has assignments, and provisioned sets."""
        view = self.directory.instance(instance)
        return (
            {each.target for each in view.of(Assignment)},
            {each.target for each in view.of(ProvisionedSet)},
        )
