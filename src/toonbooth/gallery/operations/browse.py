"""Lists what a device has, and says which files it may see."""

from dataclasses import dataclass

from toonbooth.gallery.database.repositories import FaceRepository, FileRepository, OriginalRepository, Page
from toonbooth.gallery.database.tables import DownloadedFace, Original
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


async def list_downloaded_faces(services: Services, device: DeviceId, page: Page) -> FacePage:
    """One page of downloaded faces, newest first."""
    async with services.database.reading() as session:
        repository = FaceRepository(session, device)
        return FacePage(faces=await repository.list_newest_first(page), total=await repository.count())


async def may_see(services: Services, device: DeviceId, key: str) -> bool:
    """Whether a file belongs to a device."""
    async with services.database.reading() as session:
        return await FileRepository(session, device).owns(key)
