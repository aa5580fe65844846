"""The form of an upload, read piece by piece."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.gallery.errors import (
    EmptyFileError,
    FileTooLargeError,
    IncompleteUploadError,
    MissingFileError,
    TooManyFilesError,
)
from toonbooth.gallery.uploading import Upload, UploadReader, receive_upload
from toonbooth.gallery.wishes import DrawingWishes
from toonbooth.kit.errors import AppError, InvalidRequestError

CONTENT_TYPE = "multipart/form-data; boundary=edge"


def part(name: str, data: bytes, *, file_name: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
    return f"--edge\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--edge--\r\n"


def photo(data: bytes) -> bytes:
    return part("image", data, file_name="me.jpg")


def read(body: bytes, *, cuts: list[int] | None = None, max_file_bytes: int = 10_000) -> tuple[bytes, Upload]:
    """Feed `body` cut into pieces; returns the file and the rest of the form."""
    reader = UploadReader(CONTENT_TYPE, max_file_bytes=max_file_bytes)
    edges = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts or [])})
    file = b"".join(
        piece for start, stop in itertools.pairwise(edges) for piece in reader.feed(body[start:stop])
    )
    return file, reader.finish()


def test_the_file_and_the_wishes_come_out() -> None:
    file, upload = read(form(part("style", b"comic"), photo(b"pixels"), part("seed", b"7")))

    assert file == b"pixels"
    assert upload == Upload(file_bytes=6, wishes=DrawingWishes(style="comic", seed=7))


def test_a_file_needs_no_name_and_fields_nobody_knows_are_passed_over() -> None:
    file, _ = read(form(part("device_id", b"x"), part("image", b"pixels")))

    assert file == b"pixels"


BODIES = st.sampled_from(
    [
        form(photo(b"\r\n--edg\r\n--edge \r\n-\r\n\r\n"), part("style", b"comic")),
        form(photo(bytes(range(256)) * 8), part("seed", b"12")),
        form(part("seed", b""), photo(b"\r" * 40 + b"\n--edge")),
        form(photo(b""), part("seed", b"1")),
        form(photo(b"x"), photo(b"y")),
        form(part("photo", b"x", file_name="a.jpg")),
        form(photo(b"z" * 10_001)),
        form(photo(b"z" * 10_000)),
        b"--edge\r\nno colon here\r\n\r\n--edge--",
        b"--other--\r\n",
        form(photo(b"cut off"))[:-20],
        b"",
    ]
)


@settings(deadline=None)
@given(body=BODIES, cuts=st.lists(st.integers(0, 1 << 20), max_size=30))
def test_how_the_network_cuts_the_body_makes_no_difference(body: bytes, cuts: list[int]) -> None:
    def outcome(cuts: list[int]) -> object:
        try:
            return read(body, cuts=cuts)
        except AppError as error:
            return type(error), error.sentence

    assert outcome(cuts) == outcome([])
    assert outcome(list(range(len(body)))) == outcome([])


@settings(deadline=None)
@given(data=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 1 << 20), max_size=20))
def test_every_byte_of_the_file_arrives(data: bytes, cuts: list[int]) -> None:
    if b"\r\n--edge" in b"\r\n" + data:
        return
    if data:
        assert read(form(photo(data)), cuts=cuts)[0] == data


def test_a_file_of_the_greatest_length_is_taken_and_one_byte_more_is_not() -> None:
    assert len(read(form(photo(b"x" * 500)), max_file_bytes=500)[0]) == 500
    with pytest.raises(FileTooLargeError):
        read(form(photo(b"x" * 501)), max_file_bytes=500)


@pytest.mark.parametrize(
    ("body", "failure", "sentence"),
    [
        (form(), MissingFileError, 'Missing image file. The photo belongs in the form field "image".'),
        (form(part("style", b"comic")), MissingFileError, None),
        (form(part("photo", b"x", file_name="a")), MissingFileError, None),
        (form(photo(b"x"), photo(b"y")), TooManyFilesError, "Send one image file, not several."),
        (form(photo(b"x"), part("other", b"y", file_name="a")), TooManyFilesError, None),
        (form(photo(b"")), EmptyFileError, "The image file is empty."),
        (form(photo(b"x"))[:-12], IncompleteUploadError, None),
        (b"{}", InvalidRequestError, "The form could not be read. Is it multipart/form-data?"),
        (form(*[part("a", b"")] * 16, photo(b"x")), InvalidRequestError, None),
        (form(part("style", b"c" * 2000), photo(b"x")), InvalidRequestError, "style is too long."),
        (form(part("other", b"c" * 300_000)), InvalidRequestError, None),
        (form(photo(b"x"), part("seed", b"-1")), InvalidRequestError, None),
        (form(photo(b"x"), part("style", b"../x")), InvalidRequestError, None),
        (b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n--edge--", InvalidRequestError, None),
        (b"--edge\r\n" + b"X" * 9000 + b": y\r\n\r\n\r\n--edge--", InvalidRequestError, None),
    ],
)
def test_a_form_that_is_not_as_it_should_be_is_refused(
    body: bytes, failure: type[AppError], sentence: str | None
) -> None:
    with pytest.raises(failure) as caught:
        read(body, cuts=list(range(0, len(body), 4096)))
    assert sentence is None or caught.value.sentence == sentence


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        f"multipart/form-data; boundary={'x' * 300}",
    ],
)
def test_a_body_that_cannot_hold_a_file_is_refused(content_type: str | None) -> None:
    with pytest.raises(MissingFileError, match=r"Send the photo as multipart/form-data\."):
        UploadReader(content_type, max_file_bytes=100)


class Sink:
    def __init__(self) -> None:
        self.writes: list[bytes] = []

    async def write(self, data: bytes) -> None:
        self.writes.append(data)


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_small_pieces_are_gathered_before_they_are_written() -> None:
    body = form(photo(b"x" * 1_000_000))
    chunks = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    sink = Sink()

    upload = await receive_upload(stream(*chunks), UploadReader(CONTENT_TYPE, max_file_bytes=2_000_000), sink)

    assert upload.file_bytes == len(b"".join(sink.writes)) == 1_000_000
    assert len(sink.writes) == 4


async def test_nothing_is_read_behind_the_end_of_the_form() -> None:
    chunks = stream(form(photo(b"x")), b"more", b"and more")

    await receive_upload(chunks, UploadReader(CONTENT_TYPE, max_file_bytes=100), Sink())

    assert await anext(chunks) == b"more"


async def test_a_client_that_goes_silent_is_given_up() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield photo(b"x")
        await asyncio.Event().wait()

    with pytest.raises(IncompleteUploadError):
        await receive_upload(
            silent(), UploadReader(CONTENT_TYPE, max_file_bytes=100), Sink(), max_pause_seconds=0.01
        )
