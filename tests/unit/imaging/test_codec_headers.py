import io
import zlib

import pytest
from PIL import Image

from tests.heif_files import DEPTH_MAP, HDR_GAIN_MAP, build_heic
from tests.unit.imaging.picture_files import (
    HEIGHT,
    STORED_AS,
    WIDTH,
    encode,
    extended_webp,
    make_picture,
    png_chunk,
    png_of_size,
    webp_chunk,
    with_png_chunks,
    with_webp_chunks,
)
from toonbooth.imaging.codec import (
    AnimatedImageError,
    BrokenImageError,
    ImageFormat,
    ImageInfo,
    ImageTooLargeError,
    UnsupportedFormatError,
    decode_photo,
    identify,
    inspect,
)
from toonbooth.imaging.codec.av1_sequence import read_frame_sizes

PILLOW_FORMATS = (ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.AVIF)


@pytest.mark.parametrize("image_format", PILLOW_FORMATS)
def test_a_format_is_told_by_content(image_format: ImageFormat) -> None:
    assert identify(encode(make_picture(), image_format)[:64]) is image_format


def test_a_heic_is_told_by_its_brands() -> None:
    assert identify(build_heic(columns=1, rows=1)[:64]) is ImageFormat.HEIF
    assert identify(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") is ImageFormat.AVIF
    assert identify(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic") is ImageFormat.HEIF


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"hello, I am a text named .jpg",
        b"GIF89a",
        b"BM",
        b"II*\0",
        b"%PDF-1.7",
        b"\0\0\0\x18ftypisom\0\0\0\0mp41",
    ],
)
def test_what_is_no_photo_is_not_identified(head: bytes) -> None:
    assert identify(head) is None
    with pytest.raises(UnsupportedFormatError, match="JPEG, PNG, WebP, HEIC or AVIF"):
        inspect(head)


def test_formats_know_their_media_type_and_suffix() -> None:
    assert [(f.media_type, f.suffix) for f in ImageFormat] == [
        ("image/jpeg", ".jpg"),
        ("image/png", ".png"),
        ("image/webp", ".webp"),
        ("image/heif", ".heif"),
        ("image/avif", ".avif"),
    ]


@pytest.mark.parametrize("image_format", PILLOW_FORMATS)
@pytest.mark.parametrize("orientation", STORED_AS)
def test_the_header_says_size_as_stored_and_orientation(image_format: ImageFormat, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(make_picture(), image_format, exif=exif)
    # Pillow writes into an AVIF that its primaries are those of sRGB.
    primaries = 1 if image_format is ImageFormat.AVIF else None
    assert inspect(data) == ImageInfo(image_format, WIDTH, HEIGHT, orientation, primaries)
    assert inspect(io.BytesIO(data)) == inspect(data)


@pytest.mark.parametrize(
    ("lossless", "mode"), [(True, "RGB"), (True, "RGBA"), (False, "RGB"), (False, "RGBA")]
)
def test_every_kind_of_webp_header_is_read(*, lossless: bool, mode: str) -> None:
    data = encode(Image.fromarray(make_picture()).convert(mode), ImageFormat.WEBP, lossless=lossless)
    assert (inspect(data).width, inspect(data).height) == (WIDTH, HEIGHT)


def test_auxiliary_pictures_in_a_heic_are_no_frames() -> None:
    data = build_heic(auxiliary=(DEPTH_MAP, HDR_GAIN_MAP))
    assert inspect(data) == ImageInfo(ImageFormat.HEIF, 448, 512, 1)


def test_a_bomb_of_50000_by_50000_is_refused_before_a_pixel_is_decoded() -> None:
    bomb = png_of_size(50_000, 50_000, filler_bytes=300_000_000)
    assert len(bomb) == pytest.approx(300_000, rel=0.05)
    with pytest.raises(ImageTooLargeError, match="50000 × 50000 pixels"):
        inspect(bomb)
    with pytest.raises(ImageTooLargeError):
        decode_photo(bomb, max_side=1080)


def test_a_side_beyond_the_limit_is_refused_though_there_are_few_pixels() -> None:
    with pytest.raises(ImageTooLargeError):
        inspect(png_of_size(16_385, 1, filler_bytes=9))
    assert inspect(png_of_size(16_384, 1, filler_bytes=9)).width == 16_384


def test_the_limit_of_pixels_is_exact_and_can_be_given() -> None:
    data = encode(make_picture(), ImageFormat.JPEG)
    assert inspect(data, max_pixels=WIDTH * HEIGHT).width == WIDTH
    with pytest.raises(ImageTooLargeError):
        inspect(data, max_pixels=WIDTH * HEIGHT - 1)


def test_a_heic_whose_tiles_are_larger_than_it_is_refused() -> None:
    with pytest.raises(ImageTooLargeError):
        inspect(build_heic(), max_pixels=448 * 512 - 1)


def test_a_heic_that_claims_places_in_no_space_is_refused_at_once() -> None:
    data = bytearray(build_heic())
    data[data.index(b"iloc") + 8] = 0
    with pytest.raises(BrokenImageError, match="damaged"):
        inspect(bytes(data))


def test_an_avif_whose_pixels_are_larger_than_it_says_is_refused() -> None:
    data = bytearray(encode(make_picture(1000, 800), ImageFormat.AVIF))
    size = data.index(b"ispe") + 8
    data[size : size + 8] = (8).to_bytes(4, "big") * 2
    assert inspect(bytes(data)).width == 8
    with pytest.raises(ImageTooLargeError, match="1000 × 800"):
        inspect(bytes(data), max_pixels=1000 * 800 - 1)


@pytest.mark.parametrize(
    "data",
    [
        png_of_size(20, 20),
        png_of_size(20, 20)[:33],
        png_of_size(20, 20)[:8],
        png_of_size(0, 20, filler_bytes=9),
        encode(make_picture(), ImageFormat.JPEG)[:20],
        encode(make_picture(), ImageFormat.JPEG)[:3],
        b"RIFF\x04\0\0\0WEBP",
        extended_webp(b"RIFF\x04\0\0\0WEBP"),
        build_heic()[:24],
        build_heic()[:2000],
    ],
)
def test_a_header_without_pixels_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenImageError, match="damaged or incomplete"):
        inspect(data)


def test_two_headers_are_not_a_way_round_the_limit() -> None:
    small = png_of_size(8, 8, filler_bytes=200)
    large = png_chunk(b"IHDR", (40_000).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0)))
    with pytest.raises(BrokenImageError):
        inspect(with_png_chunks(small, large))


@pytest.mark.parametrize(("image_format"), [ImageFormat.WEBP, ImageFormat.PNG, ImageFormat.AVIF])
def test_animations_are_refused(image_format: ImageFormat) -> None:
    frames = [Image.fromarray(make_picture()), Image.fromarray(make_picture()[::-1].copy())]
    data = encode(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)
    with pytest.raises(AnimatedImageError, match="still photo"):
        inspect(data)


def test_a_webp_with_a_frame_is_an_animation_whatever_its_flags_say() -> None:
    data = with_webp_chunks(
        extended_webp(encode(make_picture(), ImageFormat.WEBP)), webp_chunk(b"ANMF", bytes(24))
    )
    with pytest.raises(AnimatedImageError):
        inspect(data)


def test_a_jpeg_of_twelve_bits_is_of_a_kind_that_is_not_taken() -> None:
    data = bytearray(encode(make_picture(), ImageFormat.JPEG))
    data[data.index(b"\xff\xc0") + 4] = 12
    with pytest.raises(UnsupportedFormatError):
        inspect(bytes(data))


def test_files_of_a_million_tiny_pieces_are_not_walked_to_the_end() -> None:
    header = png_of_size(8, 8)[:33]
    with pytest.raises(BrokenImageError, match="damaged"):
        inspect(header + png_chunk(b"IDAT", b"") * 100_000)
    with pytest.raises(BrokenImageError, match="damaged"):
        inspect(b"\xff\xd8" + b"\xff\xfe\0\x02" * 100_000)


class CountingFile(io.BytesIO):
    """Knows how much of it was read."""

    bytes_read = reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        self.reads += 1
        return data


def test_megabytes_of_fill_bytes_are_not_looked_at_one_by_one() -> None:
    jpeg = encode(make_picture(), ImageFormat.JPEG)
    file = CountingFile(jpeg[:2] + b"\xff" * 8_000_000 + jpeg[2:])
    assert inspect(file).width == WIDTH
    assert file.reads < 500


def test_the_last_of_a_few_fill_bytes_begins_the_marker() -> None:
    jpeg = encode(make_picture(), ImageFormat.JPEG)
    for count in (1, 2, 63, 64, 65, 200):
        assert inspect(jpeg[:2] + b"\xff" * count + jpeg[2:]).width == WIDTH
    with pytest.raises(BrokenImageError):
        inspect(jpeg[:2] + b"\xff" * 200)


def heif_box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return (8 + len(data)).to_bytes(4, "big") + kind + data


def heif_that_says_much(*, places: int = 0, items: int = 1, properties: int = 1) -> bytes:
    """A HEIC of one size and no pixels, whose boxes claim so much."""
    version = bytes(4)
    one, size = (1).to_bytes(2, "big"), (64).to_bytes(4, "big")
    item = one + bytes([properties]) + b"\1" * properties
    return heif_box(b"ftyp", b"heic", bytes(4), b"mif1heic") + heif_box(
        b"meta",
        version,
        heif_box(b"pitm", version, one),
        heif_box(b"iloc", version, b"\1\0", one, bytes(4), places.to_bytes(2, "big"), b"\1" * places),
        heif_box(
            b"iprp",
            heif_box(b"ipco", heif_box(b"ispe", version, size, size)),
            heif_box(b"ipma", version, items.to_bytes(4, "big"), item * items),
        ),
    )


@pytest.mark.parametrize(
    ("honest", "too_much"),
    [
        ({"places": 16_000}, {"places": 17_000}),
        ({"items": 4000}, {"items": 5000}),
        ({"items": 80, "properties": 200}, {"items": 100, "properties": 200}),
    ],
)
def test_boxes_that_say_more_than_any_photo_has_to_say_are_not_listened_to(
    honest: dict[str, int], too_much: dict[str, int]
) -> None:
    assert inspect(heif_that_says_much(**honest)).width == 64
    with pytest.raises(BrokenImageError):
        inspect(heif_that_says_much(**too_much))


def test_av1_data_of_more_obus_than_any_photo_has_are_not_listened_to() -> None:
    avif = encode(make_picture(), ImageFormat.AVIF)
    data = avif[avif.index(b"mdat") + 4 :] + b"\x12\0" * 50
    assert read_frame_sizes(data, max_obus=60)[0] == [(WIDTH, HEIGHT)]
    with pytest.raises(BrokenImageError):
        read_frame_sizes(data, max_obus=50)


def test_a_header_is_read_without_the_file_behind_it() -> None:
    noise = zlib.compress(make_picture(1000, 1000).tobytes(), 0)
    header = png_of_size(1000, 1000)[:33]
    file = CountingFile(header + png_chunk(b"IDAT", noise) + png_chunk(b"IEND", b""))
    assert inspect(file).width == 1000
    assert file.bytes_read < 200
