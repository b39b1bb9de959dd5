"""The records of the first start: an account, and an organization that it manages."""

import msgspec

from daypass.core.domain.account import Account
from daypass.core.domain.organizations.organization import ALL
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.domain.record import Record
from daypass.core.organizations import founding, ids, names
from daypass.core.sources import Entropy
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory


def first_start_changes(
    account: str | None, email: str | None, *, region: str, now: int, entropy: Entropy
) -> Changes:
    """Return the changes of the first start: an account, and an organization that it manages.

    The organization has all features. `account` is the account's id, random if None; `email`
    its root's address, `region` the primary region of the organization's Identity Center instance.
    """
    record = Account(
        account=account or ids.account(entropy(ids.ENTROPY_BYTES)),
        name="first",
        created=now,
        canonical_user=entropy(32).hex(),
    )
    records: list[Record] = []
    if email:
        record = msgspec.structs.replace(record, email=email)
        records.append(
            RootEmail(account=GLOBAL, address=names.fold_email(email), owner=record.account)
        )
    records += founding.new_organization(
        record, features=ALL, region=region, now=now, entropy=entropy
    )[2]
    return Changes(records=list(map(Put, records)))


def default_account_id(directory: Directory) -> str:
    """Return the id of the oldest account; of several as old, one that manages an organization."""

    def age(account: Account) -> tuple[int, bool, str]:
        above = directory.control_policies_of(account.account)
        is_management = above is not None and above.management == account.account
        return account.created, not is_management, account.account

    return min(directory.accounts, key=age).account
