"""Alembic without an `alembic.ini`: where the migrations lie, how new ones are named."""

from alembic.config import Config
from sqlalchemy import Connection

from toonbooth.gallery.database.migrations import FOLDER


def configure(connection: Connection) -> Config:
    """A configuration for commands on one open connection, whose transaction is the caller's."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
