"""The `daypass` program: its table of commands, and errors printed with a hint and an exit code."""

import io
import os
import sys
from collections.abc import Mapping
from typing import NoReturn

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.lazy_group import lazy_group

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("daypass.cli.operator.up:up", "Run the authority, and the gate in front of a store"),
    "root": (
        "daypass.cli.operator.root:root",
        "Get a short session as an account's root, on the server's own host",
    ),
    "env": ("daypass.cli.client.env:env", "Print temporary credentials for a shell"),
    "exec": ("daypass.cli.client.exec_:exec_", "Run a command with temporary credentials"),
    "process": ("daypass.cli.client.process:process", "Answer an SDK's credential_process"),
    "forget": (
        "daypass.cli.client.forget:forget",
        "Remove cached temporary credentials",
    ),
    "tour": (
        "daypass.cli.tour.tour:tour",
        "See how it works on this machine, with real clients",
    ),
    "log": ("daypass.cli.operator.log.commands:log", "Show the audit log, or verify its chain"),
    "account": (
        "daypass.cli.operator.account:account",
        "List accounts, or reopen a closed one",
    ),
    "person": (
        "daypass.cli.operator.people.commands:person",
        "Administer people: add, list, disable, sign out, delete",
    ),
    "assign": (
        "daypass.cli.operator.people.assign:assign",
        "Give a person or a group a permission set in an account",
    ),
    "sign-in": (
        "daypass.cli.operator.people.commands:sign_in",
        "Show and set how people sign in",
    ),
    "bucket": ("daypass.cli.operator.bucket:bucket", "Adopt buckets that the store already has"),
    "gate": (
        "daypass.cli.operator.gate:gate",
        "Check a store before the gate stands in front of it",
    ),
    "policy": (
        "daypass.cli.policy.commands:policy",
        "Explain, simulate, lint and test policies; load AWS managed ones",
    ),
    "apply": ("daypass.cli.organization.apply:apply", "Change the organization to match a file"),
    "export": (
        "daypass.cli.organization.export:export",
        "Write the organization as a file for `daypass apply`",
    ),
    "keys": ("daypass.cli.operator.keys:keys", "Show the key ring, or rotate it"),
    "completion": (
        "daypass.cli.completion:completion",
        "Print a shell's completion script",
    ),
    "coverage": (
        "daypass.cli.operator.coverage:coverage",
        "Show how many operations of each service are served",
    ),
}
"""By command: its `module:attribute`, and its line in `--help`, which imports no command."""


@click.group(cls=lazy_group(COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="daypass")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:
    """Credentials that expire, for everyone and everything that reaches AWS-style services.

    \b
    Start here:
      daypass tour          see how it works on this machine
      daypass up            run your own authority
    """
    del debug  # read in `main`, where errors are caught


def main() -> None:
    """Run the command and exit: 0 done, 1 refused, 2 wrong use, 3 incomplete, 130 interrupted."""
    try:
        code = cli.main(standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - each becomes a message
        exit_with_error(error)
    sys.exit(code if isinstance(code, int) else 0)


def exit_with_error(error: BaseException) -> NoReturn:
    """Print why a command failed, with a hint, and exit; raise an unknown error with `--debug`."""
    if isinstance(error, CommandError):
        _print_error(str(error), error.hint, *error.details)
        sys.exit(error.code)
    if isinstance(error, click.ClickException):
        _print_usage_error(error)
        sys.exit(2)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    if isinstance(error, BrokenPipeError):
        # The reader of our output, such as `head`, has ended: no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    if "--debug" in sys.argv[1:] or os.environ.get("DAYPASS_DEBUG"):
        raise error
    _print_error(
        f"{type(error).__name__}: {error}", "run it again with --debug to see where it failed"
    )
    sys.exit(1)


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
    """Print click's usage error, escaped because it may quote names that others chose."""
    text = io.StringIO()
    error.show(file=text)
    for each in text.getvalue().rstrip("\n").split("\n"):
        output.print_line(each, err=True)
