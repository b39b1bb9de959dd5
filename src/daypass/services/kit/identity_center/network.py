"""The network lock of an instance or an identity store, checked for the caller of an operation."""

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.identity_center.network_lock import check_source_address
from daypass.services.kit.context import Context


def check_network(ctx: Context, lock: NetworkLock | None) -> None:
    """Raise `Denied` unless a lock lets the caller's address pass; None locks nobody out.

    A command on the server's own host comes by no network, so no lock can shut its operator out.
    """
    if not ctx.circumstances.is_on_host:
        check_source_address(lock, ctx.circumstances.source_ip)
