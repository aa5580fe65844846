"""Which kinds of picture there are, and how their first bytes tell them apart. Names count for nothing."""

from enum import StrEnum


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIF = "heif"
    AVIF = "avif"

    @property
    def media_type(self) -> str:
        return f"image/{self.value}"

    @property
    def suffix(self) -> str:
        """The end of a file name, with its dot."""
        return ".jpg" if self is ImageFormat.JPEG else f".{self.value}"


HEAD_BYTES = 64
"""How much of a file `identify` wants to see."""

# ISO/IEC 23008-12 annex B and the AV1 image file format, section 8: the brands that promise a codec.
_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AV1_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"mif1", b"mif2", b"msf1"})


def identify(head: bytes) -> ImageFormat | None:
    """Tell the format from the first `HEAD_BYTES` bytes of a file; None if it is none of ours."""
    if head.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if head[4:8] == b"ftyp":
        return _identify_by_brands(head)
    return None


def _identify_by_brands(head: bytes) -> ImageFormat | None:
    end = min(len(head), int.from_bytes(head[:4], "big"))
    major = head[8:12]
    # The four bytes between the major brand and the compatible ones are its version.
    compatible = [head[at : at + 4] for at in range(16, end - 3, 4)]
    # The major brand decides; the general `mif1` leaves it to the first that names a codec.
    for brand in (major, *compatible):
        if brand in _AV1_BRANDS:
            return ImageFormat.AVIF
        if brand in _HEVC_BRANDS:
            return ImageFormat.HEIF
    return ImageFormat.HEIF if major in _HEIF_BRANDS else None
