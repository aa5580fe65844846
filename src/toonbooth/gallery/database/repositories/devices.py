"""The rows of devices."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import Device

_SEEN_PRECISION: Final = timedelta(hours=1)
"""How exact `last_seen_at` is; noting every request would cost a write each."""


class DeviceRepository(DeviceScope):
    """The device itself. It gets its row with its first upload."""

    async def register(self, *, now: datetime) -> None:
        """Make the row when there is none; note that the device was here. Does no harm when repeated."""
        if await self._session.get(Device, self._device) is not None:
            await self.touch(now=now)
            return
        try:
            async with self._session.begin_nested():
                self._session.add(Device(id=self._device, first_seen_at=now, last_seen_at=now))
        except IntegrityError:
            # Another gallery on the same database was a moment faster; that is as good.
            await self.touch(now=now)

    async def touch(self, *, now: datetime) -> None:
        """Note that the device was here, to the hour; an unknown device stays unknown."""
        await self._session.execute(
            update(Device)
            .where(Device.id == self._device, Device.last_seen_at <= now - _SEEN_PRECISION)
            .values(last_seen_at=now)
        )
