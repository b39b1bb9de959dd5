"""Upgrades of a database to the newest schema, with Alembic, by migrations in this package.

Alembic is loaded only to migrate: a database of the newest schema is recognized by its revision.
"""

from collections.abc import Callable
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST_REVISION = "0004"
"""The revision of the newest migration."""
_REVISION_TABLE = sa.table("alembic_version", sa.column("version_num"))
"""Where Alembic records the revision of a database; its own name."""


class NewerSchema(Exception):
    """The database was written by a newer version."""


class SchemaAge(Enum):
    """Whether a database has no schema, an earlier one, or the newest."""

    NONE = "empty"
    EARLIER = "of an earlier version"
    NEWEST = "of this version"


def schema_age(connection: Connection) -> SchemaAge:
    """Return how old a database's schema is; raises `NewerSchema` for an unknown one."""
    current = _current_revisions(connection)
    if current == [NEWEST_REVISION]:
        return SchemaAge.NEWEST
    return _age_by_alembic(connection)


def upgrade_schema(engine: Engine, then: Callable[[Connection], None]) -> None:
    """Apply the missing migrations, then call `then`, in one transaction.

    `then` writes what else belongs to the newest schema; it is not called where the schema is
    the newest already. Raises `NewerSchema` for a schema that this version does not know.
    """
    with engine.begin() as connection:
        if schema_age(connection) is not SchemaAge.NEWEST:
            from alembic import command  # noqa: PLC0415 - only to migrate

            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            then(connection)


def _current_revisions(connection: Connection) -> list[str]:
    """Return the rows of Alembic's table of revisions; none if there is no such table."""
    if not connection.dialect.has_table(connection, _REVISION_TABLE.name):
        return []
    return list(connection.scalars(sa.select(_REVISION_TABLE.c.version_num)))


def _age_by_alembic(connection: Connection) -> SchemaAge:
    """Return the age of a schema that is not the newest; raises `NewerSchema`."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - only to migrate
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the same
    from alembic.util import CommandError  # noqa: PLC0415 - the same

    current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if current is None:
        return SchemaAge.NONE
    try:
        script.get_revision(current)
    except CommandError as error:
        raise NewerSchema(f"its schema is {current}, which this version does not know") from error
    return SchemaAge.EARLIER


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - only to migrate

    config = Config()
    config.set_main_option(
        "script_location", str(resources.files("daypass.state.schema") / "migrations")
    )
    return config
