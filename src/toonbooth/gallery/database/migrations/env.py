"""What Alembic runs for every command: hands it our connection and our tables."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

from toonbooth.gallery.database.tables import Table


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in a database: migrations don't change with our code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_item=render_item,
    # SQLite cannot alter most of a table: Alembic copies it there.
    render_as_batch=True,
)
context.run_migrations()
