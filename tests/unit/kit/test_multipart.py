"""Forms, piece by piece."""

import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.kit.multipart import (
    MalformedMultipartError,
    MultipartEvent,
    MultipartReader,
    NotMultipartError,
    PartData,
    PartEnd,
    PartStart,
)

FORM = (
    b'\r\n--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--edg\r\n'
    b'--edge\r\ncontent-disposition: form-data; filename="x; name=b.jpg"; name="\xc3\xa4"\r\n'
    b"Content-Type: image/jpeg\r\n\r\n\x00\xff\r\n--edge--\r\nwhat follows"
)


def read(body: bytes, cuts: list[int]) -> list[MultipartEvent]:
    """What a body means, data that lies together joined."""
    reader = MultipartReader('multipart/form-data; boundary="edge"')
    events: list[MultipartEvent] = []
    edges = [0, *sorted(cuts), len(body)]
    for start, stop in itertools.pairwise(edges):
        for event in reader.feed(body[start:stop]):
            if isinstance(event, PartData) and events and isinstance(events[-1], PartData):
                events[-1] = PartData(events[-1].data + event.data)
            else:
                events.append(event)
    assert reader.ended
    return events


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, len(FORM)), max_size=40))
def test_however_it_is_cut_a_form_means_the_same(cuts: list[int]) -> None:
    assert read(FORM, cuts) == [
        PartStart("a", is_file=False),
        PartData(b"\r\n--edg"),
        PartEnd(),
        PartStart("ä", is_file=True),
        PartData(b"\x00\xff"),
        PartEnd(),
    ]


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_another_content_type_is_no_form(content_type: str | None) -> None:
    with pytest.raises(NotMultipartError):
        MultipartReader(content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"--other\r\n",
        b"--edge\r\n\r\nno name\r\n--edge--",
        b"--edge\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--edge--",
        b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 17,
        b"--edge\r\n" + b"A: b\r\n" * 17,
        b"--edge\r\nA: " + b"b" * 5000,
        b"--edge\r\n" + b"A" * 5000,
    ],
)
def test_what_nobody_sends_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMultipartError):
        MultipartReader("multipart/form-data; boundary=edge").feed(body)


@settings(deadline=None)
@given(body=st.binary(max_size=300).map(b"--edge\r\n".__add__))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(MalformedMultipartError):
        assert MultipartReader("multipart/form-data; boundary=edge").feed(body) is not None
