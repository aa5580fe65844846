"""What is done to a head once it is cut: turning it upright, its size, a sticker's outline, the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.silhouette import Silhouette
from toonbooth.imaging.pixels import FloatImage, to_bytes
from toonbooth.imaging.resize import enlarged_smoothly, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.tones import smoothstep
from toonbooth.imaging.windows import extent

MARGIN: Final = 0.06
"""Empty rim on every side, relative to the longer side of what was cut."""

OUTLINE: Final = 0.03
"""Width of a sticker's outline, relative to the longer side of the head."""

_GAPS: Final = 1.2
"""Gaps between strands narrower than twice this many outlines are white, and no notches in its edge."""

_CALM_PIXELS: Final = 0.8
"""Before an edge is enlarged it is softened by this, or its pixels would be seen as steps."""

_CLEAR: Final = (0.22, 0.36)
"""How steep, per pixel, an edge then still is that is none, and one that is as clear as it can be, if it had
been a step: 0.47. Hair isn't."""

_CALM: Final = 0.4
"""How calm a sticker's outline runs past curls of hair, relative to its width."""

_SEEN: Final = 8 / 255
"""Alpha from which a pixel counts for the framing."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A cut-out while it is worked on.

    colours : (H, W, 3) float32, 0…1, not multiplied by alpha.
    alpha : (H, W) float32, 0…1.
    x, y : where its top left pixel lies in the picture it was cut from.
    """

    colours: FloatImage
    alpha: FloatImage
    x: int
    y: int

    @property
    def seen_box(self) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of the pixels that can be seen; all of it when none can."""
        return seen_box(self.alpha)


def seen_box(alpha: FloatImage) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the pixels that can be seen; the whole image when none can."""
    seen = extent(alpha > _SEEN)
    if seen is None:
        return 0, 0, alpha.shape[1], alpha.shape[0]
    rows, columns = seen
    return columns.start, rows.start, columns.stop, rows.stop


def finish(
    layer: Layer, *, roll: float = 0.0, sticker: bool = False, size_pixels: int | None = None
) -> CutOut:
    """Crop to what is seen and put the margin around it, turned, sized and outlined as asked for.

    Parameters
    ----------
    layer : Layer
    roll : float, radians
        How far the head is tilted clockwise; it is turned back by this.
    sticker : bool
        Whether a white outline of even width goes around it.
    size_pixels : int, optional, > 0
        The longer side of the result; None keeps the resolution.

    Returns
    -------
    CutOut
    """
    if roll:
        layer = _turn(layer, roll)
    x0, y0, x1, y1 = layer.seen_box
    colours, alpha = layer.colours[y0:y1, x0:x1], layer.alpha[y0:y1, x0:x1]
    longest = max(alpha.shape)
    around = 1 + 2 * OUTLINE if sticker else 1.0
    if size_pixels is not None:
        longest = max(1, round(size_pixels / (1 + 2 * MARGIN) / around))
        colours, alpha = resize_layer(colours, alpha, longest)
    outline = max(1, round(OUTLINE * longest)) if sticker else 0
    margin = max(1, round(MARGIN * around * longest))
    if size_pixels is not None:
        margin = max(0, (size_pixels - longest) // 2 - outline)
    rim = outline + margin
    # Of an odd rest the right and bottom get one more pixel, so that the size is kept.
    rest = 0 if size_pixels is None else size_pixels - longest - 2 * rim
    ends = ((rim, rim + rest * (alpha.shape[0] == longest)), (rim, rim + rest * (alpha.shape[1] == longest)))
    alpha = np.pad(alpha, ends)
    colours = np.pad(colours, (*ends, (0, 0)), constant_values=1)
    if sticker:
        colours, alpha = _outline(colours, alpha, outline)
    seen = to_bytes(alpha)
    picture = to_bytes(colours)
    picture[seen == 0] = 255
    return CutOut(picture, seen, layer.x + x0 - rim, layer.y + y0 - rim)


def resize_layer(colours: FloatImage, alpha: FloatImage, longest: int) -> tuple[FloatImage, FloatImage]:
    """Colours and alpha with another longer side, in pixels; what is transparent lends nothing its colour."""
    height, width = alpha.shape
    scale = longest / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    premultiplied: FloatImage = np.dstack([colours * alpha[..., np.newaxis], alpha])
    if scale <= 1:
        return _divided(shrunk(premultiplied, size))
    colours, soft = _divided(enlarged_smoothly(premultiplied, size))
    return colours, _clear_edges(alpha, soft, scale)


def _clear_edges(alpha: FloatImage, enlarged_alpha: FloatImage, scale: float) -> FloatImage:
    """Draw the edges of an enlarged alpha anew where they were a pixel wide: as lines, not large pixels."""
    # Cropped to what is seen, it has nothing around it.
    calm = np.ascontiguousarray(gaussian(np.pad(alpha, 3), sigma=_CALM_PIXELS)[3:-3, 3:-3])
    large = enlarged_smoothly(calm, (enlarged_alpha.shape[1], enlarged_alpha.shape[0]))
    edge = Silhouette.of(large)
    clear = smoothstep(edge.slope * np.float32(scale), low=_CLEAR[0], high=_CLEAR[1])
    result: FloatImage = enlarged_alpha + clear * (edge.alpha() - enlarged_alpha)
    return result


def turned_matrix(width: int, height: int, roll: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The way of pixels into a picture turned counterclockwise by `roll`, which holds all of it: a (2, 3)
    matrix, and its (width, height)."""
    cosine, sine = float(np.cos(roll)), float(np.sin(roll))
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    size = np.ceil(np.abs(rotation) @ [width, height]).astype(int)
    shift = (size - 1) / 2 - rotation @ (np.array([width, height]) - 1) / 2
    return np.column_stack([rotation, shift]), (int(size[0]), int(size[1]))


def _turn(layer: Layer, roll: float) -> Layer:
    height, width = layer.alpha.shape
    matrix, size = turned_matrix(width, height, roll)
    premultiplied = np.dstack([layer.colours * layer.alpha[..., np.newaxis], layer.alpha])
    turned = cv2.warpAffine(premultiplied, matrix, size, flags=cv2.INTER_CUBIC)
    colours, alpha = _divided(np.asarray(turned, dtype=np.float32))
    return Layer(colours, alpha, layer.x, layer.y)


def _divided(premultiplied: FloatImage) -> tuple[FloatImage, FloatImage]:
    # Cubic curves overshoot.
    alpha: FloatImage = np.clip(premultiplied[..., 3], np.float32(0), np.float32(1))
    colours = premultiplied[..., :3] / np.maximum(premultiplied[..., 3:], np.float32(1e-3))
    return np.clip(colours, np.float32(0), np.float32(1)), alpha


def _outline(colours: FloatImage, alpha: FloatImage, width_pixels: int) -> tuple[FloatImage, FloatImage]:
    """Put white behind the picture, as far as `width_pixels` around its silhouette."""
    reach = _GAPS * width_pixels
    room = round(reach) + 2
    solid = np.pad((alpha > 0.5).astype(np.uint8), room)
    # Closing by distance: out by the reach, and back by it. Rounds notches, keeps what sticks out.
    away = _distance(1 - solid) <= reach
    closed = (_distance(away.astype(np.uint8)) > reach) | (solid > 0)
    distance = _distance((~closed).astype(np.uint8))
    distance = np.asarray(cv2.GaussianBlur(distance, (0, 0), max(0.6, _CALM * width_pixels)), np.float32)
    paper = np.clip(np.float32(width_pixels) + np.float32(0.5) - distance, 0, 1)[room:-room, room:-room]
    covered = alpha + paper * (1 - alpha)
    share = (alpha / np.maximum(covered, np.float32(1e-3)))[..., np.newaxis]
    white: FloatImage = colours * share + (1 - share)
    return white, covered


def _distance(outside: NDArray[np.uint8]) -> FloatImage:
    """How far every non-zero pixel is from the nearest zero, pixels."""
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5), dtype=np.float32)
