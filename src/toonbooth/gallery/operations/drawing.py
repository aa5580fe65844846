"""Has a stored photo drawn and adds the cartoon: what an upload and a regeneration share."""

from dataclasses import dataclass, field
from datetime import datetime

from bson import ObjectId
from sqlalchemy.ext.asyncio import AsyncSession

from toonbooth.contract import FaceSummary
from toonbooth.gallery.blobs.interface import Blob
from toonbooth.gallery.blobs.keys import BlobFolder, get_media_type
from toonbooth.gallery.database.repositories import CartoonRepository
from toonbooth.gallery.database.tables import Original, RegeneratedCartoon
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.errors import UnknownStyleError
from toonbooth.gallery.operations.new_blobs import NewBlobs
from toonbooth.gallery.operations.pictures import store_picture
from toonbooth.gallery.photo_form import Photo
from toonbooth.gallery.services import Services
from toonbooth.gallery.studio_progress import Listener
from toonbooth.gallery.wishes import DrawingWishes
from toonbooth.imaging.codec import ImageFormat

_CARTOON_FORMATS = frozenset({ImageFormat.JPEG})


@dataclass(frozen=True, slots=True)
class Drawing:
    """A cartoon whose file is in its place and that has no row yet."""

    blob: Blob
    style: str | None
    seed: int | None
    faces: tuple[FaceSummary, ...] | None
    drawn_at: datetime
    cartoon_id: ObjectId = field(default_factory=ObjectId)

    async def add(self, session: AsyncSession, device: DeviceId, original: Original) -> RegeneratedCartoon:
        """Give it its row.

        Raises
        ------
        OriginalNotFoundError
            When a download has overtaken the drawing.
        """
        return await CartoonRepository(session, device).add(
            original,
            cartoon_id=self.cartoon_id,
            key=self.blob.key,
            style=self.style,
            seed=self.seed,
            faces=self.faces,
            now=self.drawn_at,
        )


async def check_style(services: Services, style: str | None) -> None:
    """Refuse a style that the studio doesn't have, before anything is stored.

    Raises
    ------
    UnknownStyleError
    """
    if style is None:
        return
    names = [known.name for known in await services.studio.list_styles()]
    if names and style not in names:
        raise UnknownStyleError(f"There is no style of this name. Choose one of: {', '.join(names)}.")


async def draw(
    services: Services,
    files: NewBlobs,
    photo: Blob,
    *,
    original_id: ObjectId,
    wishes: DrawingWishes,
    listener: Listener | None,
) -> Drawing:
    """Have a photo drawn and store the cartoon's file; a listener hears how far it is.

    Raises
    ------
    PictureNotFoundError
        When the photo's file has gone.
    AppError
        What the studio's client raises.
    """
    picture = await services.studio.generate_cartoon(
        Photo(
            size=photo.size,
            media_type=get_media_type(photo.key),
            extension=photo.key.rpartition(".")[2],
            open_chunks=lambda: services.blobs.stream(photo.key),
        ),
        wishes,
        listener=listener,
    )
    now = services.read_clock()
    blob = await store_picture(
        services,
        files,
        picture.content,
        folder=BlobFolder.TEMP,
        original_id=original_id,
        kept_formats=_CARTOON_FORMATS,
        now=now,
    )
    # A server that doesn't tell may still have listened.
    return Drawing(
        blob=blob,
        style=picture.style or wishes.style,
        seed=wishes.seed if picture.seed is None else picture.seed,
        faces=picture.faces,
        drawn_at=now,
    )
