"""Makes JPEGs of other kinds of picture. Runs in worker processes, which can be killed.

The decoders are imported there only: the gallery's own process never loads them.
"""

from pathlib import Path

from toonbooth.imaging.codec import BrokenImageError, ImageError


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
