"""Moments count whole milliseconds, exactly."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from toonbooth.gallery.clock import count_milliseconds, read_clock


def test_the_clock_reads_utc_in_whole_milliseconds() -> None:
    before = datetime.now(UTC)
    read = read_clock()
    after = datetime.now(UTC)

    assert read.tzinfo is UTC
    assert read.microsecond % 1000 == 0
    assert before - timedelta(milliseconds=1) < read <= after


def test_milliseconds_are_those_of_javascript() -> None:
    moment = datetime(2025, 1, 6, 1, 40, 56, 789_000, tzinfo=UTC)

    assert count_milliseconds(moment) == 1_736_127_656_789
    assert (
        count_milliseconds(moment.astimezone(timezone(timedelta(hours=5, minutes=30)))) == 1_736_127_656_789
    )


@given(st.integers(min_value=0, max_value=9_999_999_999_999))
def test_counting_loses_nothing(milliseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)

    assert count_milliseconds(moment) == milliseconds
