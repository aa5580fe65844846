"""Cuts the face out of the chosen cartoon and keeps it; the original's cartoons vanish in the same step."""

from collections.abc import Awaitable, Callable

from bson import ObjectId
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.gallery.blobs.keys import BlobFolder, get_media_type
from toonbooth.gallery.database.repositories import CartoonRepository, DeviceRepository, FaceRepository
from toonbooth.gallery.database.tables import DownloadedFace
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.links import FileLinks
from toonbooth.gallery.operations.new_blobs import new_blobs
from toonbooth.gallery.operations.pictures import store_picture
from toonbooth.gallery.operations.unreferenced import delete_unreferenced
from toonbooth.gallery.services import Services
from toonbooth.gallery.wishes import CutWishes, FaceFormat
from toonbooth.imaging.codec import ImageFormat
from toonbooth.kit.errors import AppError

_JPEG_ONLY = frozenset({ImageFormat.JPEG})
_SHOWN_EVERYWHERE = frozenset({ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP})


async def download_face(
    services: Services,
    device: DeviceId,
    cartoon_id: ObjectId,
    wishes: CutWishes,
    *,
    on_commit: Callable[[AsyncSession, DownloadedFace], Awaitable[None]],
) -> None:
    """Turn a cartoon into a downloaded face; `on_commit` runs in the transaction that adds it.

    Raises
    ------
    CartoonNotFoundError
        When the cartoon isn't there, or another download was faster.
    PictureNotFoundError
        When its file has gone.
    AppError
        What the studio's client raises. All cartoons are still there then.
    """
    async with services.database.reading() as session:
        cartoon = await CartoonRepository(session, device).get(cartoon_id)
    await services.blobs.stat(cartoon.key)

    # The studio's way to the file is configured; what clients call us by must never lead it anywhere.
    links = FileLinks(services.settings.internal_url, services.signer, services.read_clock())
    try:
        picture = await services.studio.process_face_cut(links.to_unredirected(cartoon.key), wishes)
    except AppError:
        # When somebody else has taken the cartoon meanwhile, the studio did not find its file.
        async with services.database.reading() as session:
            await CartoonRepository(session, device).get(cartoon_id)
        raise

    async with new_blobs(services.blobs) as files:
        now = services.read_clock()
        blob = await store_picture(
            services,
            files,
            picture.content,
            folder=BlobFolder.DOWNLOADED,
            original_id=cartoon.original_id,
            kept_formats=_JPEG_ONLY if wishes.format in {None, FaceFormat.JPG} else _SHOWN_EVERYWHERE,
            now=now,
        )
        async with services.database.transaction() as session:
            orphaned_keys = await CartoonRepository(session, device).claim_for_download(cartoon_id)
            face = await FaceRepository(session, device).add(
                face_id=ObjectId(),
                original_id=cartoon.original_id,
                key=blob.key,
                media_type=get_media_type(blob.key),
                file_size=blob.size,
                now=now,
            )
            await DeviceRepository(session, device).touch(now=now)
            await on_commit(session, face)
            files.hand_over(now=services.read_clock())
    await delete_unreferenced(services.blobs, orphaned_keys)
