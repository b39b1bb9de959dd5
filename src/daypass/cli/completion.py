"""`daypass completion`: what bash, zsh and fish need to complete commands and options."""

import click
from click.shell_completion import get_completion_class

from daypass.cli import output


@click.command(short_help="Print what a shell needs to complete commands")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script for a shell.

    \b
    Example:
      eval "$(daypass completion bash)"
    """
    from daypass.cli.main import cli

    found = get_completion_class(shell)
    if found is not None:
        output.print_exact(found(cli, {}, "daypass", "_DAYPASS_COMPLETE").source())
