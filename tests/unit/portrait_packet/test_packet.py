"""The geometry that travels in a cartoon's file: it comes back whole, and a lie is never believed."""

import io
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from tests import packets
from tests.packets import with_field
from tests.unit.facecut.heads import Look, Painting, face_at, one, paint
from toonbooth.imaging.pixels import ByteImage
from toonbooth.portrait.model import HAIRLINE_LENGTH, HEAD_SIZE, Portrait
from toonbooth.portrait.packet import MAX_FACES, MAX_PACKET_BYTES, decode_packet, encode_packet

PAINTING = paint(((70, 110), 60, Look()), ((190, 120), 70, Look(roll=0.3)), size=(260, 300))
PORTRAIT = PAINTING.portrait
PACKET = encode_packet(PORTRAIT)

FACES_AT = 8 + 256
"""Of the unpacked geometry: a head of eight bytes and the picture at 16 × 16 come before the faces."""


def with_geometry(change: Callable[[bytearray], None]) -> bytes:
    """The packet with its unpacked geometry changed."""
    geometry = bytearray(packets.read_geometry(PACKET))
    change(geometry)
    return packets.with_geometry(PACKET, bytes(geometry))


def crowd(count: int, *, size: tuple[int, int] = (1080, 720)) -> Portrait:
    rng = np.random.default_rng(5)
    faces = tuple(
        face_at((80 + 920 * k / max(1, count - 1), 200 + 300 * rng.random()), 40 + 5 * k, roll=0.1 * k - 0.5)
        for k in range(count)
    )
    picture = rng.integers(0, 255, (size[1], size[0], 3)).astype(np.uint8)
    matte = cv2.GaussianBlur(rng.random((size[1], size[0])).astype(np.float32), (0, 0), 6)
    return Portrait(picture, faces, np.clip((matte - 0.5) * 20 + 0.5, 0, 1).astype(np.float32))


def test_faces_come_back_as_they_were() -> None:
    read = decode_packet(PACKET, PORTRAIT.picture)
    assert read is not None
    assert read.picture is PORTRAIT.picture
    for before, after in zip(PORTRAIT.faces, read.faces, strict=True):
        assert np.abs(after.landmarks - before.landmarks).max() < 0.02
        assert np.abs(after.depth - before.depth).max() < 0.02
        assert after.landmarks.dtype == after.depth.dtype == np.float32
        assert after.score == pytest.approx(before.score, abs=1e-4)
        assert after.roll == pytest.approx(before.roll, abs=1e-3)
        assert after.yaw == pytest.approx(before.yaw, abs=1e-3)
        assert after.box.centre == pytest.approx(before.box.centre, abs=0.02)
        assert (after.box.width, after.box.height) == pytest.approx(
            (before.box.width, before.box.height), abs=0.03
        )
        for eye, eye_before in ((after.left_eye, before.left_eye), (after.right_eye, before.right_eye)):
            assert np.abs(eye.contour - eye_before.contour).max() < 0.02
            assert eye.iris_centre == pytest.approx(eye_before.iris_centre, abs=0.02)
            assert eye.iris_radius == pytest.approx(eye_before.iris_radius, abs=0.02)
            assert eye.openness == pytest.approx(eye_before.openness, abs=1e-3)


def test_the_matte_comes_back_nearly_as_it_was() -> None:
    read = decode_packet(PACKET, PORTRAIT.picture)
    assert read is not None
    assert read.matte.dtype == np.float32
    assert 0 <= read.matte.min() <= read.matte.max() <= 1
    assert np.abs(read.matte - PORTRAIT.matte).mean() < 0.01


def test_a_drawings_silhouette_comes_back_as_one() -> None:
    drawing = replace(PORTRAIT, outlined=True)
    read = decode_packet(encode_packet(drawing), drawing.picture)
    assert read is not None
    assert read.outlined
    assert np.abs(read.matte - PORTRAIT.matte).mean() < 0.01
    photo = decode_packet(PACKET, PORTRAIT.picture)
    assert photo is not None
    assert not photo.outlined


def with_heads(portrait: Portrait, *, but: int | None = None) -> Portrait:
    """A disc as every head, larger from left to right, and a hairline that rises; none for the face `but`."""
    rows, columns = np.mgrid[: HEAD_SIZE[1], : HEAD_SIZE[0]]
    away = np.hypot(rows - 170, columns - 149)
    return replace(
        portrait,
        faces=tuple(
            face
            if k == but
            else replace(
                face,
                head=np.clip(60 + 5 * k - away, 0, 1).astype(np.float32),
                hairline=np.linspace(-0.3, 0.2 + 0.005 * k, HAIRLINE_LENGTH, dtype=np.float32),
            )
            for k, face in enumerate(portrait.faces)
        ),
    )


def test_heads_come_back_nearly_as_they_were_each_with_its_face() -> None:
    portrait = with_heads(PORTRAIT)
    read = decode_packet(encode_packet(portrait), portrait.picture)
    assert read is not None
    for before, after in zip(portrait.faces, read.faces, strict=True):
        assert before.head is not None
        assert after.head is not None
        assert ((before.head > 0.5) != (after.head > 0.5)).mean() < 0.002
        assert before.hairline is not None
        assert after.hairline is not None
        assert np.abs(before.hairline - after.hairline).max() <= 0.0026


@pytest.mark.parametrize("missing", [0, 1])
def test_a_head_that_was_not_measured_stays_unknown(missing: int) -> None:
    portrait = with_heads(PORTRAIT, but=missing)
    read = decode_packet(encode_packet(portrait), portrait.picture)
    assert read is not None
    assert [face.head is None for face in read.faces] == [k == missing for k in range(2)]
    assert [face.hairline is None for face in read.faces] == [k == missing for k in range(2)]


def test_a_crowd_with_heads_fits_the_budget() -> None:
    portrait = with_heads(crowd(MAX_FACES))
    packet = encode_packet(portrait)
    assert len(packet) <= MAX_PACKET_BYTES
    read = decode_packet(packet, portrait.picture)
    assert read is not None
    assert all(face.head is not None for face in read.faces)


def test_nobody_is_a_portrait_too() -> None:
    nobody = replace(PORTRAIT, faces=())
    read = decode_packet(encode_packet(nobody), nobody.picture)
    assert read is not None
    assert read.faces == ()


def test_a_crowd_fits_the_budget_and_its_most_prominent_ten_are_kept_from_left_to_right() -> None:
    portrait = crowd(14)
    packet = encode_packet(portrait)
    assert len(packet) <= MAX_PACKET_BYTES
    read = decode_packet(packet, portrait.picture)
    assert read is not None
    widths = [face.box.width for face in read.faces]
    assert len(widths) == MAX_FACES
    assert widths == pytest.approx([face.box.width for face in portrait.faces[-MAX_FACES:]], abs=0.2)


def test_one_face_leaves_most_of_the_budget() -> None:
    assert len(encode_packet(one(Look(), unit=300).portrait)) < 12_000


def test_the_same_portrait_gives_the_same_bytes() -> None:
    assert encode_packet(PORTRAIT) == PACKET


def test_a_face_partly_outside_the_picture_travels_along() -> None:
    portrait = paint(((10, 110), 60, Look()), size=(260, 300)).portrait
    read = decode_packet(encode_packet(portrait), portrait.picture)
    assert read is not None
    assert np.abs(read.faces[0].landmarks - portrait.faces[0].landmarks).max() < 0.02


@pytest.mark.parametrize("spoilt", [np.nan, np.inf, 1e9])
def test_a_face_that_cannot_be_written_is_left_out(spoilt: float) -> None:
    first, second = PORTRAIT.faces
    landmarks = first.landmarks.copy()
    landmarks[7] = spoilt
    read = decode_packet(
        encode_packet(replace(PORTRAIT, faces=(replace(first, landmarks=landmarks), second))),
        PORTRAIT.picture,
    )
    assert read is not None
    assert len(read.faces) == 1


@pytest.mark.parametrize("size", [(130, 150), (520, 600), (1040, 1200), (87, 100)])
def test_geometry_follows_a_resized_picture(size: tuple[int, int]) -> None:
    picture = cv2.resize(PORTRAIT.picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    read = decode_packet(PACKET, picture)
    assert read is not None
    factor = np.array(size) / (260, 300)
    for before, after in zip(PORTRAIT.faces, read.faces, strict=True):
        assert np.abs(after.landmarks - before.landmarks * factor).max() < 0.05 * factor.max()
    assert read.matte.shape == (size[1], size[0])


def test_geometry_survives_a_jpeg_file() -> None:
    file = io.BytesIO()
    Image.fromarray(PORTRAIT.picture).save(file, "JPEG", quality=60, xmp=PACKET)
    with Image.open(file) as image:
        read = decode_packet(image.info["xmp"], np.asarray(image.convert("RGB")))
    assert read is not None
    assert len(read.faces) == 2


def square_painting() -> Painting:
    return paint(((120, 130), 80, Look()), size=(280, 280))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda picture: picture[:-20], id="cropped"),
        pytest.param(lambda picture: picture[20:, 20:], id="cropped to a square again"),
        pytest.param(np.rot90, id="turned"),
        pytest.param(lambda picture: picture[::-1, ::-1], id="upside down"),
        pytest.param(lambda picture: picture[:, ::-1], id="mirrored"),
        pytest.param(lambda picture: 255 - picture, id="inverted"),
        pytest.param(np.zeros_like, id="painted over"),
    ],
)
def test_geometry_of_another_picture_is_not_ours(spoil: Callable[[ByteImage], ByteImage]) -> None:
    portrait = square_painting().portrait
    assert decode_packet(encode_packet(portrait), portrait.picture) is not None
    assert decode_packet(encode_packet(portrait), np.ascontiguousarray(spoil(portrait.picture))) is None


@given(st.binary(max_size=2000))
@example(b"")
@example(PACKET[:-400])
@example(PACKET * 12)
def test_garbage_is_not_ours(garbage: bytes) -> None:
    assert decode_packet(garbage, PORTRAIT.picture) is None


def is_sound(portrait: Portrait) -> bool:
    height, width = portrait.picture.shape[:2]
    return len(portrait.faces) <= MAX_FACES and all(
        np.isfinite(face.landmarks).all()
        and (face.landmarks > -0.26 * max(width, height)).all()
        and (face.landmarks < 1.26 * max(width, height)).all()
        for face in portrait.faces
    )


@given(st.lists(st.tuples(st.integers(0, len(PACKET) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_packet_is_refused_or_still_sound(damage: list[tuple[int, int]]) -> None:
    packet = bytearray(PACKET)
    for position, value in damage:
        packet[position] = value
    read = decode_packet(bytes(packet), PORTRAIT.picture)
    assert read is None or is_sound(read)


@given(st.data())
def test_geometry_changed_on_purpose_is_refused_or_still_sound(data: st.DataObject) -> None:
    def change(geometry: bytearray) -> None:
        for _ in range(data.draw(st.integers(1, 12))):
            position = data.draw(st.integers(0, len(geometry) - 1))
            geometry[position] = data.draw(st.integers(0, 255))

    read = decode_packet(with_geometry(change), PORTRAIT.picture)
    assert read is None or is_sound(read)


def scatter_landmarks(geometry: bytearray) -> None:
    points = np.random.default_rng(1).integers(0, 0xFFFF, 2 * 468).astype("<u2")
    geometry[FACES_AT : FACES_AT + 4 * 468] = points.tobytes()


def move_landmarks_out_of_the_picture(geometry: bytearray) -> None:
    geometry[FACES_AT : FACES_AT + 4 * 468] = np.zeros(2 * 468, "<u2").tobytes()


def claim_ten_faces(geometry: bytearray) -> None:
    struct.pack_into("<H", geometry, 6, 10)


def claim_every_face(geometry: bytearray) -> None:
    struct.pack_into("<H", geometry, 6, 0xFFFF)


def claim_another_shape(geometry: bytearray) -> None:
    struct.pack_into("<HH", geometry, 2, 300, 260)


def claim_no_size(geometry: bytearray) -> None:
    struct.pack_into("<HH", geometry, 2, 0, 0)


def claim_a_later_version(geometry: bytearray) -> None:
    struct.pack_into("<H", geometry, 0, 2)


def append_a_byte(geometry: bytearray) -> None:
    geometry.append(0)


def append_a_million_points(geometry: bytearray) -> None:
    geometry.extend(bytes(4_000_000))


@pytest.mark.parametrize(
    "lie",
    [
        scatter_landmarks,
        move_landmarks_out_of_the_picture,
        claim_ten_faces,
        claim_every_face,
        claim_another_shape,
        claim_no_size,
        claim_a_later_version,
        append_a_byte,
        append_a_million_points,
    ],
)
def test_geometry_that_lies_is_ignored(lie: Callable[[bytearray], None]) -> None:
    assert decode_packet(with_geometry(lambda geometry: None), PORTRAIT.picture) is not None
    assert decode_packet(with_geometry(lie), PORTRAIT.picture) is None


def test_a_bomb_is_not_inflated() -> None:
    bomb = zlib.compress(bytes(40_000_000), 9)
    assert decode_packet(with_field(PACKET, "geometry", bomb), PORTRAIT.picture) is None


def jpeg(size: tuple[int, int], *, quality: int = 40, progressive: bool = False) -> bytes:
    file = io.BytesIO()
    Image.new("L", size, 200).save(file, "JPEG", quality=quality, progressive=progressive)
    return file.getvalue()


def claim_size(data: bytes, side: int) -> bytes:
    """Change what the frame header says: marker, length and precision stand before height and width."""
    changed = bytearray(data)
    struct.pack_into(">HH", changed, data.index(b"\xff\xc0") + 5, side, side)
    return bytes(changed)


def repeat_scans(data: bytes, times: int) -> bytes:
    """A progressive JPEG whose every scan is decoded again and again."""
    first = data.index(b"\xff\xda")
    return data[:first] + data[first:-2] * times + data[-2:]


def png() -> bytes:
    file = io.BytesIO()
    Image.new("L", (64, 64)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "matte",
    [
        pytest.param(jpeg((2000, 2000)), id="too large"),
        pytest.param(claim_size(jpeg((64, 64)), 16383), id="claims to be huge"),
        pytest.param(claim_size(jpeg((64, 64)), 0), id="claims to be nothing"),
        pytest.param(repeat_scans(jpeg((64, 64), progressive=True), 40), id="decoded again and again"),
        pytest.param(jpeg((64, 64))[:-20], id="cut off"),
        pytest.param(png(), id="not a JPEG"),
        pytest.param(b"\xff\xd8\xff\xd9", id="nothing in it"),
    ],
)
def test_a_matte_that_lies_is_ignored(matte: bytes) -> None:
    assert decode_packet(with_field(PACKET, "matte", jpeg((64, 74))), PORTRAIT.picture) is not None
    assert decode_packet(with_field(PACKET, "matte", matte), PORTRAIT.picture) is None


@pytest.mark.parametrize(
    "heads",
    [
        pytest.param(jpeg((2 * HEAD_SIZE[0], HEAD_SIZE[1] - 1)), id="another size"),
        pytest.param(jpeg(HEAD_SIZE), id="one for two faces"),
        pytest.param(claim_size(jpeg(HEAD_SIZE), 16383), id="claims to be huge"),
        pytest.param(jpeg((2 * HEAD_SIZE[0], HEAD_SIZE[1]))[:-20], id="cut off"),
        pytest.param(png(), id="not a JPEG"),
    ],
)
def test_heads_that_lie_are_ignored(heads: bytes) -> None:
    packet = encode_packet(with_heads(PORTRAIT))
    fitting = jpeg((2 * HEAD_SIZE[0], HEAD_SIZE[1]))
    assert decode_packet(with_field(packet, "heads", fitting), PORTRAIT.picture) is not None
    assert decode_packet(with_field(packet, "heads", heads), PORTRAIT.picture) is None


@pytest.mark.parametrize(
    "length", [0, HAIRLINE_LENGTH, 2 * HAIRLINE_LENGTH - 1, 2 * HAIRLINE_LENGTH + 1, 9000]
)
def test_hairlines_of_another_number_are_ignored(length: int) -> None:
    packet = encode_packet(with_heads(PORTRAIT))
    fitting = b"\x81" * 2 * HAIRLINE_LENGTH
    assert decode_packet(with_field(packet, "hairlines", fitting), PORTRAIT.picture) is not None
    lying = decode_packet(with_field(packet, "hairlines", b"\x10" * length), PORTRAIT.picture)
    # A field without anything in it isn't one that we write, and is not seen.
    assert lying is None or (length == 0 and lying.faces[0].hairline is None)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]>' + PACKET, id="a document type"),
        pytest.param(PACKET.replace(b"toonbooth:matte", b"toonbooth:other"), id="no matte"),
        pytest.param(PACKET.replace(b"toonbooth.example", b"elsewhere.example"), id="another namespace"),
        pytest.param(
            PACKET.replace(b"<rdf:Description", PACKET[PACKET.find(b"<rdf:Description") :], 1),
            id="told twice",
        ),
        pytest.param(
            PACKET.replace(b"toonbooth:matte=", b'toonbooth:figure="AAAA" toonbooth:matte='),
            id="a silhouette and a guess",
        ),
    ],
)
def test_a_packet_in_another_form_is_not_ours(packet: bytes) -> None:
    assert decode_packet(packet, PORTRAIT.picture) is None


def test_a_packet_with_its_fields_as_elements_is_ours_too() -> None:
    rewritten = re.sub(rb' toonbooth:(geometry|matte)="([^"]+)"', rb"<toonbooth:\1>\2</toonbooth:\1>", PACKET)
    assert rewritten != PACKET
    assert decode_packet(rewritten, PORTRAIT.picture) is not None


def test_a_picture_too_large_to_describe_is_a_mistake_of_the_caller() -> None:
    wide = Portrait(np.zeros((1, 70_000, 3), np.uint8), (), np.zeros((1, 70_000), np.float32))
    with pytest.raises(ValueError, match="70000"):
        encode_packet(wide)
