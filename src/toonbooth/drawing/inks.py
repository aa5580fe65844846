"""Inks: the few colours that a poster is printed in, and the one that a skin is printed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.colour import lab_to_rgb
from toonbooth.imaging.pixels import FloatImage

Colour = tuple[float, float, float]
"""sRGB, 0 … 1."""


class Ink(IntEnum):
    """What a flat area is printed in; skin has inks of its own after these.

    From orange on they are mixtures of those before.
    """

    PAPER = 0
    GREY = 1
    DEEP = 2
    RED = 3
    YELLOW = 4
    BROWN = 5
    BLUE = 6
    ORANGE = 7
    GREEN = 8
    VIOLET = 9
    PINK = 10
    SKY = 11
    SAND = 12


@dataclass(frozen=True, slots=True)
class Palette:
    """Inks that go together.

    black : of the key plate, never quite black.
    inks : colours in the order of `Ink`.
    tint : (a*, b*) added to skins.
    dot : what dots on skin take from the colour under them, as factors.
    """

    black: Colour
    inks: tuple[Colour, ...]
    tint: tuple[float, float]
    dot: Colour


def hexed(*codes: str) -> tuple[Colour, ...]:
    """Colours as they are written in hexadecimal, `rrggbb`."""
    return tuple(
        (int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255) for code in codes
    )


def overprinted(under: Colour, over: Colour) -> Colour:
    """What two inks give where they lie on each other."""
    red, green, blue = (a * b for a, b in zip(under, over, strict=True))
    return red, green, blue


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """A mixture of two inks with a share of the second."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def _palette(black: str, inks: str, tint: tuple[float, float], dot: str) -> Palette:
    pure = hexed(*inks.split())
    return Palette(hexed(black)[0], (*pure, *_mixtures(pure)), tint, hexed(dot)[0])


def _rgb(lab: list[float]) -> Colour:
    red, green, blue = (float(v) for v in lab_to_rgb(np.array([[lab]], np.float32))[0, 0])
    return red, green, blue


def lab_of(colour: Colour) -> FloatImage:
    """L*a*b* of a colour."""
    lab: FloatImage = cv2.cvtColor(np.array([[colour]], np.float32), cv2.COLOR_RGB2LAB)[0, 0]
    return lab


def _violet(blue: Colour, red: Colour) -> Colour:
    """As deep as a mixture of blue and red, and violet even if they would give brown."""
    lightness = float(lab_of(mixed(blue, red, 0.45))[0])
    return _rgb([lightness, 32.0, -30.0])


def _mixtures(pure: tuple[Colour, ...]) -> tuple[Colour, ...]:
    """What pairs of inks give, in the order of `Ink` from orange on."""
    paper, grey, red, yellow, blue = (
        pure[ink] for ink in (Ink.PAPER, Ink.GREY, Ink.RED, Ink.YELLOW, Ink.BLUE)
    )
    return (
        mixed(yellow, red, 0.5),
        mixed(overprinted(yellow, blue), yellow, 0.12),
        _violet(blue, red),
        mixed(paper, red, 0.45),
        mixed(paper, blue, 0.4),
        mixed(grey, yellow, 0.4),
    )


#                        paper  grey   deep   red    yellow brown  blue
PALETTES: Final = (
    _palette("17141c", "fdf8ee bccbdb 27407f e4392f ffd53d b0582c 2f6fd0", (0.0, 0.0), "f58a78"),
    _palette("1b1630", "fff6f0 c6cbe2 2c3f86 ff5468 ffcb57 b25a3c 17aeb5", (2.0, -2.0), "fb8f8c"),
    _palette("18121d", "fff7ea cfc6dc 3a2f8a e8287b fbe04a a9503a 4b55d2", (2.0, -1.0), "f78aa0"),
    _palette("21170f", "fbf2df c9cdb9 1d5560 d84a2c f4b63a 9c5426 2c9490", (-1.0, 4.0), "f29068"),
    _palette("12122b", "f8f4ff c3c3ea 2b2f86 f2476d ffd469 a4543f 6a5fe0", (2.0, -3.0), "f7898f"),
    _palette("14201f", "fbfaf0 c2d6cf 1c5a5e f0583f f8d75a ab5c33 35a98f", (-1.0, 2.0), "f79579"),
    _palette("161823", "fdf7ef bed3e3 1f4f8f f0503c ffc43a b4602f 43a9e4", (0.0, 1.0), "f88f74"),
)
"""Primary, Miami, factory, seventies, night, mint and sky."""

_SKIN_STEPS: Final = (16.0, 26.0, 36.0, 46.0, 56.0, 62.0, 68.0, 74.0, 80.0)
"""L* of skin in a photo …"""

_SKIN_INKS: Final = (
    (17.0, 14.0, 14.0),
    (26.0, 18.0, 21.0),
    (37.0, 21.0, 28.0),
    (48.0, 21.0, 30.0),
    (62.0, 18.0, 28.5),
    (69.5, 15.5, 26.5),
    (76.0, 13.5, 24.5),
    (84.0, 11.0, 21.0),
    (90.0, 8.0, 18.0),
)
"""… and the L*a*b* that it is printed in: light skin clear, dark skin dark and warm."""


def skin_ink(lightness: float, palette: Palette) -> Colour:
    """The ink for a skin of a given L*."""
    lab = [float(np.interp(lightness, _SKIN_STEPS, [step[i] for step in _SKIN_INKS])) for i in range(3)]
    share = float(np.clip(lab[0] / 80, 0.3, 1))
    lab[1] += palette.tint[0] * share
    lab[2] += palette.tint[1] * share
    return _rgb(lab)


def apart(first: Colour, second: Colour) -> float:
    """How different two colours look: distance in L*a*b*."""
    return float(np.linalg.norm(lab_of(first) - lab_of(second)))
