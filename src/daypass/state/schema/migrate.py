"""Bringing a database to the newest schema, with Alembic, from migrations that are part of the package."""

from collections.abc import Callable
from enum import Enum
from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine


class Newer(Exception):
    """The database was written by a newer version."""


class Schema(Enum):
    """What schema a database has."""

    NONE = "empty"
    EARLIER = "of an earlier version"
    NEWEST = "of this version"


def schema(connection: Connection) -> Schema:
    """Return what schema a database has; raises `Newer` for one that this version does not know."""
    current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if current is None:
        return Schema.NONE
    if current == script.get_current_head():
        return Schema.NEWEST
    try:
        script.get_revision(current)
    except CommandError as error:
        raise Newer(f"its schema is {current}, which this version does not know") from error
    return Schema.EARLIER


def upgrade(engine: Engine, then: Callable[[Connection], None]) -> None:
    """Apply what is missing, and `then` what else belongs to the newest schema, in one transaction: all of it or none.

    Raises `Newer` for a schema that this version does not know.
    """
    with engine.begin() as connection:
        if schema(connection) is not Schema.NEWEST:
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
