"""`daypass up`: run the authority, and the gate in front of a store."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from daypass.cli.command_error import CommandError
from daypass.cli.operator.options import command_option
from daypass.files import bounded_reading
from daypass.server.settings import all_settings
from daypass.server.settings.all_settings import SETTINGS
from daypass.server.settings.config import DEFAULT_REGION, Config, S3Store
from daypass.server.settings.contradictions import check_config
from daypass.server.settings.setting_values import Misconfigured

KEYS_BYTES_MAX = 4 * 1024
"""The largest file with a store's key id and secret; ours."""
OPTION_CHARACTERS_MAX = 23
"""The longest option and value name that has its help on the same line."""


def _joined_names(names: Iterable[str]) -> str:
    """Return names as text: `A, B and C`."""
    *first, last = names
    return f"{', '.join(first)} and {last}"


_VARIABLES = _joined_names(each.variable for each in SETTINGS if each.flag and each.variable)
HELP_TEXT = f"""Run the authority and, with --s3, the gate in front of an object store.

\b
Example:
  daypass up --data ./daypass-data   # then in another shell, same directory:
  daypass root --data ./daypass-data -- aws iam create-user --user-name alice

{_VARIABLES} set the options so named.
The store's keys: DAYPASS_S3_ACCESS_KEY_ID and DAYPASS_S3_SECRET_ACCESS_KEY, or
DAYPASS_S3_CREDENTIALS=FILE. SIGTERM stops gracefully.
SIGHUP rereads {", ".join(each.flag for each in SETTINGS if each.is_reloadable)}.
"""


class _CommandWithNarrowOptions(click.Command):
    """A command in whose help a long option is alone on its line, so that no other one wraps."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, with their help from the same column on."""
        records = [each.get_help_record(ctx) for each in self.get_params(ctx)]
        with formatter.section("Options"):
            formatter.write_dl(
                [each for each in records if each is not None], col_max=OPTION_CHARACTERS_MAX
            )


@click.command(
    cls=_CommandWithNarrowOptions,
    short_help="Run the authority, and the gate in front of a store",
    help=HELP_TEXT,
    params=[command_option(each) for each in SETTINGS if each.flag],
)
def up(**given: Any) -> None:
    """Run the authority with the settings of the command line and the environment."""
    try:
        all_settings.check_environment(os.environ)
        store = read_store(given["s3"], os.environ, given["s3_ca"]) if given["s3"] else None
        config = Config(**all_settings.config_fields(given), store=store)
        check_config(config)
        if config.store is not None:
            from daypass.server.operator import store_check

            store_check.check_store(config)
    except Misconfigured as error:
        raise CommandError(str(error), hint=error.hint, code=2) from error
    from daypass.server.http import gc_freezing

    with gc_freezing.pause_during_start():
        _serve(config)


def _serve(config: Config) -> None:
    """Run a server until it is signalled to stop; raises `CommandError` if it cannot start."""
    from daypass.server import single_process
    from daypass.state.unusable import Unusable

    if config.store is not None and config.s3_adopt:
        from daypass.cli.operator.store_exposure import warn_of_exposure

        warn_of_exposure(config.store, config.s3_adopt)
    try:
        if config.workers > 1:
            from daypass.server.workers import serve

            sys.exit(serve.serve_with_workers(config, os.environ))
        single_process.serve_single_process(config, os.environ)
    except Unusable as error:
        raise CommandError(str(error), hint=error.hint) from error


def read_store(url: str, environ: Mapping[str, str], certificates: Path | None = None) -> S3Store:
    """Return the settings of a store: URL, and keys from the environment or a file.

    Raises `Misconfigured` if the keys are missing or unreadable.
    """
    key, secret = (
        environ.get("DAYPASS_S3_ACCESS_KEY_ID"),
        environ.get("DAYPASS_S3_SECRET_ACCESS_KEY"),
    )
    file = environ.get("DAYPASS_S3_CREDENTIALS")
    if file:
        key, secret = _read_keys_file(Path(file))
    if not key or not secret:
        raise Misconfigured(
            "the gate needs keys for the store",
            "set DAYPASS_S3_ACCESS_KEY_ID and DAYPASS_S3_SECRET_ACCESS_KEY, or "
            "DAYPASS_S3_CREDENTIALS=FILE",
        )
    return S3Store(
        url=url,
        access_key_id=key,
        secret_access_key=secret,
        region=environ.get("DAYPASS_S3_REGION", DEFAULT_REGION),
        certificates=certificates,
    )


def _read_keys_file(path: Path) -> tuple[str, str]:
    try:
        lines = bounded_reading.read_text(path, KEYS_BYTES_MAX).split()
        mode = path.stat().st_mode
    except (OSError, bounded_reading.UnreadableFile) as error:
        raise Misconfigured(str(error)) from error
    if mode & 0o077:
        raise Misconfigured(f"{path} can be read by others", f"chmod 600 {path}")
    if len(lines) != 2:  # noqa: PLR2004 - a key id and a secret
        raise Misconfigured(f"{path} does not hold two lines", "the key id, then the secret")
    return lines[0], lines[1]
