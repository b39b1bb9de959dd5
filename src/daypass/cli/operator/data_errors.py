"""Working with a data directory: whatever the disk, the database or the log says becomes one line and a hint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.cli.command_error import CommandError


@contextmanager
def data_errors_explained(data: Path) -> Iterator[None]:
    """Raise `CommandError` for whatever goes wrong with a data directory meanwhile, naming the file and what to do."""
    from daypass.state.unusable import Unusable, explained

    try:
        with explained(data):
            yield
    except Unusable as error:
        raise CommandError(str(error), hint=error.hint) from error
