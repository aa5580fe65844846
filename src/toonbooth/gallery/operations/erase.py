"""Deletes what a device no longer wants kept: rows first, then files, so that no row ever lacks its file."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from toonbooth.gallery.database.repositories import ErasedRows, ErasureRepository
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.operations.unreferenced import delete_unreferenced
from toonbooth.gallery.services import Storage


@dataclass(frozen=True, slots=True)
class Erased:
    """How much is gone."""

    originals: int
    cartoons: int
    faces: int
    files: int


async def erase_original(storage: Storage, device: DeviceId, original_id: ObjectId) -> Erased:
    """Delete a photo with its cartoons and faces; a drawing of it that is under way stores nothing.

    Raises
    ------
    OriginalNotFoundError
        When it isn't there, also when it was deleted before.
    """
    return await _erase(storage, device, lambda repository: repository.erase_original(original_id))


async def erase_cartoon(storage: Storage, device: DeviceId, cartoon_id: ObjectId) -> Erased:
    """Delete one cartoon.

    Raises
    ------
    CartoonNotFoundError
        When it isn't there, also when it was deleted before.
    """
    return await _erase(storage, device, lambda repository: repository.erase_cartoon(cartoon_id))


async def erase_face(storage: Storage, device: DeviceId, face_id: ObjectId) -> Erased:
    """Delete one downloaded face.

    Raises
    ------
    FaceNotFoundError
        When it isn't there, also when it was deleted before.
    """
    return await _erase(storage, device, lambda repository: repository.erase_face(face_id))


async def erase_device(
    storage: Storage, device: DeviceId, *, unless_seen_since: datetime | None = None
) -> Erased:
    """Forget a device: everything that it has, and that it was ever here."""
    return await _erase(
        storage, device, lambda repository: repository.erase_device(unless_seen_since=unless_seen_since)
    )


async def _erase(
    storage: Storage, device: DeviceId, delete_rows: Callable[[ErasureRepository], Awaitable[ErasedRows]]
) -> Erased:
    async with storage.database.transaction() as session:
        rows = await delete_rows(ErasureRepository(session, device))
    return Erased(
        originals=len(rows.originals),
        cartoons=len(rows.cartoons),
        faces=len(rows.faces),
        files=await delete_unreferenced(storage.blobs, rows.keys),
    )
