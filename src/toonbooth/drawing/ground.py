"""What a painting is painted upon: a quiet ground of big strokes behind the person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from toonbooth.drawing.closeup import Closeup
from toonbooth.imaging.brushwork import Brush, BrushDirections, lay_strokes, paint_strokes
from toonbooth.imaging.colour import lab_to_rgb, planes_of, rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import ImageT, Size, enlarged_smoothly, shrunk
from toonbooth.imaging.smoothing import flatten, gaussian, masked_blur
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Portrait


class Ground(Enum):
    """What is behind the person: a wall of two colours that pass into each other, or the photo's own."""

    OWN = "the photo's own background in broad strokes"
    TEAL = "sea green with a pale light"
    TERRACOTTA = "brick and rust"
    BLUE = "evening blue and sky"
    SAGE = "sage and butter"
    PLUM = "plum and old rose"
    OCHRE = "ochre and straw"
    ROSE = "dusty rose"
    NIGHT = "night blue and turquoise"
    LINEN = "linen and white"


@dataclass(frozen=True, slots=True)
class GroundLook:
    """What a ground looks like.

    kind : Ground.
    side : side that the light comes from; the ground is lighter on the other.
    brush : factor on the size of strokes.
    sweep : radians, the way the brush goes.
    turn : radians by which the hue is turned.
    lift : added to L*.
    """

    kind: Ground
    side: float
    brush: float
    sweep: float
    turn: float = 0.0
    lift: float = 0.0


_Lab = tuple[float, float, float]

WALLS: dict[Ground, tuple[_Lab, _Lab]] = {
    Ground.TEAL: ((40.0, -17.0, -11.0), (68.0, -15.0, -1.0)),
    Ground.TERRACOTTA: ((27.0, 24.0, 16.0), (46.0, 30.0, 21.0)),
    Ground.BLUE: ((40.0, 0.0, -28.0), (70.0, -5.0, -17.0)),
    Ground.SAGE: ((49.0, -13.0, 13.0), (77.0, -7.0, 22.0)),
    Ground.PLUM: ((34.0, 20.0, -15.0), (63.0, 21.0, -2.0)),
    Ground.OCHRE: ((53.0, 11.0, 36.0), (79.0, 3.0, 34.0)),
    Ground.ROSE: ((48.0, 26.0, 0.0), (72.0, 22.0, 0.0)),
    Ground.NIGHT: ((21.0, 3.0, -20.0), (50.0, -12.0, -18.0)),
    Ground.LINEN: ((71.0, 3.0, 11.0), (88.0, 1.0, 6.0)),
}
"""L*a*b* far from the head, and around it: none of them a colour of skin, or a head has no edge."""


_SKIN_HUE = 0.96
"""Radians in a*, b*: the middle of all skins."""


@dataclass(frozen=True, slots=True)
class PaintedGround:
    """A ground, ready to have somebody painted upon it.

    canvas : (h, w, 4) uint8, sRGB and the thickness of the paint.
    directions : the way the brush went.
    """

    canvas: ByteImage
    directions: BrushDirections

    def under(self, closeup: Closeup, *, frame: Size) -> PaintedGround:
        """The part under a closeup of a picture of the given size, as large as the closeup is drawn."""

        def part(image: ImageT, size: Size) -> ImageT:
            across, down = image.shape[1] / frame[0], image.shape[0] / frame[1]
            step = (closeup.width / size[0] * across, closeup.height / size[1] * down)
            move = np.array(
                [[step[0], 0, closeup.left * across], [0, step[1], closeup.top * down]], np.float32
            )
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            moved = cv2.warpAffine(image, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            return moved.astype(image.dtype, copy=False)

        few = (max(4, closeup.size[0] // 4), max(4, closeup.size[1] // 4))
        directions = BrushDirections(part(self.directions.cos2, few), part(self.directions.sin2, few))
        return PaintedGround(part(self.canvas, closeup.size), directions)


def paint_ground(
    portrait: Portrait, look: GroundLook, *, face_width: float, size: Size, rng: np.random.Generator
) -> PaintedGround:
    """Paint the ground of a whole picture.

    Parameters
    ----------
    portrait : Portrait
    look : GroundLook
    face_width : float, pixels of the picture
    size : (width, height) of the ground in pixels; the same field of view
    rng : numpy.random.Generator

    Returns
    -------
    PaintedGround.
    """
    height, width = portrait.picture.shape[:2]
    shrink = max(1.0, min(height, width) / 160)
    few = (max(4, round(width / shrink)), max(4, round(height / shrink)))
    lab = _ground_colours(portrait, look, face_width=face_width / shrink, size=few, rng=rng)
    rgb = to_bytes(lab_to_rgb(enlarged_smoothly(lab, size)))
    canvas: ByteImage = np.dstack([rgb, np.full(rgb.shape[:2], 128, np.uint8)])
    drift = np.float32(look.sweep) + np.float32(0.5) * _clouds(few, 0.25 * max(few), rng)
    directions = BrushDirections(np.cos(2 * drift), np.sin(2 * drift))
    everywhere = np.ones(few[::-1], np.float32)
    scale = size[0] / width
    for share, variety in ((0.24, 2.4), (0.13, 1.8)):
        breadth = share * max(face_width, 0.36 * min(width, height)) * scale * look.brush
        breadth = max(4.0, breadth)
        brush = Brush(breadth, length=4.5, coverage=1.5, tolerance=16.0, variety=variety)
        paint_strokes(canvas, lay_strokes(lab, directions, everywhere, brush, size=size, rng=rng))
        # Wet in wet: the borders of strokes melt.
        canvas = cv2.GaussianBlur(canvas, (0, 0), max(0.8, 0.06 * breadth)).astype(np.uint8, copy=False)
    return PaintedGround(canvas, directions)


def _ground_colours(
    portrait: Portrait, look: GroundLook, *, face_width: float, size: Size, rng: np.random.Generator
) -> FloatImage:
    clouds = _clouds(size, 0.1 * max(size), rng)
    matte = shrunk(portrait.matte, size) if portrait.faces else np.zeros(size[::-1], np.float32)
    own, unrest = _own_colours(portrait, matte, face_width=face_width, size=size)
    lightness, a, b = planes_of(own)
    # Quieter than the person: less contrast, less colour, neither black nor white.
    mean = float(lightness.mean())
    lightness = np.float32(np.clip(mean, 34, 74)) + np.float32(0.7) * (lightness - np.float32(mean))
    vivid = np.hypot(a, b)
    pale = np.float32(0.8) * np.minimum(1, 24 / np.maximum(vivid, 1)) ** np.float32(0.6)
    a, b = a * pale, b * pale
    if look.kind is Ground.OWN:
        return cv2.merge([lightness + 2 * clouds, a, b + 2]).astype(np.float32, copy=False)
    width, height = size
    face = portrait.main_face
    x0, y0 = face.box.centre if face else (portrait.picture.shape[1] / 2, portrait.picture.shape[0] / 2)
    x = np.arange(width, dtype=np.float32)[None, :] - np.float32(x0 * width / portrait.picture.shape[1])
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32(y0 * height / portrait.picture.shape[0])
    # Lighter behind the side in shadow, darker behind the side in light: each stands out.
    x += np.float32(0.45 * look.side * face_width)
    reach = np.float32(1 / (1.75 * face_width))
    glow = np.exp(-np.square(x * reach) - np.square(y * reach))
    # The two colours meet in clouds, as if the brush had gone from one into the other and back.
    glow = np.clip(glow + np.float32(0.13) * clouds, 0, 1)
    other = _clouds(size, 0.16 * max(size), rng)
    far, around = WALLS[look.kind]
    wall = [np.float32(one) + np.float32(two - one) * glow for one, two in zip(far, around, strict=True)]
    turn = away_from_skin(far, look.turn)
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    wall = [wall[0] + np.float32(look.lift), wall[1] * cos - wall[2] * sin, wall[1] * sin + wall[2] * cos]
    wall[0] += np.float32(1.6) * clouds
    wall[1] += np.float32(2.6) * other
    wall[2] -= np.float32(3.2) * other
    # Before a restless background no matte is sure of the person's edge: there the wall takes up its colours,
    # so that what is left over of it within the edge belongs to the picture.
    near = np.float32(0.4 * unrest) * smoothstep(
        gaussian(matte, sigma=max(0.8, 0.5 * face_width)), low=0.0, high=0.5
    )
    mixed = [plane + (found - plane) * near for plane, found in zip(wall, (lightness, a, b), strict=True)]
    ground: FloatImage = cv2.merge(mixed).astype(np.float32, copy=False)
    return ground


def away_from_skin(wall: _Lab, turn: float) -> float:
    """A turn of a wall's hue, in radians, as it may be: warm walls turn only away from the hues of skin."""
    _, a, b = wall
    hue = float(np.arctan2(b, a))
    if 0 < hue < _SKIN_HUE:
        return -0.5 * abs(turn)
    return 0.5 * abs(turn) if _SKIN_HUE <= hue < 2 * _SKIN_HUE else turn


def _own_colours(
    portrait: Portrait, matte: FloatImage, *, face_width: float, size: Size
) -> tuple[FloatImage, float]:
    """The photo's background, L*a*b*, melted and continued behind people; and how restless it is, 0 … 1."""
    lab = rgb_to_lab(to_float(flatten(shrunk(portrait.picture, size), passes=2, tone=30.0)))
    # The matte's rim belongs to neither: only what is surely background gives colour.
    sure = np.clip(1 - np.float32(1.8) * matte, 0, 1).astype(np.float32)
    near = masked_blur(lab, sure, sigma=max(0.8, 0.06 * face_width))
    wide = masked_blur(lab, sure, sigma=max(1.0, 0.12 * max(size)))
    trust = np.clip(cv2.blur(sure, (5, 5)) * 2, 0, 1).astype(np.float32)[..., None]
    beside = sure * smoothstep(gaussian(matte, sigma=0.3 * face_width), low=0.02, high=0.2)
    seen = lab[beside > 0.5]
    spread = float(np.abs(seen - seen.mean(axis=0)).sum(axis=1).mean()) if len(seen) > 20 else 0.0
    unrest = float(np.clip((spread - 16) / 18, 0, 1))
    return (wide + (near - wide) * trust * np.float32(0.85)).astype(np.float32), unrest


def _clouds(size: Size, scale: float, rng: np.random.Generator) -> FloatImage:
    """Smooth noise of standard deviation near 1, its clouds about `scale` pixels wide."""
    few = (max(2, round(size[0] / scale) + 2), max(2, round(size[1] / scale) + 2))
    return enlarged_smoothly(rng.standard_normal(few[::-1], dtype=np.float32), size)
