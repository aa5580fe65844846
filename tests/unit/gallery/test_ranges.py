import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.gallery.ranges import (
    ByteRange,
    UnsatisfiableRangeError,
    allows_range,
    matches_any,
    read_range,
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-", ByteRange(0, 100)),
        ("bytes=10-19", ByteRange(10, 20)),
        ("bytes=90-200", ByteRange(90, 100)),
        ("bytes=-30", ByteRange(70, 100)),
        ("bytes=-300", ByteRange(0, 100)),
        ("Bytes= 5-5 ", ByteRange(5, 6)),
    ],
)
def test_a_single_range_is_cut_to_the_file(header: str, expected: ByteRange) -> None:
    assert read_range(header, size=100) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "lines=1-2",
        "bytes=0-1,5-6",
        "bytes=+1-2",
    ],
)
def test_what_is_no_single_range_asks_for_the_whole_file(header: str | None) -> None:
    assert read_range(header, size=100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        read_range(header, size=100)


@settings(deadline=None)
@given(header=st.text(max_size=40).map("bytes=".__add__), size=st.integers(0, 10_000))
def test_whatever_is_asked_the_range_lies_within_the_file(header: str, size: int) -> None:
    try:
        wanted = read_range(header, size=size)
    except UnsatisfiableRangeError:
        return
    assert wanted is None or 0 <= wanted.start < wanted.stop <= size


def test_if_none_match_knows_lists_weak_tags_and_the_star() -> None:
    assert matches_any('"other", W/"mine"', '"mine"')
    assert matches_any("*", '"mine"')
    assert not matches_any('"other"', '"mine"')
    assert not matches_any(None, '"mine"')


def test_if_range_takes_a_strong_tag_only() -> None:
    assert allows_range(None, '"mine"')
    assert allows_range('"mine"', '"mine"')
    assert not allows_range('W/"mine"', '"mine"')
    assert not allows_range("Sat, 06 Jan 2024 10:00:00 GMT", '"mine"')
