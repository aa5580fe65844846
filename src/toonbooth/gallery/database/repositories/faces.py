"""The rows of downloaded faces."""

from datetime import datetime

from bson import ObjectId
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from toonbooth.gallery.database.repositories.scope import DeviceScope, Page
from toonbooth.gallery.database.tables import DownloadedFace


class FaceRepository(DeviceScope):
    """The downloaded faces of one device."""

    async def add(
        self,
        *,
        face_id: ObjectId,
        original_id: ObjectId,
        key: str,
        media_type: str,
        file_size: int,
        now: datetime,
    ) -> DownloadedFace:
        """Add a face whose file is in its place, in the transaction that claimed its cartoon."""
        face = DownloadedFace(
            id=face_id,
            original_id=original_id,
            device=self._device,
            key=key,
            media_type=media_type,
            file_size=file_size,
            created_at=now,
        )
        self._session.add(face)
        await self._session.flush()
        return face

    async def list_newest_first(self, page: Page) -> list[DownloadedFace]:
        """One page of faces, each with its `original`; equal times by id."""
        query = (
            select(DownloadedFace)
            .join(DownloadedFace.original)
            .options(contains_eager(DownloadedFace.original))
            .where(DownloadedFace.device == self._device)
            .order_by(DownloadedFace.created_at.desc(), DownloadedFace.id.desc())
            .limit(page.size)
            .offset(page.offset)
        )
        return list(await self._session.scalars(query))

    async def list_all(self) -> list[DownloadedFace]:
        """All faces, without their originals; newest first, equal times by id."""
        query = (
            select(DownloadedFace)
            .where(DownloadedFace.device == self._device)
            .order_by(DownloadedFace.created_at.desc(), DownloadedFace.id.desc())
        )
        return list(await self._session.scalars(query))

    async def count(self) -> int:
        """How many there are in all."""
        query = select(func.count()).select_from(DownloadedFace).where(DownloadedFace.device == self._device)
        return (await self._session.execute(query)).scalar_one()
