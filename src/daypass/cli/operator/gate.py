"""`daypass gate check`: test whether an object store has what the gate needs."""

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.options import takes_setting

if TYPE_CHECKING:
    from daypass.gate.store.findings import StoreFinding


@click.group(short_help="Check a store before putting the gate in front of it")
def gate() -> None:
    """Check the object store that is to be behind the gate."""


@gate.command(short_help="Test what the gate needs of a store")
@takes_setting("--s3", required=True, help="The store's address.")
@takes_setting("--s3-ca")
@takes_setting(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    show_default=False,
    help="Save the findings here, for the next `daypass up` on this directory.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(s3: str, s3_ca: Path | None, data: Path | None, as_json: bool) -> None:
    """Test a store in a new bucket, which is removed afterwards.

    With --data the findings are saved, and the gate uses optional features that the store has: keys
    with dot segments, checksums after a body, upload ids that belong to one object. Check again
    whenever the store's version changes. Exit code 1: something needed is missing.

    \b
    Example:
      export DAYPASS_S3_ACCESS_KEY_ID=… DAYPASS_S3_SECRET_ACCESS_KEY=…
      daypass gate check --s3 http://127.0.0.1:9000
    """
    from daypass.cli.operator.up import read_store
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
            name = f"daypass-probe-{os.urandom(6).hex()}"  # noqa: TID251 - a command is an edge
            return await StoreProbe(reached, name).run()

    if data is not None:
        with data_errors_explained(data):
            check_empty_or_authority(data)
    try:
        store = read_store(s3, os.environ, s3_ca)
        findings = asyncio.run(run())
    except Misconfigured as error:
        raise CommandError(str(error), hint=error.hint, code=2) from error
    except S3Error as error:
        raise CommandError(
            f"{s3}: {error.message}", hint="check that the store is running, and the keys for it"
        ) from error
    if data is not None:
        with data_errors_explained(data):
            _save_findings(data, s3, findings)
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
        output.print_json(rows, indent=2)
    else:
        for each in findings:
            word = "yes" if each.holds else ("NO" if each.is_needed else "no")
            output.print_line(
                f"{word:<5}{'needed  ' if each.is_needed else 'optional'}  {each.description}"
            )
            if each.hint and not each.holds:
                output.print_line(f"               {each.name}: {each.hint}")
    missing = [each for each in findings if each.is_needed and not each.holds]
    if missing:
        accepting = " ".join(f"--s3-accept {each.name}" for each in missing)
        raise CommandError(
            "the store lacks what the gate needs: "
            f"{'; '.join(each.description for each in missing)}",
            hint=f"daypass up refuses this store without {accepting}",
        )


def _save_findings(data: Path, url: str, findings: "list[StoreFinding]") -> None:
    """Save the findings for the next start, and record in the audit log what the store lacks."""
    from daypass.server.operator import store_check
    from daypass.server.operator.operator_events import act_recorder
    from daypass.state.data_directory.audit_file import audit_log_path

    path = audit_log_path(data)
    lacks = ", ".join(each.name for each in findings if not each.holds) or "none of them"
    now = int(time.time())  # noqa: TID251 - a command is an edge
    if not path.exists():
        # No server has started here yet, so there is no audit log to record it in.
        store_check.write_findings(data, url, findings, now=now)
        return
    with act_recorder(path, "check-store") as tell:
        tell(f"findings about {url}; it lacks: {lacks}")
        store_check.write_findings(data, url, findings, now=now)
