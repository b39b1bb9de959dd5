"""Working with a data directory: whatever the disk, the database or the log says becomes one line and a hint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.cli.problem import Problem


@contextmanager
def using(data: Path) -> Iterator[None]:
    """Raise `Problem` for whatever goes wrong with a data directory meanwhile, naming the file and what to do."""
    from daypass.state.unusable import Unusable, system_errors_as_unusable

    try:
        with system_errors_as_unusable(data):
            yield
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
