"""The line around a cut head: where a drawing outlines its people, it goes around all of the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.silhouette import Silhouette
from toonbooth.facecut.ways import sample
from toonbooth.imaging.colour import luma_of
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.portrait.model import Points

_STEP: Final = 0.5
"""Pixels from one depth that is looked at to the next."""

_BEYOND: Final = np.float32(2.5)
"""Pixels outside an edge at which a figure that ends there has ended."""

_LINE: Final = 0.025
_DEPTH: Final = 0.05
"""How far inside the edge a line lies at most, and how far what it outlines is looked at, face widths."""

_DARKER: Final = 0.12
_MUCH_DARKER: Final = 0.7
"""How much darker than that it is, luma, and relative to it."""

_LIGHT: Final = 0.3
"""Before what is darker than this, luma, no line can be told."""

_FINEST: Final = 1.4
"""Pixels; what is thinner looks dotted."""

_FINE: Final = 2.6
"""Pixels of width up to which every part of a pixel is seen in a line."""

_ALONG: Final = 7
"""Over how many pixels of an edge its direction is told."""

_PLACES: Final = 500
_ENOUGH: Final = 40
"""How many places of the edge are looked at, and at how many at least there has to be a line."""

_PUREST: Final = 3
"""Of so many places the darkest tells a line's colour."""

_OUTLINED: Final = 0.41
"""At what part of them there is one around a head that is outlined."""

_BARELY: Final = 0.12
_AT_EDGE: Final = 0.8
"""Or at so few, as long as so many of those are right at the edge, as fine ink is: 0.84 to 1 measured, and
at most 0.76 of pencil, dark hair and shadows."""

_RIGHT_AT: Final = 0.3
"""How near that is, relative to how far inside a line is sought."""


@dataclass(frozen=True, slots=True)
class RimLine:
    """A line around a figure.

    colour : (3,) float32, range [0, 1].
    width : pixels.
    """

    colour: FloatImage
    width: float


def find_rim_line(image: FloatImage, alpha: FloatImage, figure: FloatImage, *, unit: float) -> RimLine | None:
    """Tell whether a drawn figure is outlined, and how.

    Parameters
    ----------
    image : float32 array, shape (H, W, 3), range [0, 1]
    alpha, figure : float32 arrays, shape (H, W), range [0, 1]
        What was cut out of it, and the whole figure: where both end its outline was drawn.
    unit : float, pixels
        The face's width.

    Returns
    -------
    RimLine; None when hardly anything dark runs along the edge, as in paintings.
    """
    contours, _ = cv2.findContours((alpha > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    whole = max(contours, key=len).reshape(-1, 2)
    if len(whole) < _ENOUGH:
        return None
    step = max(1, len(whole) // _PLACES)
    edge: Points = whole[::step].astype(np.float32)
    inwards = _inwards(whole, alpha)[::step]
    outlined = sample(figure, (edge - _BEYOND * inwards)[:, np.newaxis])[:, 0] < 0.5
    # Where the picture ends nothing was outlined.
    height, width = alpha.shape
    outlined &= (edge > 1).all(axis=1) & (edge < np.array([width - 2, height - 2])).all(axis=1)
    edge, inwards = edge[outlined], inwards[outlined]
    if len(edge) < _ENOUGH:
        return None
    depths = np.arange(_STEP, max(_DEPTH * unit, 4.0), _STEP, dtype=np.float32)
    places = edge[:, np.newaxis] + inwards[:, np.newaxis] * depths[:, np.newaxis]
    colours = _colours_at(image, places)
    light = luma_of(colours)
    near = depths < max(_LINE * unit, 2.5)
    deep = np.median(light[:, ~near], axis=1)
    darkest = light[:, near].min(axis=1)
    telling = deep > _LIGHT
    lined = telling & (darkest < np.minimum(deep - _DARKER, _MUCH_DARKER * deep))
    if lined.sum() < _ENOUGH:
        return None
    nearest = depths[near][light[lined][:, near].argmin(axis=1)]
    at_edge = float((nearest <= max(1.5, _RIGHT_AT * float(depths[near][-1]))).mean())
    if lined.sum() < (_BARELY if at_edge > _AT_EDGE else _OUTLINED) * telling.sum():
        return None
    thick = (light[lined][:, near] < ((deep + darkest) / 2)[lined, np.newaxis]).sum(axis=1) * _STEP
    seen = colours[lined, light[lined][:, near].argmin(axis=1)]
    # The thinner a line, the more of what lies beside it is in every pixel: the darkest have least.
    purest = seen[np.argsort(luma_of(seen))[: max(1, len(seen) // _PUREST)]]
    return RimLine(np.median(purest, axis=0).astype(np.float32), max(_FINEST, float(np.median(thick))))


def drawn_around(colours: FloatImage, alpha: FloatImage, line: RimLine) -> FloatImage:
    """Draw a line along the inner side of an edge: float32, shape (H, W, 3)."""
    if line.width < _FINE:
        away = Silhouette.of(gaussian(alpha, sigma=0.8)).distance
        place = np.flatnonzero((away < line.width + 1) & (alpha > 0))
        depth = away.reshape(-1)[place]
    else:
        solid = (alpha > 0.5).astype(np.uint8)
        away = np.asarray(cv2.distanceTransform(solid, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)
        place = np.flatnonzero((away < line.width + 2) & (alpha > 0))
        depth = gaussian(away, sigma=0.7).reshape(-1)[place]
    result = colours.copy()
    own = result.reshape(-1, 3)[place]
    share = np.clip(np.float32(line.width + 0.5) - depth, 0, 1)
    # What is dark already is the line, or dark hair.
    share *= np.clip((luma_of(own) - float(luma_of(line.colour[np.newaxis])[0])) * 10, 0, 1)
    result.reshape(-1, 3)[place] = own + share[:, np.newaxis] * (line.colour - own)
    return result


def _colours_at(image: FloatImage, places: NDArray[np.float32]) -> FloatImage:
    """The colours of a picture at places between its pixels, shape (N, K, 2): (N, K, 3)."""
    x, y = (np.ascontiguousarray(places[..., axis]) for axis in (0, 1))
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _inwards(edge: NDArray[np.generic], alpha: FloatImage) -> Points:
    """Unit vectors into what is opaque, at every pixel of its edge."""
    around = np.concatenate([edge[-_ALONG:], edge, edge[:_ALONG]]).astype(np.float32)
    calm = cv2.blur(around, (1, _ALONG))
    along = calm[_ALONG + 2 : len(edge) + _ALONG + 2] - calm[_ALONG - 2 : len(edge) + _ALONG - 2]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    across /= np.linalg.norm(across, axis=1, keepdims=True) + np.float32(1e-6)
    inside, outside = (sample(alpha, (edge + side * across)[:, np.newaxis])[:, 0] for side in (2, -2))
    inwards: Points = across * np.where(inside < outside, -1, 1)[:, np.newaxis]
    return inwards.astype(np.float32)
