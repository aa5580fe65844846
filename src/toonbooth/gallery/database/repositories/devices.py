"""The rows of devices."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import Device
from toonbooth.gallery.errors import OriginalNotFoundError

_SEEN_PRECISION: Final = timedelta(hours=1)
"""How exact `last_seen_at` is; noting every request would cost a write each."""


class DeviceRepository(DeviceScope):
    """The device itself. It gets its row with its first upload."""

    async def find(self) -> Device | None:
        """The device; None when it has never uploaded anything, or was erased."""
        return await self._session.get(Device, self._device)

    async def register(self, *, now: datetime, known_since: datetime | None = None) -> None:
        """Make the row when there is none; note that the device was here. Does no harm when repeated.

        Parameters
        ----------
        known_since : when the device was first seen, as read before the photo was worked on.

        Raises
        ------
        OriginalNotFoundError
            When the device has been erased since then: what it sent before is not kept.
        """
        # Locked (where the database locks rows), so that nobody erases it between this look and the commit.
        query = select(Device.first_seen_at).where(Device.id == self._device).with_for_update()
        first_seen_at = await self._session.scalar(query)
        if known_since not in {None, first_seen_at}:
            raise OriginalNotFoundError
        if first_seen_at is not None:
            await self.touch(now=now)
            return
        try:
            async with self._session.begin_nested():
                self._session.add(Device(id=self._device, first_seen_at=now, last_seen_at=now))
        except IntegrityError:
            # Another gallery on the same database was a moment faster; that is as good.
            await self.touch(now=now)

    async def lock(self) -> None:
        """Have other transactions that lock the same device wait for the end of this one.

        So what is counted now is still true when a row is added. (SQLite has one writer at a time anyway.)
        """
        await self._session.execute(select(Device.id).where(Device.id == self._device).with_for_update())

    async def touch(self, *, now: datetime) -> None:
        """Note that the device was here, to the hour; an unknown device stays unknown."""
        await self._session.execute(
            update(Device)
            .where(Device.id == self._device, Device.last_seen_at <= now - _SEEN_PRECISION)
            .values(last_seen_at=now)
        )
