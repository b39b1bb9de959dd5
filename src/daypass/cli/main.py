"""`daypass`: finds the command, runs it, and turns what goes wrong into an error and a hint."""

import io
import os
import sys
from collections.abc import Mapping

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.lazy_group import lazy_group

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("daypass.cli.operator.up:up", "Run the authority, and the gate in front of a store"),
    "root": (
        "daypass.cli.operator.root:root",
        "A short session as an account's root, on the server's own host",
    ),
    "env": ("daypass.cli.client.env:env", "Print temporary credentials for a shell"),
    "exec": ("daypass.cli.client.exec_:exec_", "Run a command with temporary credentials"),
    "process": ("daypass.cli.client.process:process", "Answer an SDK's credential_process"),
    "forget": (
        "daypass.cli.client.forget:forget",
        "Remove the temporary credentials that are kept",
    ),
    "tour": (
        "daypass.cli.tour.tour:tour",
        "See the whole practice on this machine, with real clients",
    ),
    "log": ("daypass.cli.operator.log.commands:log", "Show the audit log, or verify its chain"),
    "account": (
        "daypass.cli.operator.account:account",
        "List accounts, or open a closed one again",
    ),
    "bucket": ("daypass.cli.operator.bucket:bucket", "Adopt buckets that the store already has"),
    "gate": (
        "daypass.cli.operator.gate:gate",
        "Check a store before the gate stands in front of it",
    ),
    "policy": (
        "daypass.cli.policy.commands:policy",
        "Explain, simulate, lint and test policies; load what AWS manages",
    ),
    "apply": ("daypass.cli.organization.apply:apply", "Make the organization what a file says"),
    "export": (
        "daypass.cli.organization.export:export",
        "Write the organization as a file for `daypass apply`",
    ),
    "keys": ("daypass.cli.operator.keys:keys", "Show the key ring, or rotate it"),
    "completion": (
        "daypass.cli.completion:completion",
        "Print what a shell needs to complete commands",
    ),
    "coverage": (
        "daypass.cli.operator.coverage:coverage",
        "Which operations of which service are served",
    ),
}
"""Where a command is, and the line that `--help` shows for it, so that help loads nothing."""


@click.group(cls=lazy_group(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="daypass")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:
    """Credentials that expire, for everyone and everything that reaches AWS-style services.

    \b
    Start here:
      daypass tour          see the whole practice on this machine
      daypass up            run your own authority
    """
    del debug  # read in `main`, where errors are caught


def main() -> None:
    """Run `daypass` and exit with 0, 1 (refused), 2 (wrong use), 3 (incomplete) or 130 (interrupted)."""
    is_debug = "--debug" in sys.argv[1:] or bool(os.environ.get("DAYPASS_DEBUG"))
    try:
        code = cli.main(standalone_mode=False)
    except CommandError as error:
        _print_error(str(error), error.hint, *error.details)
        sys.exit(error.code)
    except click.ClickException as error:
        _print_usage_error(error)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if is_debug:
            raise
        _print_error(f"{type(error).__name__}: {error}", "run it again with --debug for developers")
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _print_error(message: str, hint: str, *details: str) -> None:
    output.print_line(output.Styled("error:", fg="red", bold=True), f" {message}", err=True)
    for each in details:
        output.print_line(each, err=True)
    if hint:
        first, *rest = hint.split("\n")
        output.print_line(output.Styled("hint:", fg="yellow"), f" {first}", err=True)
        for each in rest:
            output.print_line(each, err=True)


def _print_usage_error(error: click.ClickException) -> None:
    """Show a wrong use as click words it; names of files in it may be anybody's."""
    text = io.StringIO()
    error.show(file=text)
    for each in text.getvalue().rstrip("\n").split("\n"):
        output.print_line(each, err=True)
