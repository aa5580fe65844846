"""Names of blobs, as the guide has them: `{folder}/{milliseconds}_{identifier}{suffix}`."""

import re
from enum import StrEnum
from typing import Final


class BlobFolder(StrEnum):
    """The `type` of `/uploads/:type/:filename`."""

    ORIGINALS = "originals"
    TEMP = "temp"
    DOWNLOADED = "downloaded"


MEDIA_TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
"""What is stored, by the ending of its name."""

_SUFFIXES: Final = "|".join(re.escape(suffix) for suffix in MEDIA_TYPES)
_KEY: Final = re.compile(
    rf"(?:originals/[0-9]{{13}}_[0-9a-f]{{8}}|(?:temp|downloaded)/[0-9]{{13}}_[0-9a-f]{{24}})(?:{_SUFFIXES})"
)

_IN_FOLDER: Final = re.compile(r"(?:originals|temp|downloaded)/(?!\.{1,2}\Z)[^/\0]+", re.DOTALL)


def make_key(folder: BlobFolder, *, milliseconds: int, identifier: str, suffix: str) -> str:
    """Put a key together: the identifier is a device's prefix or an original's id.

    Raises
    ------
    ValueError
        When the parts don't make a key.
    """
    key = f"{folder.value}/{milliseconds}_{identifier}{suffix}"
    if not is_key(key):
        raise ValueError(f"not the parts of a key: {key!r}")
    return key


def is_key(text: str) -> bool:
    """Whether a text is exactly a key. No other text is ever a part of a path."""
    return _KEY.fullmatch(text) is not None


def is_in_folder(text: str) -> bool:
    """Whether a text names a file in one of the folders, of us or of somebody else, and nothing outside."""
    return _IN_FOLDER.fullmatch(text) is not None


def get_media_type(key: str) -> str:
    """The media type of what a key names."""
    return MEDIA_TYPES[key[key.rindex(".") :]]
