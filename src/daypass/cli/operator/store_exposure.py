"""Warn of access that the store itself grants to adopted buckets, beside the gate."""

import asyncio
import time
from collections.abc import Iterable

from daypass.cli import output
from daypass.server.settings.config import S3Store


def warn_of_exposure(store: S3Store, names: Iterable[str]) -> None:
    """Print a warning for each policy, ACL or the like that the store has for these buckets.

    If the store does not answer, the warning says so. Warnings go to standard error.
    """
    for name, exposures in asyncio.run(_exposures(store, tuple(names))).items():
        for exposure in exposures:
            output.print_line(
                f"warning: the store has {exposure} for {name}: no policy here applies to that; "
                "remove it there",
                err=True,
            )


async def _exposures(store: S3Store, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    from daypass.gate.protocol.errors import S3Error
    from daypass.gate.store import ungoverned_access
    from daypass.gate.store.upstream import ObjectStore, StoreCredential
    from daypass.server.gateway import store_tls_context

    keys = StoreCredential(store.access_key_id, store.secret_access_key, store.region)
    found: dict[str, tuple[str, ...]] = {}
    clock = time.time  # noqa: TID251 - a command is an edge
    tls = store_tls_context(store)
    async with ObjectStore(store.url, keys, clock=clock, tls=tls) as reached:
        for name in names:
            try:
                found[name] = await ungoverned_access.ungoverned_access(reached, name)
            except S3Error as error:
                found[name] = (
                    f"unknown settings, because it does not show them ({error.message})",
                )
                break
    return found
