"""Takes a photo in: cleaned, stored, drawn once, and then, in one step, known to the device."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bson import ObjectId
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.blobs.keys import BlobFolder
from toonbooth.gallery.blobs.staging import StagedFile
from toonbooth.gallery.database.repositories import DeviceRepository, OriginalRepository
from toonbooth.gallery.database.tables import Original, RegeneratedCartoon
from toonbooth.gallery.errors import TooManyOriginalsError
from toonbooth.gallery.operations.begun_uploads import BegunUpload
from toonbooth.gallery.operations.drawing import check_style, draw
from toonbooth.gallery.operations.new_blobs import new_blobs
from toonbooth.gallery.operations.photo_files import clean_photo
from toonbooth.gallery.services import Services
from toonbooth.gallery.studio_progress import Listener
from toonbooth.gallery.wishes import DrawingWishes


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload has added."""

    original: Original
    cartoon: RegeneratedCartoon


async def upload_photo(
    services: Services,
    begun: BegunUpload,
    uploaded: StagedFile,
    wishes: DrawingWishes,
    *,
    on_commit: Callable[[AsyncSession, Uploaded], Awaitable[None]],
    listener: Listener | None = None,
) -> None:
    """Store a photo and its first cartoon; `on_commit` runs in the transaction that adds them; a
    listener hears how far the drawing is.

    Raises
    ------
    OriginalNotFoundError
        When the device was erased since the upload began.
    TooManyOriginalsError
        When the device keeps as many photos as it may.
    AppError
        Nothing is stored then.
    """
    device, most = begun.device, services.settings.max_originals_per_device
    async with services.database.reading() as session:
        if await OriginalRepository(session, device).count() >= most:
            raise TooManyOriginalsError(most)
    await check_style(services, wishes.style)
    original_id = ObjectId()
    async with new_blobs(services.blobs) as files:
        async with clean_photo(services, uploaded) as photo:
            now = services.read_clock()
            blob = await files.commit(
                photo.file,
                folder=BlobFolder.ORIGINALS,
                identifier=device.prefix,
                suffix=photo.format.suffix,
                now=now,
            )
        drawing = await draw(services, files, blob, original_id=original_id, wishes=wishes, listener=listener)
        async with services.database.transaction() as session:
            await begun.register_device(session, now=now)
            await DeviceRepository(session, device).lock()
            originals = OriginalRepository(session, device)
            if await originals.count() >= most:
                # Others came in while this one was drawn.
                raise TooManyOriginalsError(most)
            original = await originals.add(
                original_id=original_id,
                key=blob.key,
                media_type=photo.format.media_type,
                file_size=blob.size,
                now=now,
            )
            cartoon = await drawing.add(session, device, original)
            await on_commit(session, Uploaded(original, cartoon))
            files.hand_over(now=services.read_clock())
    services.rendition_maker.prepare(blob)
