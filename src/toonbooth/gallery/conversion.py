"""Makes JPEGs of other kinds of picture, and small pictures of large ones.

This runs in worker processes, which can be killed.

The decoders are imported there only: the gallery's own process never loads them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from toonbooth.imaging.codec import BrokenImageError, ImageError

if TYPE_CHECKING:
    from toonbooth.imaging.codec.renditions import RenditionFormat


def convert_picture(content: bytes) -> bytes:
    """A picture of any accepted kind as a JPEG.

    Raises
    ------
    BrokenImageError
        Only exceptions with plain arguments leave a worker unharmed.
    """
    from toonbooth.imaging.codec import convert_to_jpeg

    try:
        return convert_to_jpeg(content)
    except ImageError as error:
        raise BrokenImageError(str(error)) from None


def convert_file(source: Path, target: Path) -> None:
    """The same from file to file; see `convert_picture`."""
    target.write_bytes(convert_picture(source.read_bytes()))


def shrink_picture(content: bytes, width: int, target: "RenditionFormat", keep_alpha: bool) -> bytes:  # noqa: FBT001 - `WorkerPool.run` passes no keywords
    """See `make_rendition`; raises `BrokenImageError` for what isn't a picture."""
    from toonbooth.imaging.codec import make_rendition

    try:
        return make_rendition(content, width=width, target=target, keep_alpha=keep_alpha)
    except ImageError as error:
        raise BrokenImageError(str(error)) from None
