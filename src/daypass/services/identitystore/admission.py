"""Which accounts may call an operation on a store: checked before any policy is evaluated.

Each operation's locator is wrapped by one of these, which raises in this order: the caller's
account may not call the operation, or the store is not there; the store's network lock refuses the
caller's address. Policies come next, and only then is a resource looked up. So a member account's
administrator changes no group, which might be assigned in another account, whatever its own
policies say. Source: IAM Identity Center user guide, "Limiting access to the identity store from
member accounts".
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from daypass.services.identitystore.lookup import find_store
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.network import check_network
from daypass.services.kit.identity_center.standing import Standing, no_access, standing_of
from daypass.services.kit.operation import ResourceLocator, ResourceTarget
from daypass.state.snapshot.identity_store_view import IdentityStoreView

Req = Mapping[str, Any]
StoreLocator = Callable[[Context, Req, IdentityStoreView], Sequence[ResourceTarget]]
"""Returns the resources that a request acts on in a store, each of which must be allowed."""
_ADMINISTRATORS = (Standing.OWNER, Standing.DELEGATED)
_READERS = (*_ADMINISTRATORS, Standing.MEMBER)


def administrators(locate: StoreLocator) -> ResourceLocator:
    """Return a locator that admits the owner of the store and its delegated administrator."""
    return _admitting(locate, _ADMINISTRATORS)


def readers(locate: StoreLocator) -> ResourceLocator:
    """Return a locator that admits every account of the store's organization."""
    return _admitting(locate, _READERS)


def _admitting(locate: StoreLocator, standings: Collection[Standing]) -> ResourceLocator:
    def locate_if_admitted(ctx: Context, req: Req) -> Sequence[ResourceTarget]:
        store = find_store(ctx, req["IdentityStoreId"])
        standing = standing_to_store(ctx, store)
        if store is None or standing not in standings:
            raise no_access(standing)
        assert store.record is not None  # noqa: S101 - a store that is found has a record
        check_network(ctx, store.record.network)
        return locate(ctx, req, store)

    return locate_if_admitted


def standing_to_store(ctx: Context, store: IdentityStoreView | None) -> Standing:
    """Return what the caller's account is to the instance of a store; None: there is no store."""
    if store is None or store.record is None:
        return Standing.OUTSIDE
    instance = ctx.directory.instance(store.record.instance).record
    return standing_of(ctx, ctx.caller.account, instance)
