"""What all repositories share: the device they are made for, and pages."""

from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.devices import DeviceId

_FARTHEST: Final = 2**62
"""Rows that a list can skip: what a database's integers hold, and no list has."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: pages count from 1."""

    number: int
    size: int

    def __post_init__(self) -> None:
        if self.number < 1 or self.size < 1:
            raise ValueError("pages and their sizes count from 1")

    @property
    def offset(self) -> int:
        return min((self.number - 1) * self.size, _FARTHEST)


class DeviceScope:
    """A session in which one device's rows are reached."""

    def __init__(self, session: AsyncSession, device: DeviceId) -> None:
        self._session = session
        self._device = device.digest

    async def _count_changed(self, statement: Executable) -> int:
        return cast("CursorResult[object]", await self._session.execute(statement)).rowcount
