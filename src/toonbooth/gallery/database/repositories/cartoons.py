"""The rows of cartoons, and the two steps in which regenerations and downloads meet."""

from datetime import datetime

from bson import ObjectId
from sqlalchemy import ColumnElement, delete, select, update

from toonbooth.gallery.database.columns import Faces
from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import Original, RegeneratedCartoon
from toonbooth.gallery.errors import CartoonNotFoundError, OriginalNotFoundError


class CartoonRepository(DeviceScope):
    """The cartoons that wait for one of them to be downloaded."""

    async def add(
        self,
        original: Original,
        *,
        cartoon_id: ObjectId,
        key: str,
        style: str | None,
        seed: int | None,
        faces: Faces | None,
        now: datetime,
    ) -> RegeneratedCartoon:
        """Add a drawing of `original` as it was read before the drawing began; its file is in its place.

        Raises
        ------
        OriginalNotFoundError
            When a download has overtaken the drawing, or the original is gone. The file is then the
            caller's to delete.
        """
        # Locked (where the database locks rows), so that no download begins between this look and the commit.
        query = (
            select(Original.downloads)
            .where(Original.id == original.id, Original.device == self._device)
            .with_for_update()
        )
        if await self._session.scalar(query) != original.downloads:
            raise OriginalNotFoundError
        cartoon = RegeneratedCartoon(
            id=cartoon_id,
            original_id=original.id,
            device=self._device,
            key=key,
            style=style,
            seed=seed,
            faces=faces,
            created_at=now,
        )
        self._session.add(cartoon)
        await self._session.flush()
        return cartoon

    async def get(self, cartoon_id: ObjectId) -> RegeneratedCartoon:
        """Read one cartoon.

        Raises
        ------
        CartoonNotFoundError
            When it isn't there or is another device's.
        """
        query = select(RegeneratedCartoon).where(
            RegeneratedCartoon.id == cartoon_id, RegeneratedCartoon.device == self._device
        )
        cartoon = await self._session.scalar(query)
        if cartoon is None:
            raise CartoonNotFoundError
        return cartoon

    async def list_of(self, original_id: ObjectId) -> list[RegeneratedCartoon]:
        """All cartoons of one original, newest first; equal times by id."""
        query = (
            select(RegeneratedCartoon)
            .where(*self._belongs_to(original_id))
            .order_by(RegeneratedCartoon.created_at.desc(), RegeneratedCartoon.id.desc())
        )
        return list(await self._session.scalars(query))

    async def list_all(self) -> list[RegeneratedCartoon]:
        """All cartoons of all originals of the device, in no order."""
        originals = select(Original.id).where(Original.device == self._device)
        query = select(RegeneratedCartoon).where(
            RegeneratedCartoon.original_id.in_(originals), RegeneratedCartoon.device == self._device
        )
        return list(await self._session.scalars(query))

    async def find_last_of(self, original_id: ObjectId) -> RegeneratedCartoon | None:
        """The newest cartoon of one original."""
        query = (
            select(RegeneratedCartoon)
            .where(*self._belongs_to(original_id))
            .order_by(RegeneratedCartoon.created_at.desc(), RegeneratedCartoon.id.desc())
            .limit(1)
        )
        return await self._session.scalar(query)

    async def claim_for_download(self, cartoon_id: ObjectId) -> list[str]:
        """Delete the rows of the chosen cartoon and of its siblings; returns the keys of their files.

        Of two downloads at once, one gets through. Drawings of the same original that are under way come
        too late from here on.

        Raises
        ------
        CartoonNotFoundError
            When the cartoon is gone, or is another device's.
        """
        chosen = await self.get(cartoon_id)
        # The original's row first: a second download waits here, before it holds a cartoon that we need.
        await self._session.execute(
            update(Original)
            .where(Original.id == chosen.original_id, Original.device == self._device)
            .values(downloads=Original.downloads + 1)
        )
        deleted = await self._session.execute(
            delete(RegeneratedCartoon)
            .where(*self._belongs_to(chosen.original_id))
            .returning(RegeneratedCartoon.id, RegeneratedCartoon.key)
            .execution_options(synchronize_session=False)
        )
        keys = {row.id: row.key for row in deleted}
        if cartoon_id not in keys:
            raise CartoonNotFoundError
        return list(keys.values())

    def _belongs_to(self, original_id: ObjectId) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (RegeneratedCartoon.original_id == original_id, RegeneratedCartoon.device == self._device)
