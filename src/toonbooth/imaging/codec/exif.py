"""The one thing that is wanted of EXIF: which way up the picture is."""

import struct

UPRIGHT = 1
EXIF_SIGNATURE = b"Exif\0\0"
"""Stands before the TIFF structure in JPEG, by mistake sometimes in WebP."""

_ORIENTATION_TAG = 0x0112
_SHORT = 3


def read_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that an EXIF block states; 1 when it states none or cannot be read.

    CIPA DC-008 (EXIF 2.32), 4.6.4: 1 upright, 2 mirrored, 3 upside down, 4 flipped, 5 transposed,
    6 to be turned clockwise, 7 transversed, 8 to be turned counter-clockwise.
    """
    tiff = exif.removeprefix(EXIF_SIGNATURE)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else UPRIGHT
    except struct.error:  # it ends too early
        pass
    return UPRIGHT


def build_exif(orientation: int) -> bytes:
    """The smallest TIFF structure that states an orientation and nothing else, 26 bytes."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION_TAG, _SHORT, 1, orientation, 0, 0)
