"""Optional fields, however a client sends them."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.gallery.small_bodies import parse_fields
from toonbooth.kit.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", None),
        (b"", "application/json"),
        (b"  \r\n", "application/json"),
        (b"null", "application/json"),
        (b"{}", "application/json"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
    ],
)
def test_nothing_is_no_fields(body: bytes, content_type: str | None) -> None:
    assert parse_fields(body, content_type) == {}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"style": "comic"}', "application/json"),
        (b'{"style": "comic"}', "application/json; charset=utf-8"),
        (b'{"style": "comic"}', "text/plain"),
        (b'{"style": "comic"}', None),
        (b"style=comic", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\ncomic\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_every_usual_way_is_understood(body: bytes, content_type: str | None) -> None:
    assert parse_fields(body, content_type) == {"style": "comic"}


@settings(deadline=None)
@given(
    body=st.binary(max_size=100),
    content_type=st.sampled_from(
        [
            None,
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
        ]
    ),
)
def test_whatever_comes_is_understood_or_refused(body: bytes, content_type: str | None) -> None:
    with contextlib.suppress(InvalidRequestError):
        assert isinstance(parse_fields(body, content_type), dict)
