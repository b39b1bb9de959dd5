"""`daypass gate`: whether a store is one that the gate can stand in front of."""

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.operator.data import using
from daypass.cli.operator.options import takes
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.gate.store.findings import StoreFinding


@click.group(short_help="Check a store before the gate stands in front of it")
def gate() -> None:
    """Work with the store behind the gate."""


@gate.command(short_help="Try out what the gate needs of a store")
@takes("--s3", required=True, help="The store's address.")
@takes("--s3-ca")
@takes(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    show_default=False,
    help="Keep the findings here, for the next `daypass up` on this directory.",
)
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
def check(s3: str, s3_ca: Path | None, data: Path | None, as_json: bool) -> None:
    """Try a store out in a bucket that is made for it and removed again; exit code 1 if something needed is missing.

    With --data the findings are kept, and the gate makes use of what the store has: keys with dot
    segments, checksums behind a body, ids of uploads that it binds by itself. Check again whenever
    the store's version changes.

    \b
    Example:
      DAYPASS_S3_ACCESS_KEY_ID=… DAYPASS_S3_SECRET_ACCESS_KEY=… daypass gate check --s3 http://127.0.0.1:9000
    """
    from daypass.cli.operator.up import store_of
    from daypass.gate.protocol.errors import S3Error
    from daypass.gate.store.probe import StoreProbe
    from daypass.gate.store.upstream import ObjectStore, StoreCredential
    from daypass.server.gateway import store_tls_context
    from daypass.server.settings.setting_values import Misconfigured
    from daypass.state.files.data_files import check_empty_or_authority

    async def run() -> "list[StoreFinding]":
        keys = StoreCredential(store.access_key_id, store.secret_access_key, store.region)
        clock = time.time  # noqa: TID251 - a command is an edge
        tls = store_tls_context(store)
        async with ObjectStore(store.url, keys, clock=clock, tls=tls) as reached:
            return await StoreProbe(reached, f"daypass-probe-{os.urandom(6).hex()}").run()  # noqa: TID251 - the same

    if data is not None:
        with using(data):
            check_empty_or_authority(data)
    try:
        store = store_of(s3, os.environ, s3_ca)
        findings = asyncio.run(run())
    except Misconfigured as error:
        raise Problem(str(error), hint=error.hint, code=2) from error
    except S3Error as error:
        raise Problem(
            f"{s3}: {error.message}", hint="is it running, and are its keys right?"
        ) from error
    if data is not None:
        with using(data):
            _keep(data, s3, findings)
    if as_json:
        rows = [
            {
                "name": each.name,
                "what": each.description,
                "needed": each.is_needed,
                "holds": each.holds,
                "hint": "" if each.holds else each.hint,
            }
            for each in findings
        ]
        output.data(rows, indent=2)
    else:
        for each in findings:
            word = "yes" if each.holds else ("NO" if each.is_needed else "no")
            output.line(
                f"{word:<5}{'needed  ' if each.is_needed else 'optional'}  {each.description}"
            )
            if each.hint and not each.holds:
                output.line(f"               {each.name}: {each.hint}")
    missing = [each for each in findings if each.is_needed and not each.holds]
    if missing:
        accepting = " ".join(f"--s3-accept {each.name}" for each in missing)
        raise Problem(
            f"the store lacks what the gate needs: {'; '.join(each.description for each in missing)}",
            hint=f"daypass up refuses this store, unless told {accepting}",
        )


def _keep(data: Path, url: str, findings: "list[StoreFinding]") -> None:
    """Keep the findings for the next start, and write down what the gate will take to be there."""
    from daypass.server.operator import store_check
    from daypass.server.operator.operator_events import act_recorder
    from daypass.state.data_directory.audit_file import audit_log_path

    path = audit_log_path(data)
    lacks = ", ".join(each.name for each in findings if not each.holds) or "none of them"
    now = int(time.time())  # noqa: TID251 - a command is an edge
    if not path.exists():
        # No authority has begun here: its log begins with its first start.
        store_check.write_findings(data, url, findings, now=now)
        return
    with act_recorder(path, "check-store") as tell:
        tell(f"findings about {url}; it lacks: {lacks}")
        store_check.write_findings(data, url, findings, now=now)
