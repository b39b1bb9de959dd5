"""Saying in one line, with a hint, why a data directory cannot be used: whatever the system, the database or the log says."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daypass.state.database.loading import Damaged
from daypass.state.database.sql import DATABASE_ERRORS
from daypass.state.database.sqlite_store import explained as explained_database
from daypass.state.files.data_files import DATABASE
from daypass.state.side_tables.nodes import Spoilt
from daypass.state.unusable import Unusable
from daypass.state.unusable import explained as explained_system

ACCEPT = "daypass log verify shows what is left; daypass log accept-break lets the next start pass"
"""What to do about an audit log that is not what was written."""
HINTED_MAX = 5
"""How many damaged records a hint names."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise `Unusable`, one line with a hint, for whatever goes wrong with the data directory at `path` meanwhile."""
    with explained_system(path):
        try:
            yield
        except DATABASE_ERRORS as error:
            found = explained_database(error, path / DATABASE)
            if found is error:
                raise
            if isinstance(found, Damaged):
                found = Unusable(found.message, _what_to_do(found))
            raise found from error
        except Damaged as error:
            raise Unusable(error.message, _what_to_do(error)) from error
        except Spoilt as error:
            raise Unusable(error.message, ACCEPT) from error


def _what_to_do(error: Damaged) -> str:
    """Return a hint that destroys none of what is there."""
    if error.names:
        return (
            "a backup in another directory, given with --data, may have it whole; to go on without it:"
            + "".join(f" --accept-damage {shlex.quote(name)}" for name in error.names[:HINTED_MAX])
        )
    return "leave it as it is; start the version of daypass that wrote it, or a backup in another directory, given with --data"
