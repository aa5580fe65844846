"""Backgrounds of a comic: a flat colour and one large shape in its neighbour, contrasting with the hair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.pen import Colour
from toonbooth.imaging.colour import lab_to_rgb
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes
from toonbooth.imaging.resize import Size, shrunk


class Scene(Enum):
    """What stands behind the person."""

    DISC = "a large sun beside the head"
    HALO = "a large disc behind head and shoulders"
    SLANT = "two tones that meet along a slanting edge"
    STRIPES = "broad slanting stripes"
    HILLS = "two waves, one before the other"
    RAYS = "broad rays from behind the head"


@dataclass(frozen=True, slots=True)
class SceneLook:
    """What a comic's background looks like.

    scene : Scene.
    tint : (a*, b*) of its ground.
    accent : (a*, b*) of its shape.
    slant : -1 … 1, which way a slanting edge leans and rays turn.
    """

    scene: Scene
    tint: tuple[float, float]
    accent: tuple[float, float]
    slant: float


@dataclass(frozen=True, slots=True)
class Scenery:
    """A background of two colours.

    shape : (H, W) uint8, 0 on the ground, 255 in the shape.
    ground, inked : L*a*b* of the two.
    """

    shape: ByteImage
    ground: Colour
    inked: Colour

    def in_lab(self, size: Size) -> FloatImage:
        """The background at a size, its own or less, float32 L*a*b*."""
        share = shrunk(self.shape, size).astype(np.float32) * np.float32(1 / 255)
        planes = [
            share * np.float32(inked - ground) + np.float32(ground)
            for ground, inked in zip(self.ground, self.inked, strict=True)
        ]
        return cv2.merge(planes).astype(np.float32, copy=False)

    def in_rgb(self) -> ByteImage:
        """The background at its own size, uint8 sRGB."""
        share = np.linspace(0, 1, 256, dtype=np.float32)[:, None, None]
        table = np.array(self.ground, np.float32) * (1 - share) + np.array(self.inked, np.float32) * share
        return cv2.applyColorMap(self.shape, to_bytes(lab_to_rgb(table))).astype(np.uint8, copy=False)


_PALETTES = (
    ((88, 54), (96, 30)),  # sunny yellow
    ((122, 42), (112, 30)),  # spring green
    ((158, 30), (130, 20)),  # mint
    ((192, 28), (170, 17)),  # aqua
    ((232, 27), (215, 15)),  # sky
    ((262, 29), (240, 15)),  # cornflower
    ((286, 30), (266, 15)),  # periwinkle
    ((312, 27), (330, 13)),  # lavender
    ((345, 28), (350, 13)),  # pink
)
"""Hue in degrees and chroma of grounds and of the shapes on them: any hue but skin's, before which faces
would fade."""


def choose_scene(rng: np.random.Generator, *, vivid: float) -> SceneLook:
    """Choose a scene.

    Parameters
    ----------
    rng : numpy.random.Generator
    vivid : float
        Factor on the chroma of its colours.
    """
    scenes = tuple(Scene)
    palette = _PALETTES[rng.integers(len(_PALETTES))]
    turn = rng.uniform(-4.0, 4.0)
    tint, accent = (
        (float(vivid * chroma * np.cos(angle)), float(vivid * chroma * np.sin(angle)))
        for angle, chroma in ((np.deg2rad(hue + turn), chroma) for hue, chroma in palette)
    )
    return SceneLook(
        scene=scenes[rng.integers(len(scenes))],
        tint=tint,
        accent=accent,
        slant=float(rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 1.0)),
    )


def draw_scene(size: Size, look: SceneLook, *, head: Head, hair: float) -> Scenery:
    """Draw a background.

    Parameters
    ----------
    size : width and height in pixels
    look : SceneLook
    head : Head, in pixels
    hair : float, L*
        How light the hair is. The background is darker than light hair and much lighter than dark hair."""
    ground = 62.0 if hair > 66 else 80.0
    # A dark yellow is mud.
    yellow = max(0.0, look.tint[1]) / max(1.0, float(np.hypot(*look.tint)))
    ground += (17.0 if hair > 66 else 6.0) * yellow**2
    # Flat colours: a gradient this faint would show as bands. A shape that is all about is near its ground.
    step, share = _STEPS[look.scene]
    a, b = ((1 - share) * one + share * other for one, other in zip(look.tint, look.accent, strict=True))
    return Scenery(_shape(size, look, head), (ground, *look.tint), (ground + step, a, b))


_STEPS = {
    Scene.DISC: (11.0, 1.0),
    Scene.HALO: (11.0, 1.0),
    Scene.SLANT: (8.0, 0.8),
    Scene.STRIPES: (4.5, 0.4),
    Scene.HILLS: (10.0, 1.0),
    Scene.RAYS: (5.5, 0.45),
}
"""How much lighter a scene's shape is than its ground, L*, and how much of its hue is the accent's."""

_FINER = 4
"""Bits of a pixel in which corners are placed."""


def _shape(size: Size, look: SceneLook, head: Head) -> ByteImage:
    """The scene's one shape, 255 inside."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    far = float(width + height)
    if look.scene is Scene.DISC:
        # A sun beside the person; centred on the head it would make a saint.
        _ring(mask, head.x + 0.7 * look.slant * head.width, head.y + 0.6 * head.width, 1.9 * head.width)
    elif look.scene is Scene.SLANT:
        x = np.array([-far, far, far, -far])
        y = 0.45 * height - 0.7 * look.slant * (x - 0.5 * width)
        y[2:] += 4 * far
        _fill(mask, x, y)
    elif look.scene is Scene.HALO:
        _ring(mask, head.x, head.y + 0.5 * head.width, 1.55 * head.width)
    elif look.scene is Scene.STRIPES:
        breadth = 0.55 * head.width
        for stripe in range(-int(far / breadth) - 1, int(far / breadth) + 2, 2):
            x = head.x + breadth * (stripe + np.array([-0.5, 0.5, 0.5, -0.5]))
            y = np.array([-far, -far, far, far])
            _fill(mask, x - 0.6 * look.slant * (y - head.y), y)
    elif look.scene is Scene.HILLS:
        x = np.linspace(0, width, 121)
        for down, ink in ((-0.1, 128), (0.75, 255)):
            phase = (x - head.x) / (1.6 * head.width) + 2.6 * look.slant + 3 * down
            y = head.y + head.width * (down + 0.28 * np.sin(phase))
            _fill(mask, np.append(x, [width, 0]), np.append(y, [far, far]), ink=ink)
    elif look.scene is Scene.RAYS:
        for ray in range(9):
            turns = (np.array([0.0, 1.0]) + 2 * ray) * np.pi / 9 - 0.2 * look.slant
            x, y = head.x + far * np.cos(turns), head.y + far * np.sin(turns)
            _fill(mask, np.append(x, head.x), np.append(y, head.y))
    return mask


def _ring(mask: ByteImage, x: float, y: float, radius: float) -> None:
    turns = np.linspace(0, 2 * np.pi, 241)
    _fill(mask, x + radius * np.cos(turns), y + radius * np.sin(turns))


def _fill(mask: ByteImage, x: NDArray[np.float64], y: NDArray[np.float64], *, ink: int = 255) -> None:
    corners = np.round(np.column_stack([x, y]) * (1 << _FINER)).astype(np.int32)
    cv2.fillPoly(mask, [corners], (ink,), cv2.LINE_AA, _FINER)
