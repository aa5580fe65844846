"""Uploads that have begun and have no row yet: erasing their device reaches them all the same.

A device that is known has a row, and an upload that ends must find the row that it began with. One that was
never seen has none, so its first upload leaves a mark where erasing a device takes it away.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bson import ObjectId
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.database.repositories import AnswerRepository, ClaimedKey, DeviceRepository
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import OriginalNotFoundError
from toonbooth.gallery.leases import LEASE
from toonbooth.gallery.services import Services
from toonbooth.gallery.uninterrupted import finish
from toonbooth.kit.errors import AppError

log = logging.getLogger(__name__)

_ROUTE: Final = "begun upload"
"""Marks lie among the claimed `Idempotency-Key`s, of a route that no client can ask for."""


@dataclass(slots=True)
class BegunUpload:
    """One of them. Made by `begun_upload`."""

    device: DeviceId
    known_since: datetime | None
    mark: ClaimedKey | None = field(default=None, repr=False)

    async def register_device(self, session: AsyncSession, *, now: datetime) -> None:
        """Give the device its row, in the transaction that adds the photo's.

        Raises
        ------
        OriginalNotFoundError
            When the device was erased since the upload began.
        """
        await DeviceRepository(session, self.device).register(now=now, known_since=self.known_since)
        if self.mark is not None:
            if not await AnswerRepository(session, self.device).release(self.mark):
                raise OriginalNotFoundError
            self.mark = None


@asynccontextmanager
async def begun_upload(services: Services, device: DeviceId) -> AsyncIterator[BegunUpload]:
    """Enter before the photo arrives, which may take minutes; leave when all is done.

    Raises
    ------
    DatabaseFailedError, DatabaseUnavailableError
    """
    async with services.database.reading() as session:
        known = await DeviceRepository(session, device).find()
    if known is not None:
        yield BegunUpload(device, known.first_seen_at)
        return
    async with services.database.transaction() as session:
        mark = await AnswerRepository(session, device).claim(
            route=_ROUTE, key=str(ObjectId()), fingerprint="", now=services.read_clock(), lease=LEASE
        )
    assert isinstance(mark, ClaimedKey), "nobody else has this key"
    begun = BegunUpload(device, None, mark)
    try:
        yield begun
    finally:
        await finish(_release(services, begun))


async def _release(services: Services, begun: BegunUpload) -> None:
    if begun.mark is None:
        return
    try:
        async with services.database.transaction() as session:
            await AnswerRepository(session, begun.device).release(begun.mark)
    except AppError:
        log.exception("the mark of an upload that came to nothing is left to the sweeper")
