"""Reads `Range` and the conditions of a request for a file (RFC 9110, sections 13 and 14). Pure."""

import re
from dataclasses import dataclass
from typing import Final

_SINGLE_RANGE: Final = re.compile(
    r"bytes=\s*(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to, not with, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class UnsatisfiableRangeError(ValueError):
    """The range starts behind the end of the file."""


def read_range(header: str | None, *, size: int) -> ByteRange | None:
    """The one range that a request asks for; None when the whole file is the answer.

    A server may ignore the header (RFC 9110, 14.2). We do so for other units, for malformed ranges and for
    several at once, which no client of pictures sends and which have served to make servers work hard.

    Raises
    ------
    UnsatisfiableRangeError
        When nothing of the range lies within the file.
    """
    match = _SINGLE_RANGE.fullmatch(header) if header else None
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        if int(suffix) == 0 or size == 0:
            raise UnsatisfiableRangeError
        return ByteRange(max(0, size - int(suffix)), size)
    start = int(first)
    stop = size if last is None else min(size, int(last) + 1)
    if last is not None and int(last) < start:
        return None  # Malformed, says the standard, and what is malformed is ignored.
    if start >= size:
        raise UnsatisfiableRangeError
    return ByteRange(start, stop)


def matches_any(header: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names the entity tag; weak tags count here (RFC 9110, 13.1.2)."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in (tag.strip().removeprefix("W/") for tag in header.split(","))


def allows_range(if_range: str | None, etag: str) -> bool:
    """Whether `If-Range` lets a range be answered; only a strong tag does, and we hand out no dates."""
    return if_range is None or if_range.strip() == etag
