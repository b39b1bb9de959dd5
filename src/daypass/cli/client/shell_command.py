"""The click command class of `env` and `root`: a failure prints statements that fail in a shell."""

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
    help="The format of the output.",
)


class ShellCommand(click.Command):
    """A command with `FORMAT_OPTION` that a shell's `eval` runs the output of.

    `eval` of no text succeeds. After a failure without output the next line would run with the
    credentials that the shell had before.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the arguments; a usage error prints failing statements too."""
        style = _requested_format(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.Exit:
            raise
        except Exception:
            _print_failure(style)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a failure or interruption prints failing statements.

        They are not printed if a COMMAND is given, because then no shell evaluates the output.
        """
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except BaseException:
            if not ctx.params.get("command"):
                _print_failure(str(ctx.params["style"]))
            raise


def _requested_format(arguments: list[str]) -> str:
    """Return the `--format` of unparsed arguments; empty if a COMMAND follows `--`."""
    style = FORMATS[0]
    for number, each in enumerate(arguments):
        if each == "--":
            return ""
        name, _, value = each.partition("=")
        if name == "--format":
            style = value or "".join(arguments[number + 1 : number + 2])
    return style if style in FORMATS else FORMATS[0]


def _print_failure(style: str) -> None:
    """Print failing statements, unless standard output is a terminal, where no shell reads them."""
    text = failure_statements(style)
    if text and not sys.stdout.isatty():
        output.print_exact(text)
