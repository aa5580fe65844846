"""What is done to a head once it is cut: turning it upright, its size, a sticker's outline, the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.cut_out import CutOut, white_where_unseen
from toonbooth.facecut.silhouette import Silhouette
from toonbooth.imaging.morphology import parts_touching
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
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

_OUTLINE_CELLS: Final = 10
"""A sticker's outline is drawn on a grid on which it is so many cells wide: calm anyway, and much cheaper."""

_OUTLINE_SOLID: Final = 0.35
"""What part of such a cell is covered at least where there is something to go around."""

_FAINT: Final = 0.02
"""What is less opaque than this nobody sees."""

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
    seen = np.pad(to_bytes(alpha), ends)
    picture = white_where_unseen(np.pad(to_bytes(colours), (*ends, (0, 0))), seen)
    if sticker:
        picture, seen = _outlined(picture, seen, outline)
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
    large = _clear_edges(alpha, soft, scale)
    # Of a row of hardly opaque pixels a faint dash would be left, apart from all else.
    large *= parts_touching(large > _FAINT, large > 0.5)
    return colours, large


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
    x0, y0, x1, y1 = layer.seen_box
    alpha = layer.alpha[y0:y1, x0:x1]
    matrix, size = turned_matrix(x1 - x0, y1 - y0, roll)
    premultiplied = np.dstack([layer.colours[y0:y1, x0:x1] * alpha[..., np.newaxis], alpha])
    turned = cv2.warpAffine(premultiplied, matrix, size, flags=cv2.INTER_CUBIC)
    colours, soft = _divided(np.asarray(turned, dtype=np.float32))
    return Layer(colours, soft, layer.x + x0, layer.y + y0)


def _divided(premultiplied: FloatImage) -> tuple[FloatImage, FloatImage]:
    # Cubic curves overshoot.
    alpha: FloatImage = np.clip(premultiplied[..., 3], np.float32(0), np.float32(1))
    colours = premultiplied[..., :3].copy()
    soft = np.flatnonzero((alpha > 0) & (alpha < 1))
    colours.reshape(-1, 3)[soft] /= np.maximum(alpha.reshape(-1)[soft], np.float32(1e-3))[:, np.newaxis]
    return np.clip(colours, np.float32(0), np.float32(1), out=colours), alpha


def _outlined(picture: ByteImage, seen: ByteImage, width_pixels: int) -> tuple[ByteImage, ByteImage]:
    """Put white behind a picture, as far as `width_pixels` around its silhouette; there is room."""
    height, width = seen.shape
    cell = max(1, width_pixels // _OUTLINE_CELLS)
    size = (max(1, width // cell), max(1, height // cell))
    wide = width_pixels / cell
    solid = (shrunk(to_float(seen), size) > _OUTLINE_SOLID).astype(np.uint8)
    # Closing by distance: out by the reach, and back by it. Rounds notches, keeps what sticks out.
    away = _distance(1 - solid) <= _GAPS * wide
    closed = (_distance(away.astype(np.uint8)) > _GAPS * wide) | (solid > 0)
    distance = gaussian(_distance((~closed).astype(np.uint8)), sigma=max(0.6, _CALM * wide))
    distance = enlarged_smoothly(distance * np.float32(cell), (width, height))
    paper = to_bytes(np.float32(width_pixels) + np.float32(0.5) - distance)
    result, covered = picture.copy(), np.maximum(seen, paper)
    rim = np.flatnonzero((seen > 0) & (seen < 255))
    if not len(rim):
        return result, covered
    alpha, under = to_float(seen.reshape(-1)[rim]), to_float(paper.reshape(-1)[rim])
    both = alpha + under * (1 - alpha)
    share = (alpha / np.maximum(both, np.float32(1e-3)))[:, np.newaxis]
    covered.reshape(-1)[rim] = to_bytes(both)
    own = to_float(picture.reshape(-1, 3)[rim])
    result.reshape(-1, 3)[rim] = to_bytes((own * share + (1 - share)).astype(np.float32, copy=False))
    return result, covered


def _distance(outside: NDArray[np.uint8]) -> FloatImage:
    """How far every non-zero pixel is from the nearest zero, pixels."""
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5), dtype=np.float32)
