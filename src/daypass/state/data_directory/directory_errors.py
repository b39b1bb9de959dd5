"""Errors of a data directory as `Unusable`: one line and a hint, whichever part failed."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.state.database.loading import DamagedDatabase
from daypass.state.database.sql_store import DRIVER_ERRORS
from daypass.state.database.sqlite_store import translate_error as explained_database
from daypass.state.files.data_files import DATABASE
from daypass.state.side_tables.nodes import DamagedCheckpoint
from daypass.state.unusable import Unusable
from daypass.state.unusable import system_errors_as_unusable as explained_system

BROKEN_LOG_HINT = (
    "daypass log verify shows what is left; daypass log accept-break lets the next start pass"
)
"""What to do about an audit log that is not as it was written."""
NAMES_IN_HINT_MAX = 5
"""How many damaged records a hint names."""


@contextmanager
def errors_as_unusable(path: Path) -> Iterator[None]:
    """Turn any error of the data directory at `path` in this block into `Unusable` with a hint."""
    with explained_system(path):
        try:
            yield
        except DRIVER_ERRORS as error:
            found = explained_database(error, path / DATABASE)
            if found is error:
                raise
            if isinstance(found, DamagedDatabase):
                found = Unusable(found.message, _damage_hint(found))
            raise found from error
        except DamagedDatabase as error:
            raise Unusable(error.message, _damage_hint(error)) from error
        except DamagedCheckpoint as error:
            raise Unusable(error.message, BROKEN_LOG_HINT) from error


def _damage_hint(error: DamagedDatabase) -> str:
    """Return a hint that destroys no data."""
    if error.names:
        return (
            "a backup in another directory, given with --data, may have it whole;"
            " to go on without it:"
            + "".join(
                f" --accept-damage {shlex.quote(name)}" for name in error.names[:NAMES_IN_HINT_MAX]
            )
        )
    return (
        "leave it as it is; start the version of daypass that wrote it,"
        " or a backup in another directory, given with --data"
    )
