"""How an organization begins: its root, its management account, and what hangs on both.

Source: Organizations API reference, "CreateOrganization".
"""

from msgspec.structs import replace

from daypass.core.domain.account import Account
from daypass.core.domain.organizations.member import INVITED, Member
from daypass.core.domain.organizations.organization import ALL, Organization
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.domain.record import Record
from daypass.core.organizations import ids, membership_roles, names
from daypass.core.organizations.policies.policy_types import FULL_ACCESS, SCP
from daypass.core.sessions.keyids import unique_id
from daypass.core.sources import Entropy


def new_organization(
    account: Account, *, features: str, now: int, entropy: Entropy
) -> tuple[Organization, Account, tuple[Record, ...]]:
    """Return a new organization, its management account, and all records that begin with it, those two among them.

    With all features SCPs are enabled, AWS's own hangs on root and account, and Organizations has its role in the account.
    """
    types = (SCP,) if features == ALL else ()
    attached = tuple(FULL_ACCESS[kind] for kind in types)
    made = Organization(
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
        account=made.id,
        id=account.account,
        parent=made.root_id,
        serial=1,
        joined=now,
        method=INVITED,
        attached=attached,
    )
    records: list[Record] = [made, member]
    if not account.email:
        account = replace(account, email=names.placeholder_email(account.account))
        address = names.fold_email(account.email)
        records.append(RootEmail(account=GLOBAL, address=address, owner=account.account))
    account = replace(account, organization=made.id)
    records.append(account)
    if features == ALL:
        role = unique_id("AROA", entropy(11))
        records.append(membership_roles.service_role(account.account, unique_id=role, now=now))
    return made, account, tuple(records)
