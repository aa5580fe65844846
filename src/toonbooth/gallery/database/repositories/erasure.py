"""Deletes what a device has, whole: with an original go its cartoons and faces, with a device everything.

Files are the caller's to delete, once the rows are gone for good.
"""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId
from sqlalchemy import ColumnElement, delete, select

from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import (
    Device,
    DownloadedFace,
    IdempotentAnswer,
    Job,
    Original,
    RegeneratedCartoon,
)
from toonbooth.gallery.errors import CartoonNotFoundError, FaceNotFoundError, OriginalNotFoundError


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """The keys of the files whose rows are gone."""

    originals: tuple[str, ...] = ()
    cartoons: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return self.originals + self.cartoons + self.faces


class ErasureRepository(DeviceScope):
    """Deletes rows of one device, in the order that references between them ask for."""

    async def erase_original(self, original_id: ObjectId) -> ErasedRows:
        """Delete a photo, its cartoons and its faces. Drawings of it that are under way come too late.

        Raises
        ------
        OriginalNotFoundError
            When it isn't there or is another device's.
        """
        # Its row first: whoever adds a cartoon or a face to it waits here, and then finds it gone.
        query = (
            select(Original.id)
            .where(Original.id == original_id, Original.device == self._device)
            .with_for_update()
        )
        if await self._session.scalar(query) is None:
            raise OriginalNotFoundError
        return await self._erase_originals(Original.id == original_id)

    async def erase_cartoon(self, cartoon_id: ObjectId) -> ErasedRows:
        """Delete one cartoon.

        Raises
        ------
        CartoonNotFoundError
            When it isn't there or is another device's.
        """
        keys = await self._delete(RegeneratedCartoon, RegeneratedCartoon.id == cartoon_id)
        if not keys:
            raise CartoonNotFoundError
        return ErasedRows(cartoons=keys)

    async def erase_face(self, face_id: ObjectId) -> ErasedRows:
        """Delete one downloaded face.

        Raises
        ------
        FaceNotFoundError
            When it isn't there or is another device's.
        """
        keys = await self._delete(DownloadedFace, DownloadedFace.id == face_id)
        if not keys:
            raise FaceNotFoundError
        return ErasedRows(faces=keys)

    async def erase_device(self, *, unless_seen_since: datetime | None = None) -> ErasedRows:
        """Delete everything of the device, kept answers too; nothing when it was seen since that moment.

        Requests of the device that are under way come too late: an upload misses the device that it began
        with, or its mark, or its claim to answer.
        """
        device = await self._session.scalar(select(Device).where(Device.id == self._device).with_for_update())
        if unless_seen_since is not None and (device is None or device.last_seen_at >= unless_seen_since):
            return ErasedRows()
        for table in (IdempotentAnswer, Job):
            await self._session.execute(delete(table).where(table.device == self._device))
        erased = await self._erase_originals(Original.device == self._device)
        await self._session.execute(delete(Device).where(Device.id == self._device))
        return erased

    async def _erase_originals(self, which: ColumnElement[bool]) -> ErasedRows:
        ids = select(Original.id).where(which, Original.device == self._device)
        return ErasedRows(
            cartoons=await self._delete(RegeneratedCartoon, RegeneratedCartoon.original_id.in_(ids)),
            faces=await self._delete(DownloadedFace, DownloadedFace.original_id.in_(ids)),
            originals=await self._delete(Original, which),
        )

    async def _delete(
        self, table: type[Original | RegeneratedCartoon | DownloadedFace], which: ColumnElement[bool]
    ) -> tuple[str, ...]:
        statement = (
            delete(table)
            .where(which, table.device == self._device)
            .returning(table.key)
            .execution_options(synchronize_session=False)
        )
        return tuple(await self._session.scalars(statement))
