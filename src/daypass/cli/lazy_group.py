"""click groups that import a command when it runs, so that `--help` imports no command."""

import difflib
import importlib
from collections.abc import Mapping

import click

from daypass.cli.command_error import CommandError

CommandTable = Mapping[str, tuple[str, str]]
"""By command: its `module:attribute`, and its line in `--help`."""


def lazy_group(commands: CommandTable) -> type[click.Group]:
    """Return a subclass of `click.Group` with these commands, imported when they run."""

    class Lazy(click.Group):
        """A group that imports a command when it runs."""

        # Click's signature.
        def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
            return list(commands)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
            place = commands.get(cmd_name)
            if place is None:
                return None
            module, _, name = place[0].partition(":")
            command: click.Command = getattr(importlib.import_module(module), name)
            return command

        def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
            with formatter.section("Commands"):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])

        def resolve_command(
            self, ctx: click.Context, args: list[str]
        ) -> tuple[str | None, click.Command | None, list[str]]:
            if args and args[0] not in commands:
                near = difflib.get_close_matches(args[0], commands, n=1)
                hint = (
                    f"did you mean `{ctx.command_path} {near[0]}`?"
                    if near
                    else f"{ctx.command_path} --help lists the commands"
                )
                raise CommandError(f"there is no command `{args[0]}`", hint=hint, code=2)
            return super().resolve_command(ctx, args)

    return Lazy
