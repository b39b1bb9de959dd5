"""ListAccounts and ListAccountRoles: where a person has access now, by the assignments.

An account is listed while the person, or a group of the person, has an assignment there, not
because a role is there.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from daypass.core.domain.account import Account
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.person_access import (
    assigned_accounts,
    assigned_sets,
    is_open_target,
    principals_of,
)
from daypass.services.kit.operation import BEARER, SELF_AUTHORIZED, operation
from daypass.services.sso.parameters import account_id, no_access, signed_in
from daypass.wire.paginate import SortedList


@operation(on=SELF_AUTHORIZED, scheme=BEARER, credential="accessToken")
def list_accounts(ctx: Context, _req: dict[str, Any]) -> dict[str, Any]:
    """Return the accounts in which the person has at least one role, in order of id.

    An account that is closed, or has left the organization, gives access to nobody and is left out.
    """
    caller = signed_in(ctx)
    instance = ctx.directory.instance(caller.instance.id)
    store = ctx.directory.identity_store(caller.instance.store)
    principals = principals_of(store, caller.person.id)

    def accounts_after(last: str) -> Iterator[Account]:
        for each in assigned_accounts(instance, principals, last):
            account = ctx.directory.account(each)
            if account.record is not None and is_open_target(caller.instance, account):
                yield account.record

    return {"accountList": SortedList(accounts_after, key=_account_key, show=_account_info)}


@operation(on=SELF_AUTHORIZED, scheme=BEARER, credential="accessToken")
def list_account_roles(ctx: Context, req: dict[str, Any]) -> dict[str, Any]:
    """Return the roles that the person has in an account, by their permission sets' names.

    Raises `Denied` alike for an account without any, and for one that does not exist.
    """
    caller, account = signed_in(ctx), account_id(req)
    instance = ctx.directory.instance(caller.instance.id)
    store = ctx.directory.identity_store(caller.instance.store)
    if not is_open_target(caller.instance, ctx.directory.account(account)):
        raise no_access(f"account {account} is closed, or not one of the instance's")
    found = assigned_sets(instance, principals_of(store, caller.person.id), account)
    if not found:
        raise no_access(f"the user has no assignment in account {account}")
    sets = map(instance.of(PermissionSet).get, found)
    names = sorted(each.name for each in sets if each is not None)

    def names_after(last: str) -> list[str]:
        return names[bisect_right(names, last) :]

    return {
        "roleList": SortedList(
            names_after,
            key=lambda name: name,
            show=lambda name: {"roleName": name, "accountId": account},
        )
    }


def _account_key(account: Account) -> str:
    return account.account


def _account_info(account: Account) -> dict[str, str]:
    info = {"accountId": account.account, "accountName": account.name}
    return info | {"emailAddress": account.email} if account.email else info
