"""`daypass completion`: print the script by which bash, zsh or fish complete commands."""

import click
from click.shell_completion import get_completion_class

from daypass.cli import output


@click.command(short_help="Print a shell's completion script")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script by which a shell completes commands and options.

    \b
    Example:
      eval "$(daypass completion bash)"
    """
    from daypass.cli.main import cli

    found = get_completion_class(shell)
    if found is not None:
        output.print_exact(found(cli, {}, "daypass", "_DAYPASS_COMPLETE").source())
