"""Alembic's entry point, which runs migrations over the connection of `migrate.upgrade_schema`."""

from alembic import context

from daypass.state.schema.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
