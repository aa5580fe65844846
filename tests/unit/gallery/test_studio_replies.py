"""What an AI server may answer, and what of it is believed."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toonbooth.contract import FaceSummary, encode_faces_header
from toonbooth.gallery.studio_replies import (
    GarbledReplyError,
    StudioReply,
    StyleInfo,
    StyleModel,
    read_picture,
    read_styles,
    read_whole_number,
)

FACES = (FaceSummary(box=(0.1, 0.2, 0.3, 0.4), score=0.9),)


def reply(content: bytes, headers: dict[str, str] | None = None, *, status: int = 200) -> StudioReply:
    return StudioReply(status, headers or {}, content)


def test_a_picture_with_all_that_our_studio_says_of_it() -> None:
    picture = read_picture(
        reply(
            b"pixels",
            {
                "content-type": "image/jpeg",
                "X-Toonbooth-Style": "comic",
                "X-Toonbooth-Seed": "7",
                "X-Toonbooth-Faces": encode_faces_header(FACES),
            },
        )
    )

    assert (picture.content, picture.style, picture.seed, picture.faces) == (b"pixels", "comic", 7, FACES)


def test_a_picture_without_a_word() -> None:
    picture = read_picture(reply(b"pixels"))

    assert (picture.content, picture.style, picture.seed, picture.faces) == (b"pixels", None, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Toonbooth-Style", "a style <b>"),
        ("X-Toonbooth-Style", "x" * 65),
        ("X-Toonbooth-Seed", "-1"),
        ("X-Toonbooth-Seed", "99999999999"),
        ("X-Toonbooth-Seed", "²"),
        ("X-Toonbooth-Faces", "[{}]"),
    ],
)
def test_nonsense_about_a_picture_is_taken_for_silence(name: str, value: str) -> None:
    picture = read_picture(reply(b"pixels", {name: value}))

    assert (picture.style, picture.seed, picture.faces) == (None, None, None)


def test_the_first_file_of_a_form_is_the_picture() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="status"\r\n\r\ndone\r\n'
        b'--x\r\nContent-Disposition: form-data; name="result"; filename="a.jpg"\r\n\r\npixels\r\n'
        b'--x\r\nContent-Disposition: form-data; name="mask"; filename="b.jpg"\r\n\r\nmask\r\n--x--\r\n'
    )

    assert read_picture(reply(body, {"content-type": "multipart/form-data; boundary=x"})).content == b"pixels"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "image/jpeg"),
        (b"--x--\r\n", "multipart/form-data; boundary=x"),
        (b"pixels", "multipart/form-data; boundary=x"),
        (b"pixels", "multipart/form-data"),
        (b"pixels", "multipart/mixed; boundary=x"),
    ],
)
def test_a_reply_without_a_picture_is_garbled(content: bytes, content_type: str) -> None:
    with pytest.raises(GarbledReplyError):
        read_picture(reply(content, {"content-type": content_type}))


def test_the_sentence_of_a_refusal_in_our_shape_is_passed_on() -> None:
    refusal = reply(b'{"success": false, "error": "No face here.", "code": "no_face_found"}', status=422)

    assert (refusal.sentence, refusal.code) == ("No face here.", "no_face_found")


@pytest.mark.parametrize(
    "content",
    [
        b"Traceback (most recent call last)",
        b'{"detail": "at /srv/secret/path"}',
        b'{"error": "at /srv/secret/path"}',
        b'{"success": false, "error": ["x"], "code": 7}',
        b'{"success": false, "error": "two\\nlines"}',
        b"[]",
        b"\xff",
        json.dumps({"success": False, "error": "x" * 301}).encode(),
        json.dumps({"success": False, "error": "x", "more": "x" * 9000}).encode(),
    ],
)
def test_nothing_else_is_shown_to_people(content: bytes) -> None:
    refusal = reply(content, status=500)

    assert refusal.sentence is None
    assert refusal.code is None


@settings(deadline=None)
@given(content=st.binary(max_size=200), content_type=st.text(max_size=60))
def test_whatever_comes_is_a_picture_or_garbled(content: bytes, content_type: str) -> None:
    with contextlib.suppress(GarbledReplyError):
        assert read_picture(reply(content, {"content-type": content_type})).content


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7), ("0", 5), ("", 5), ("soon", 5), ("301", 5), ("Wed, 21 Oct 2015", 5)]
)
def test_retry_after_is_a_reasonable_number_of_seconds(value: str, seconds: int) -> None:
    assert reply(b"", {"retry-after": value}, status=503).retry_after_seconds == seconds


def test_styles_are_read() -> None:
    body = {"data": {"styles": [{"name": "comic", "title": "Comic", "line": "Ink."}, {"name": "plain"}]}}

    assert read_styles(reply(json.dumps(body).encode())) == (
        StyleInfo("comic", "Comic", "Ink."),
        StyleInfo("plain", "plain", ""),
    )


@pytest.mark.parametrize(
    ("said", "model"),
    [
        (
            {"name": "photo2cartoon", "licence": "MIT", "commercial": "yes", "source": "x"},
            StyleModel("photo2cartoon", "MIT", "yes"),
        ),
        ({"name": "net", "licence": 7, "commercial": "certainly"}, StyleModel("net", "7", "unknown")),
        ({"name": "x" * 500}, StyleModel("x" * 100, "", "unknown")),
        ("net", None),
        (None, None),
    ],
)
def test_the_network_of_a_style_is_told_within_reason(said: object, model: StyleModel | None) -> None:
    body = {"data": {"styles": [{"name": "comic", "model": said}]}}

    (style,) = read_styles(reply(json.dumps(body).encode()))

    assert style.model == model


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/styles/comic/preview?v=1a2b", "/styles/comic/preview?v=1a2b"),
        ("http://10.0.0.1/secret", None),
        ("//10.0.0.1/secret", None),
        ("@10.0.0.1/", None),
        ("/styles/\r\nX: y", None),
        ("/" + "a" * 400, None),
        (7, None),
        (None, None),
    ],
)
def test_previews_are_looked_for_within_the_studio_alone(address: object, path: str | None) -> None:
    body = {"data": {"styles": [{"name": "comic", "previewUrl": address}]}}

    (style,) = read_styles(reply(json.dumps(body).encode()))

    assert style.preview_path == path


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"data": {}}', b'{"data": {"styles": 7}}', b'{"data": {"styles": ["comic"]}}'],
)
def test_what_is_no_list_of_styles_has_none(content: bytes) -> None:
    assert read_styles(reply(content)) == ()


@settings(deadline=None)
@given(value=st.text(max_size=12))
def test_a_whole_number_is_plain_digits_within_bounds(value: str) -> None:
    number = read_whole_number(value, maximum=1000)
    assert number is None or (0 <= number <= 1000 and value.isdigit())
