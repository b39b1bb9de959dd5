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
    for name, doors in asyncio.run(_exposures(store, tuple(names))).items():
        for door in doors:
            output.print_line(
                f"warning: the store has {door} for {name}: no policy here reaches that; "
                "remove it there",
                err=True,
            )


async def _exposures(store: S3Store, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    from daypass.gate.protocol.errors import S3Error
    from daypass.gate.store import adopted
    from daypass.gate.store.upstream import Keys, Store
    from daypass.server.gateway import tls_of

    keys = Keys(store.access_key_id, store.secret_access_key, store.region)
    found: dict[str, tuple[str, ...]] = {}
    async with Store(store.url, keys, clock=time.time, tls=tls_of(store)) as reached:  # noqa: TID251 - a command is an edge
        for name in names:
            try:
                found[name] = await adopted.doors(reached, name)
            except S3Error as error:
                found[name] = (f"not told what it has ({error.message})",)
                break
    return found
