"""Upgrades of a database to the newest schema, with Alembic, by migrations in this package."""

from collections.abc import Callable
from enum import Enum
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine


class NewerSchema(Exception):
    """The database was written by a newer version."""


class SchemaAge(Enum):
    """Whether a database has no schema, an earlier one, or the newest."""

    NONE = "empty"
    EARLIER = "of an earlier version"
    NEWEST = "of this version"


def schema_age(connection: Connection) -> SchemaAge:
    """Return how old a database's schema is; raises `NewerSchema` for an unknown one."""
    current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if current is None:
        return SchemaAge.NONE
    if current == script.get_current_head():
        return SchemaAge.NEWEST
    try:
        script.get_revision(current)
    except CommandError as error:
        raise NewerSchema(f"its schema is {current}, which this version does not know") from error
    return SchemaAge.EARLIER


def upgrade_schema(engine: Engine, then: Callable[[Connection], None]) -> None:
    """Apply the missing migrations, then call `then`, in one transaction.

    `then` writes what else belongs to the newest schema; it is not called where the schema is
    the newest already. Raises `NewerSchema` for a schema that this version does not know.
    """
    with engine.begin() as connection:
        if schema_age(connection) is not SchemaAge.NEWEST:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            then(connection)


def _config() -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(resources.files("daypass.state.schema") / "migrations")
    )
    return config
