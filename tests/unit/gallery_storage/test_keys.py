"""Names of blobs: exactly those of the guide, and nothing that could lead out of a folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toonbooth.gallery.blobs.keys import BlobFolder, get_media_type, is_key, make_key

ORIGINAL = "507f1f77bcf86cd799439011"


def test_keys_are_those_of_the_guide() -> None:
    assert (
        make_key(BlobFolder.ORIGINALS, milliseconds=1736123456789, identifier="abc12345", suffix=".jpg")
        == "originals/1736123456789_abc12345.jpg"
    )
    assert (
        make_key(BlobFolder.TEMP, milliseconds=1736123456790, identifier=ORIGINAL, suffix=".jpg")
        == f"temp/1736123456790_{ORIGINAL}.jpg"
    )
    assert (
        make_key(BlobFolder.DOWNLOADED, milliseconds=1736123456800, identifier=ORIGINAL, suffix=".webp")
        == f"downloaded/1736123456800_{ORIGINAL}.webp"
    )


@pytest.mark.parametrize(
    ("identifier", "suffix", "milliseconds"),
    [
        (ORIGINAL, ".exe", 1736123456789),
        (ORIGINAL, "", 1736123456789),
        (ORIGINAL.upper(), ".jpg", 1736123456789),
        ("abc12345", ".jpg", 1736123456789),
        (f"../{ORIGINAL}", ".jpg", 1736123456789),
        (ORIGINAL, ".jpg", 173612345678),
        (ORIGINAL, ".jpg", -1736123456789),
    ],
)
def test_parts_that_make_no_key_are_a_bug(identifier: str, suffix: str, milliseconds: int) -> None:
    with pytest.raises(ValueError, match="not the parts of a key"):
        make_key(BlobFolder.TEMP, milliseconds=milliseconds, identifier=identifier, suffix=suffix)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/etc/passwd",
        "../signing.keys",
        "originals/../../signing.keys",
        "originals/1736123456789_abc12345.jpg/",
        "originals/1736123456789_abc12345.jpg\n",
        "originals/1736123456789_abc12345.jpg\0",
        "originals//1736123456789_abc12345.jpg",
        "/originals/1736123456789_abc12345.jpg",
        "./originals/1736123456789_abc12345.jpg",
        "originals\\1736123456789_abc12345.jpg",
        "originals%2F1736123456789_abc12345.jpg",
        "ORIGINALS/1736123456789_abc12345.jpg",
        "originals/1736123456789_ABC12345.jpg",
        "originals/1736123456789_abc12345.JPG",
        "originals/1736123456789_abc12345xjpg",
        "originals/１736123456789_abc12345.jpg",
        "temp/1736123456789_abc12345.jpg",
        f"originals/1736123456789_{ORIGINAL}.jpg",
        ".staging/0123456789abcdef0123456789abcdef.part",
    ],
)
def test_a_text_that_is_not_exactly_a_key_is_none(text: str) -> None:
    assert not is_key(text)


@given(st.text(alphabet="./\\%_0127abcdeftmporiginals\0\n", max_size=60))
def test_no_text_is_a_key_unless_it_stays_in_its_folder(text: str) -> None:
    if is_key(text):
        folder, _, name = text.partition("/")
        assert folder in {"originals", "temp", "downloaded"}
        assert "/" not in name
        assert ".." not in name


def test_the_ending_tells_the_media_type() -> None:
    assert get_media_type("originals/1736123456789_abc12345.jpg") == "image/jpeg"
    assert get_media_type("originals/1736123456789_abc12345.png") == "image/png"
    assert get_media_type("originals/1736123456789_abc12345.webp") == "image/webp"
