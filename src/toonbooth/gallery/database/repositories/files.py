"""The files that rows name."""

from typing import Final

from sqlalchemy import select

from toonbooth.gallery.database.repositories.scope import DeviceScope
from toonbooth.gallery.database.tables import DownloadedFace, Original, RegeneratedCartoon

_TABLES_BY_FOLDER: Final[dict[str, type[Original | RegeneratedCartoon | DownloadedFace]]] = {
    "originals": Original,
    "temp": RegeneratedCartoon,
    "downloaded": DownloadedFace,
}


class FileRepository(DeviceScope):
    """Which files a device may see."""

    async def owns(self, key: str) -> bool:
        """Whether a row of this device names the file."""
        table = _TABLES_BY_FOLDER.get(key.partition("/")[0])
        if table is None:
            return False
        query = select(table.id).where(table.key == key, table.device == self._device)
        return await self._session.scalar(query) is not None
