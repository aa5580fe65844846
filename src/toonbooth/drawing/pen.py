"""A pen on a picture: tapered strokes and soft fills, anti-aliased, in any colour."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from toonbooth.drawing.coverage import covered
from toonbooth.imaging.colour import lab_to_rgb
from toonbooth.imaging.paths import tangents
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points

Colour = tuple[float, float, float]
"""L*, a*, b*."""

_HAIR = 0.1
"""Width in pixels under which a stroke hasn't begun, or has ended."""


def curve(points: Points, *, samples: int, closed: bool = False) -> Points:
    """A smooth curve through points (Catmull-Rom), evenly in their number.

    Parameters
    ----------
    points : (N, 2), N >= 2
    samples : int, >= 2
        How many points come back.
    closed : bool
        Whether the last point leads to the first.

    References
    ----------
    E. Catmull, R. Rom, "A class of local interpolating splines", Computer Aided Geometric Design, 1974.
    doi:10.1016/B978-0-12-079050-0.50020-5
    """
    if len(points) < 2 or samples < 2:
        raise ValueError("a curve needs two points and two samples")
    count = len(points)
    if closed:
        knots = np.concatenate([points[-1:], points, points[:2]])
        position = np.linspace(0, count, samples, endpoint=False)
    else:
        before, after = 2 * points[:1] - points[1:2], 2 * points[-1:] - points[-2:-1]
        knots = np.concatenate([before, points, after])
        position = np.linspace(0, count - 1, samples)
    index = np.minimum(position.astype(np.int32), count - (1 if closed else 2))
    t = (position - index)[:, None].astype(np.float32)
    p0, p1, p2, p3 = (knots[index + k] for k in range(4))
    smooth: Points = (
        0.5
        * (
            2 * p1
            + (p2 - p0) * t
            + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
            + (3 * p1 - p0 - 3 * p2 + p3) * t**3
        )
    ).astype(np.float32)
    return smooth


def normals(path: Points) -> Points:
    """Unit vectors across a path, (N, 2): to the right of its way on a picture whose y runs down... rotated a
    quarter turn from its tangent."""
    tangent = tangents(path)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-6)[:, None]
    across: Points = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1).astype(np.float32)
    return across


def rgb_of(colour: Colour) -> FloatImage:
    """A colour as sRGB, (3,)."""
    rgb: FloatImage = lab_to_rgb(np.array([[colour]], np.float32))[0, 0]
    return rgb


class Pen:
    """Draws on a window of a picture, in place.

    Coordinates are those of the window's pixels.
    """

    def __init__(self, window: FloatImage) -> None:
        """
        Parameters
        ----------
        window : float32 array, shape (H, W, 3), sRGB, range [0, 1]; drawn upon
        """
        self.window = window

    def stroke(
        self,
        path: Points,
        *,
        widths: Sequence[float],
        colour: Colour,
        strength: float = 1.0,
        pressure: FloatImage | None = None,
        soft: float = 0.0,
        clip: FloatImage | None = None,
    ) -> None:
        """Draw a tapered stroke along a path.

        Parameters
        ----------
        path : (N, 2)
        widths : float, pixels
            Full widths at even distances along it; between them it swells smoothly.
        colour : Colour
        strength : float, 0 … 1
        pressure : (N,) float32, optional
            Factor on the width along the path: a stroke may fade where nothing supports it.
        soft : float, pixels
            Standard deviation by which its edges are blurred.
        clip : float32 array, shape (H, W), optional
            Where the stroke may be seen.
        """
        if len(path) < 2:
            return
        line = curve(path, samples=max(12, 3 * len(path)))
        along = np.linspace(0, 1, len(line))
        swell = np.interp(along, np.linspace(0, 1, len(widths)), widths)
        if pressure is not None:
            swell = swell * np.interp(along, np.linspace(0, 1, len(pressure)), pressure)
        swell = np.maximum(swell, 0).astype(np.float32)
        # A polygon without width would still leave a hairline.
        drawn = np.flatnonzero(swell > _HAIR)
        if len(drawn) < 2:
            return
        line, swell = line[drawn[0] : drawn[-1] + 1], swell[drawn[0] : drawn[-1] + 1]
        # Under a pixel wide, what is missing in width is taken off the ink.
        strongest = float(swell.max())
        if strongest < 0.15:
            return
        strength *= min(1.0, strongest)
        half = (
            normals(line)
            * (np.maximum(swell, 0.25) / 2 * (1.0 if strongest >= 1 else 1 / strongest))[:, None]
        )
        self.fill(
            np.concatenate([line + half, (line - half)[::-1]]),
            colour=colour,
            strength=strength,
            soft=soft,
            clip=clip,
        )

    def fill(
        self,
        outline: Points,
        *,
        colour: Colour,
        strength: float = 1.0,
        soft: float = 0.0,
        clip: FloatImage | None = None,
    ) -> None:
        """Fill an outline."""
        height, width = self.window.shape[:2]
        margin = 2 + 3 * soft
        left, top = np.floor(outline.min(axis=0) - margin).astype(int)
        right, bottom = np.ceil(outline.max(axis=0) + margin + 1).astype(int)
        left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
        if right <= left or bottom <= top or strength <= 0:
            return
        mask = covered(outline - np.array([left, top], np.float32), size=(right - left, bottom - top))
        if soft > 0.2:
            mask = cv2.GaussianBlur(mask, (0, 0), soft).astype(np.uint8, copy=False)
        cover = mask.astype(np.float32) * np.float32(strength / 255)
        if clip is not None:
            cover *= clip[top:bottom, left:right]
        part = self.window[top:bottom, left:right]
        part += cover[..., None] * (rgb_of(colour) - part)

    def lay(self, lab: FloatImage, cover: FloatImage) -> None:
        """Lay a picture in L*a*b* of the window's size over it, by cover, shape (H, W)."""
        x, y, across, down = cv2.boundingRect((cover > 0.004).astype(np.uint8))
        if not across:
            return
        box = (slice(y, y + down), slice(x, x + across))
        part = self.window[box]
        part += cover[box][..., None] * (lab_to_rgb(np.ascontiguousarray(lab[box])) - part)


def ellipse(centre: tuple[float, float], radii: tuple[float, float], *, turn: float = 0.0) -> Points:
    """An ellipse's outline, (48, 2); `turn` in radians, clockwise in the picture."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    x, y = radii[0] * np.cos(angle), radii[1] * np.sin(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    outline: Points = np.stack([centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos], axis=1).astype(
        np.float32
    )
    return outline
