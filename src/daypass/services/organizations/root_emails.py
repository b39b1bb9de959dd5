"""Whose root an e-mail address is."""

from daypass.core import quotas
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import GLOBAL
from daypass.core.organizations.names import fold_email
from daypass.services.kit.context import Context


def account_of_email(ctx: Context, email: str) -> str:
    """Return the account whose root has that address, ignoring case; empty for nobody's.

    An account that was closed ninety days ago has let go of its address.
    """
    found = ctx.directory.of(RootEmail).get(fold_email(email))
    account = ctx.directory.account(found.owner).record if found is not None else None
    if found is None or account is None:
        return ""
    is_over = account.closed and ctx.now >= account.closed + quotas.CLOSED_ACCOUNT_SECONDS
    return "" if is_over else found.owner


def stage_root_email(ctx: Context, email: str, account: str) -> None:
    """Stage that an address is an account's."""
    ctx.put(RootEmail(account=GLOBAL, address=fold_email(email), owner=account))
