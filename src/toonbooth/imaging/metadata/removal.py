"""Which container is cleaned by whom."""

from typing import BinaryIO

from toonbooth.imaging.codec.formats import ImageFormat
from toonbooth.imaging.metadata.jpeg import clean_jpeg
from toonbooth.imaging.metadata.png import clean_png
from toonbooth.imaging.metadata.webp import clean_webp

_CLEANERS = {ImageFormat.JPEG: clean_jpeg, ImageFormat.PNG: clean_png, ImageFormat.WEBP: clean_webp}


def remove_private_metadata(source: BinaryIO, target: BinaryIO, image_format: ImageFormat) -> None:
    """Copy a photo without its private metadata.

    Pixels, colour profile and the way up are kept. On an error the target holds half a picture.

    Parameters
    ----------
    source : opened for reading, seekable
    target : opened for writing; nothing is read back from it
    image_format : JPEG, PNG or WebP, as `identify` told. HEIC and AVIF are converted instead.

    Raises
    ------
    BrokenImageError
        If the structure of the file is damaged anywhere up to the end of the image.
    ValueError
        If the format is another one.
    """
    cleaner = _CLEANERS.get(image_format)
    if cleaner is None:
        raise ValueError(f"{image_format} is converted, not cleaned")
    cleaner(source, target)
