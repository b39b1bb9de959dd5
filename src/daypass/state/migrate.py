"""Bringing a database to the newest schema, with Alembic, from migrations that are part of the package."""

from importlib import resources

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Engine


class Newer(Exception):
    """The database was written by a newer version."""


def upgrade(engine: Engine) -> None:
    """Apply what is missing, in one transaction; raises `Newer` for a schema that this version does not know."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("daypass.state") / "migrations"))
    script = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        if current is not None:
            try:
                script.get_revision(current)
            except CommandError as error:
                raise Newer(
                    f"the database has the schema {current}, which this version does not know"
                ) from error
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
