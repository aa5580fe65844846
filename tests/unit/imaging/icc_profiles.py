"""ICC profiles for tests, from published figures rather than from the code that they test."""

import struct

# Colorants under D50 as in the profiles of the vendors.
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))

_D50 = (0.9642, 1.0, 0.8249)


def rgb_profile(colorants: tuple[tuple[float, ...], ...], *, curve: bytes) -> bytes:
    """A display profile of three primaries and one curve, as `srgb_curve` or `gamma_curve` make it."""
    tags = {b"wtpt": _xyz(_D50), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    tags |= {name: _xyz(xyz) for name, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)}
    return _assemble(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_profile(*, gamma: float) -> bytes:
    return _assemble(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(_D50), b"kTRC": gamma_curve(gamma)})


def cmyk_profile(*, paper: tuple[int, int, int], cyan: tuple[int, int, int]) -> bytes:
    """A press whose ink C prints as the Lab colour `cyan` whatever the others do."""
    entries = [cyan if corner & 8 else paper for corner in range(16)]
    table = b"".join(bytes((round(lightness * 2.55), a + 128, b + 128)) for lightness, a, b in entries)
    identity = struct.pack(">9i", *(65536 if row == column else 0 for row in range(3) for column in range(3)))
    straight = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + straight * 4 + table + straight * 3
    return _assemble(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(_D50), b"A2B0": lut})


def srgb_curve() -> bytes:
    figures = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para" + struct.pack(">IHH5i", 0, 3, 0, *(round(figure * 65536) for figure in figures))


def gamma_curve(gamma: float) -> bytes:
    return b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + bytes(2)


def _xyz(value: tuple[float, ...]) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *(round(part * 65536) for part in value))


def _assemble(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    offset = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x", offset + len(body), 0x02400000, kind, space, connection, b"acsp"
    )
    head += struct.pack(">3i", *(round(part * 65536) for part in _D50))
    return head.ljust(128, b"\0") + table + body
