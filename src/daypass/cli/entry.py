"""The entry point of `daypass`, which answers `process`, `env` and `exec` from the cache first.

A cached answer imports neither click nor an SDK, because programs and people wait for it.
"""

import os
import sys


def main() -> None:
    """Give the cached answer of a command if there is one; otherwise run the command."""
    if sys.argv[1:2] and sys.argv[1] in {"process", "env", "exec"} and _answer_from_cache():
        return
    from daypass.cli import main as commands

    commands.main()


def _answer_from_cache() -> bool:
    """Print the cached answer, or run the program of `exec`; False if there is none."""
    from daypass.cli.client import cached_answer

    try:
        answer = cached_answer.find_answer(sys.argv[1], sys.argv[2:], os.environ)
        if answer is not None:
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - told as the command itself would tell it
        from daypass.cli import main as commands

        commands.exit_with_error(error)
    return answer is not None
