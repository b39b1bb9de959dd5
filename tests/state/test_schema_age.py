"""A database's schema is as old as the migration tool says, which is not loaded for the newest."""

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from daypass.state.schema import migrate
from daypass.state.schema.migrate import NewerSchema, SchemaAge


def age_by_the_tool_alone(connection):
    """Return the age as it was found before the newest revision was a constant."""
    current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(migrate._config())
    if current is None:
        return SchemaAge.NONE
    if current == script.get_current_head():
        return SchemaAge.NEWEST
    try:
        script.get_revision(current)
    except CommandError as error:
        raise NewerSchema(current) from error
    return SchemaAge.EARLIER


def outcome(age, connection):
    try:
        return age(connection)
    except (CommandError, NewerSchema) as error:
        return type(error)


@pytest.fixture
def engine(tmp_path):
    made = sa.create_engine(f"sqlite:///{tmp_path / 'daypass.db'}")
    yield made
    made.dispose()


def test_the_newest_revision_is_the_newest_migration() -> None:
    script = ScriptDirectory.from_config(migrate._config())

    assert script.get_current_head() == migrate.NEWEST_REVISION


@pytest.mark.parametrize(
    ("revisions", "expected"),
    [
        (None, SchemaAge.NONE),
        ([], SchemaAge.NONE),
        (["0001"], SchemaAge.EARLIER),
        (["0002"], SchemaAge.EARLIER),
        (["0003"], SchemaAge.EARLIER),
        ([migrate.NEWEST_REVISION], SchemaAge.NEWEST),
        (["0005"], NewerSchema),
        (["9999"], NewerSchema),
        ([f"{migrate.NEWEST_REVISION} "], NewerSchema),
        ([migrate.NEWEST_REVISION, "9999"], CommandError),
        ([migrate.NEWEST_REVISION, "0003"], CommandError),
    ],
    ids=str,
)
def test_a_schema_is_as_old_as_its_revision(engine, revisions, expected) -> None:
    with engine.begin() as connection:
        if revisions is not None:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            for each in revisions:
                connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (each,))

        assert outcome(migrate.schema_age, connection) == expected
        assert outcome(age_by_the_tool_alone, connection) == expected


def test_a_database_of_the_newest_schema_is_neither_changed_nor_is_the_tool_loaded(engine) -> None:
    called = []
    migrate.upgrade_schema(engine, then=called.append)
    script = (
        "import sys\n"
        "import sqlalchemy as sa\n"
        "from daypass.state.schema import migrate\n"
        "called = []\n"
        "migrate.upgrade_schema(sa.create_engine(sys.argv[1]), then=called.append)\n"
        "print(called, 'alembic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(engine.url)], capture_output=True, text=True, check=True
    )

    assert len(called) == 1
    assert done.stdout == "[] False\n"
