"""Broken and strange pictures of every accepted format, made here and always the same ones."""

import io
import random
from collections.abc import Iterator

from PIL import Image

from tests.heif_files import DEPTH_MAP, build_heic

SIZE = (40, 30)


def make_pictures() -> dict[str, bytes]:
    """Whole pictures, some of them strange, by what they are."""
    rgb = Image.effect_noise(SIZE, 60).convert("RGB")
    return {
        "jpeg": _save(rgb, "JPEG"),
        "jpeg, grey": _save(rgb.convert("L"), "JPEG"),
        "jpeg, cmyk": _save(rgb.convert("CMYK"), "JPEG"),
        "jpeg, progressive": _save(rgb, "JPEG", progressive=True),
        "jpeg, one pixel": _save(rgb.resize((1, 1)), "JPEG"),
        "jpeg, very wide": _save(rgb.resize((5000, 1)), "JPEG"),
        "jpeg, xmp": _save(rgb, "JPEG", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
        "png": _save(rgb, "PNG"),
        "png, palette": _save(rgb.convert("P"), "PNG"),
        "png, 16 bit": _save(Image.new("I;16", SIZE, 40_000), "PNG"),
        "png, bilevel": _save(rgb.convert("1"), "PNG"),
        "png, alpha": _save(rgb.convert("RGBA"), "PNG"),
        "png, grey and alpha": _save(rgb.convert("LA"), "PNG"),
        "webp": _save(rgb, "WEBP"),
        "webp, lossless": _save(rgb.convert("RGBA"), "WEBP", lossless=True),
        "webp, animated": _save(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(90)], duration=100),
        "avif": _save(rgb, "AVIF", speed=10),
        "avif, alpha": _save(rgb.convert("RGBA"), "AVIF", speed=10),
        "heic": build_heic(columns=1, rows=1),
        "heic, turned, with a depth map": build_heic(
            columns=1, rows=1, quarters=1, exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0", auxiliary=(DEPTH_MAP,)
        ),
        "gif": _save(rgb, "GIF"),
        "bmp": _save(rgb, "BMP"),
        "tiff": _save(rgb, "TIFF"),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "nothing": b"",
    }


def break_pictures(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many broken ones: cut, flipped, repeated, glued together, with lengths that lie."""
    chance = random.Random(seed)
    whole = list(make_pictures().items())
    for _ in range(count):
        name, data = chance.choice(whole)
        yield name, break_bytes(data, chance, chance.choice(whole)[1])


def break_bytes(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """One broken version; the same for the same chance."""
    broken = bytearray(data or b"\0")
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(broken)) if broken else 0
        match chance.randrange(7):
            case 0:
                del broken[at:]
            case 1 if broken:
                broken[min(at, len(broken) - 1)] ^= 1 << chance.randrange(8)
            case 2:
                broken[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
            case 3:
                broken[at:at] = broken[at : at + chance.randint(1, 64)]
            case 4:
                broken[at:at] = other[: chance.randint(1, 200)]
            case 5:
                del broken[at : at + chance.randint(1, 16)]
            case _:
                broken[:12] = other[:12]
    return bytes(broken)


def _save(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
