"""Tries what every request needs: the database answers, files can be written."""

from sqlalchemy import text

from toonbooth.gallery.services import Services


async def check_health(services: Services) -> None:
    """Return when all is well.

    Raises
    ------
    DatabaseFailedError, DatabaseUnavailableError, StorageFailedError
    """
    async with services.database.reading() as session:
        await session.execute(text("SELECT 1"))
    async with services.staging.open() as probe:
        await probe.write(b"x")
