"""Makes the engine for a database URL: the only place that tells one kind of database from another."""

from sqlalchemy import exc, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from toonbooth.gallery.database.sqlite import create_sqlite_engine
from toonbooth.kit.errors import StartError


def create_engine(database_url: str) -> AsyncEngine:
    """An engine for an SQLAlchemy URL with an asynchronous driver; nothing is connected yet.

    Raises
    ------
    StartError
        When the URL cannot be one, or its driver is not installed.
    """
    try:
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            return create_sqlite_engine(url)
        return create_async_engine(url, pool_pre_ping=True)
    except (exc.ArgumentError, exc.InvalidRequestError, ModuleNotFoundError) as error:
        # Not the error's own words: they may hold the URL, and the URL a password.
        raise StartError("GALLERY_DATABASE_URL is not a database that can be used here.") from error
