"""Raise errors of a data directory (its disk, database or log) as `CommandError` with a hint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.cli.command_error import CommandError


@contextmanager
def data_errors_explained(data: Path) -> Iterator[None]:
    """Raise any failure to use a data directory as `CommandError`, naming the file and a remedy."""
    from daypass.state.unusable import Unusable, system_errors_as_unusable

    try:
        with system_errors_as_unusable(data):
            yield
    except Unusable as error:
        raise CommandError(str(error), hint=error.hint) from error
