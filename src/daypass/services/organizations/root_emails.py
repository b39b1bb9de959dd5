"""The e-mail addresses of accounts' roots, each of which belongs to one account."""

from daypass.core import quotas
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.organizations.names import fold_email
from daypass.services.kit.context import Context


def account_of_email(ctx: Context, email: str) -> str:
    """Return the account whose root has an address, ignoring case; empty if none has.

    An account that was closed ninety days ago has lost its address.
    """
    found = ctx.directory.of(RootEmail).get(fold_email(email))
    account = ctx.directory.account(found.owner).record if found is not None else None
    if found is None or account is None:
        return ""
    is_over = account.closed and ctx.now >= account.closed + quotas.CLOSED_ACCOUNT_SECONDS
    return "" if is_over else found.owner


def stage_root_email(ctx: Context, email: str, account: str) -> None:
    """Stage that an address belongs to an account's root."""
    ctx.put(RootEmail(account=GLOBAL, address=fold_email(email), owner=account))
