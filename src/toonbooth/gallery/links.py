"""Where a stored file is found: the address that is handed out for its key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from toonbooth.gallery.signing import UrlSigner
from toonbooth.gallery.studio_replies import StyleInfo

UPLOADS_PATH: Final = "/uploads"
WIDTH_PARAMETER: Final = "w"
VIA_PARAMETER: Final = "via"
VIA_GALLERY: Final = "gallery"
_THUMBNAIL_WIDTH: Final = 320


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Addresses as one request hands them out. `base_url` has no slash at its end."""

    base_url: str
    signer: UrlSigner
    now: datetime

    def to_preview(self, style: StyleInfo) -> str | None:
        """The absolute address of a style's preview, another one whenever the picture changes."""
        if style.preview_path is None:
            return None
        return f"{self.base_url}{get_preview_path(style.name)}?v={style.preview_version}"

    def to(self, key: str) -> str:
        """The absolute, signed address of a file."""
        path = get_path(key)
        return f"{self.base_url}{path}?{self.signer.sign(path, now=self.now)}"

    def to_thumbnail(self, key: str) -> str:
        """The address of a smaller version. Its width isn't signed: whoever may see a picture may see it in
        any of the few widths that there are.
        """
        return f"{self.to(key)}&{WIDTH_PARAMETER}={_THUMBNAIL_WIDTH}"

    def to_unredirected(self, key: str) -> str:
        """The address for whoever follows no redirect to a bucket, as the studio. What is added isn't signed:
        it opens no more than the other.
        """
        return f"{self.to(key)}&{VIA_PARAMETER}={VIA_GALLERY}"


def get_preview_path(style: str) -> str:
    """The path at which a style's preview is served, to everybody."""
    return f"/api/styles/{style}/preview"


def get_path(key: str) -> str:
    """The path at which a file is served, and that is signed. A base URL's own path isn't part of it: a proxy
    takes that off.
    """
    return f"{UPLOADS_PATH}/{key}"
