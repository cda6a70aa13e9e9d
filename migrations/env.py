"""Run the migrations on the application's database."""

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from marchapp.models.columns import UtcDateTime

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: object, _context: AutogenContext) -> str | bool:
    """Write our own column types as what the database keeps: migrations must not change with the program."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run_migrations() -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Batch mode makes a table anew and drops the old one, which must not take its children along.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render_item,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run_migrations()
