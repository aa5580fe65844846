"""The rows of originals."""

from datetime import datetime

from bson import ObjectId
from sqlalchemy import func, select

from toonbooth.gallery.database.repositories.scope import DeviceScope, Page
from toonbooth.gallery.database.tables import Original
from toonbooth.gallery.errors import OriginalNotFoundError


class OriginalRepository(DeviceScope):
    """The photos of one device."""

    async def add(
        self, *, original_id: ObjectId, key: str, media_type: str, file_size: int, now: datetime
    ) -> Original:
        """Add a photo whose file is in its place; the device must be registered."""
        original = Original(
            id=original_id,
            device=self._device,
            key=key,
            media_type=media_type,
            file_size=file_size,
            downloads=0,
            created_at=now,
        )
        self._session.add(original)
        await self._session.flush()
        return original

    async def get(self, original_id: ObjectId) -> Original:
        """Read one photo.

        Raises
        ------
        OriginalNotFoundError
            When it isn't there or is another device's.
        """
        query = select(Original).where(Original.id == original_id, Original.device == self._device)
        original = await self._session.scalar(query)
        if original is None:
            raise OriginalNotFoundError
        return original

    async def list_newest_first(self, page: Page | None = None) -> list[Original]:
        """All photos, or one page of them; equal times by id."""
        query = (
            select(Original)
            .where(Original.device == self._device)
            .order_by(Original.created_at.desc(), Original.id.desc())
        )
        if page is not None:
            query = query.limit(page.size).offset(page.offset)
        return list(await self._session.scalars(query))

    async def count(self) -> int:
        """How many there are in all."""
        query = select(func.count()).select_from(Original).where(Original.device == self._device)
        return (await self._session.execute(query)).scalar_one()
