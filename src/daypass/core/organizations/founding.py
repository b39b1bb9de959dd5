"""Creating an organization: the records of its root and management account.

Source: Organizations API reference, "CreateOrganization".
"""

from msgspec.structs import replace

from daypass.core.domain.account import Account
from daypass.core.domain.organizations.member import INVITED, Member
from daypass.core.domain.organizations.organization import ALL, Organization
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.domain.record import Record
from daypass.core.identity_center.instances.new_instances import new_organization_instance
from daypass.core.organizations import ids, membership_roles, names
from daypass.core.organizations.policies.policy_types import FULL_ACCESS, SCP
from daypass.core.sessions.keyids import unique_id
from daypass.core.sources import Entropy


def new_organization(
    account: Account, *, features: str, region: str, now: int, entropy: Entropy
) -> tuple[Organization, Account, tuple[Record, ...]]:
    """Return a new organization, its management account, and all records to store with them.

    With all features (`ALL`) SCPs are enabled, FullAWSAccess is attached to root and account, the
    organization has an Identity Center instance in `region`, and the account gets the
    service-linked roles of both services. An account without an e-mail address gets a placeholder.
    """
    types = (SCP,) if features == ALL else ()
    attached = tuple(FULL_ACCESS[kind] for kind in types)
    organization = Organization(
        account=ids.organization(entropy(ids.ENTROPY_BYTES)),
        management=account.account,
        root_id=ids.root(entropy(ids.ENTROPY_BYTES)),
        created=now,
        features=features,
        made=1,
        attached=attached,
        policy_types=types,
    )
    member = Member(
        account=organization.id,
        id=account.account,
        parent=organization.root_id,
        serial=1,
        joined=now,
        method=INVITED,
        attached=attached,
    )
    of_instance: tuple[Record, ...] = ()
    if features == ALL:
        organization, of_instance = new_organization_instance(
            organization, [account.account], region=region, now=now, entropy=entropy
        )
    records: list[Record] = [organization, member]
    if not account.email:
        account = replace(account, email=names.placeholder_email(account.account))
        address = names.fold_email(account.email)
        records.append(RootEmail(account=GLOBAL, address=address, owner=account.account))
    account = replace(account, organization=organization.id)
    records.append(account)
    if features == ALL:
        role = unique_id("AROA", entropy(11))
        records.append(membership_roles.service_role(account.account, unique_id=role, now=now))
    return organization, account, (*records, *of_instance)
