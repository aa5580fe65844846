"""A device's id: the only credential a client has, so it is kept out of rows, logs and messages."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Self

_HYPHENATED_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_PREFIX_CHARACTERS: Final = 8


@dataclass(frozen=True, slots=True)
class DeviceId:
    """Who owns. Made by `parse`; neither `repr` nor `str` shows the id."""

    digest: str
    """SHA-256 of the id in lower case, as 64 hexadecimal digits: what rows hold."""

    prefix: str = field(repr=False)
    """The first 8 characters in lower case: the guide puts them into the names of originals."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a UUID of any version in its hyphenated form; capitals don't make another device.

        Raises
        ------
        ValueError
            When it is anything else. The text is not repeated.
        """
        if not _HYPHENATED_UUID.fullmatch(text):
            raise ValueError("not a UUID in hyphenated form")
        canonical = text.lower()
        digest = hashlib.sha256(canonical.encode("ascii")).hexdigest()
        return cls(digest=digest, prefix=canonical[:_PREFIX_CHARACTERS])
