"""A command whose output a shell runs: when it fails, what it prints makes the shell fail too."""

import sys
from typing import Any

import click

from daypass.cli import output
from daypass.cli.credential_formats import FORMATS, failure_statements

FORMAT_OPTION = click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="What is printed.",
)


class ShellCommand(click.Command):
    """A command with `FORMAT_OPTION` that a shell's `eval` runs the output of.

    `eval` of no text succeeds, so that after a failure the next line would run with whatever
    credentials the shell had.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the arguments; what cannot be read is a failure like any other."""
        style = _requested_format(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.Exit:
            raise
        except Exception:
            _print_failure(style)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a failure and an interruption are told to the shell, unless a command was to be run in its place."""
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except BaseException:
            if not ctx.params.get("command"):
                _print_failure(str(ctx.params["style"]))
            raise


def _requested_format(arguments: list[str]) -> str:
    """Return the format that arguments ask for, as far as they can be read; empty if they name a command to run."""
    style = FORMATS[0]
    for number, each in enumerate(arguments):
        if each == "--":
            return ""
        name, _, value = each.partition("=")
        if name == "--format":
            style = value or "".join(arguments[number + 1 : number + 2])
    return style if style in FORMATS else FORMATS[0]


def _print_failure(style: str) -> None:
    """Print what makes a shell fail; somebody who reads the terminal themselves has the error."""
    text = failure_statements(style)
    if text and not sys.stdout.isatty():
        output.print_exact(text)
