"""The one way to read and to count time in the gallery: UTC, in whole milliseconds, as the API shows it."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def read_clock() -> datetime:
    """The moment it is now, cut to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def count_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, like JavaScript's `Date.now()`; exact."""
    return (moment - _EPOCH) // _MILLISECOND
