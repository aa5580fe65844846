"""Lists what a device has, and says which files it may see."""

from dataclasses import dataclass

from bson import ObjectId

from toonbooth.gallery.database.repositories import (
    CartoonRepository,
    DeviceRepository,
    FaceRepository,
    FileRepository,
    OriginalRepository,
    Page,
)
from toonbooth.gallery.database.tables import Device, DownloadedFace, Original, RegeneratedCartoon
from toonbooth.gallery.devices import DeviceId
from toonbooth.gallery.services import Services


@dataclass(frozen=True, slots=True)
class FacePage:
    """A page of downloaded faces, and how many there are in all."""

    faces: list[DownloadedFace]
    total: int


async def list_originals(services: Services, device: DeviceId, page: Page | None) -> list[Original]:
    """All photos, or one page of them, newest first."""
    async with services.database.reading() as session:
        return await OriginalRepository(session, device).list_newest_first(page)


async def list_cartoons(
    services: Services, device: DeviceId, original_id: ObjectId
) -> list[RegeneratedCartoon]:
    """The cartoons of a photo that wait for one of them to be downloaded, newest first.

    Raises
    ------
    OriginalNotFoundError
    """
    async with services.database.reading() as session:
        await OriginalRepository(session, device).get(original_id)
        return await CartoonRepository(session, device).list_of(original_id)


async def list_downloaded_faces(services: Services, device: DeviceId, page: Page) -> FacePage:
    """One page of downloaded faces, newest first."""
    async with services.database.reading() as session:
        repository = FaceRepository(session, device)
        return FacePage(faces=await repository.list_newest_first(page), total=await repository.count())


@dataclass(frozen=True, slots=True)
class Belongings:
    """All that a device has; photos and faces newest first."""

    device: Device | None
    originals: list[Original]
    cartoons: list[RegeneratedCartoon]
    faces: list[DownloadedFace]

    @property
    def rows(self) -> list[Original | RegeneratedCartoon | DownloadedFace]:
        """All that have a file."""
        return [*self.originals, *self.cartoons, *self.faces]


async def list_belongings(services: Services, device: DeviceId) -> Belongings:
    """All that a device has, as it was at one moment."""
    async with services.database.reading() as session:
        return Belongings(
            device=await DeviceRepository(session, device).find(),
            originals=await OriginalRepository(session, device).list_newest_first(),
            cartoons=await CartoonRepository(session, device).list_all(),
            faces=await FaceRepository(session, device).list_all(),
        )


async def may_see(services: Services, device: DeviceId, key: str) -> bool:
    """Whether a file belongs to a device."""
    async with services.database.reading() as session:
        return await FileRepository(session, device).owns(key)
