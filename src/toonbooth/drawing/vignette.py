"""How a drawing ends: clothes fade away from the head, the background is paper, sheets have margins."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from toonbooth.drawing.closeup import Closeup
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.ranks import percentile
from toonbooth.imaging.resize import Size, shrunk
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Portrait

_FEWER = 4
"""How many times fewer pixels than the picture a frame has, each way."""

_FADED = 2.6
"""Face widths from the nearest face at which a drawing has begun to fade."""


@dataclass(frozen=True, slots=True)
class Vignette:
    """How a drawing ends.

    side : -1 left … 1 right, the side where the background is hatched: opposite the light.
    strength : 0 … 1, tone of the background's hatching beside the head.
    looseness : 0 … 1, how far clothes fade away from the head.
    """

    side: float
    strength: float
    looseness: float


@dataclass(frozen=True, slots=True)
class Frame:
    """Where places lie on a sheet, so that a part that is drawn from near ends where the whole does.

    All are (h, w) float32, on as few pixels as such calm things need.

    distance : from the nearest face, in face widths, stretched to where people end.
    sheet : 1 on the sheet, falling to 0 towards its edges.
    low : 0 at the upper edge … 1 at the lower.
    """

    distance: FloatImage
    sheet: FloatImage
    low: FloatImage

    def within(self, closeup: Closeup, whole: Size) -> Frame:
        """What of it a closeup shows; `whole` is width and height of the picture, in the closeup's pixels."""
        height, width = self.low.shape
        across, down = width / whole[0], height / whole[1]
        left, top = int(closeup.left * across), int(closeup.top * down)
        right = max(left + 1, round((closeup.left + closeup.width) * across))
        bottom = max(top + 1, round((closeup.top + closeup.height) * down))
        window = slice(top, bottom), slice(left, right)
        return Frame(self.distance[window], self.sheet[window], self.low[window])

    def at(self, size: Size) -> Frame:
        """The same on more pixels."""
        distance, sheet, low = (
            cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)
            for plane in (self.distance, self.sheet, self.low)
        )
        return Frame(distance, sheet, low)


def frame_of(portrait: Portrait, *, margin: float) -> Frame:
    """The frame of a whole picture; `margin` is the share of its short side over which it fades."""
    height, width = portrait.picture.shape[:2]
    size = max(1, width // _FEWER), max(1, height // _FEWER)
    distance = distance_from_heads(size, portrait.faces, scale=size[0] / width)
    person = shrunk(portrait.matte, size)
    low = np.repeat(np.linspace(0, 1, size[1], dtype=np.float32)[:, None], size[0], axis=1)
    return Frame(as_far_as_shown(distance, person), margins(size, share=margin), low)


def distance_from_heads(size: Size, faces: tuple[Face, ...], *, scale: float) -> FloatImage:
    """Distance from the nearest face's middle in face widths, (height, width) float32; 0 where nobody is."""
    width, height = size
    if not faces:
        return np.zeros((height, width), np.float32)
    far = np.full((height, width), 1e6, np.float32)
    for face in faces:
        x, y = _from_middle(size, face, scale=scale)
        # Hair rises and falls a long way from the face; clothes begin just below it.
        down = np.where(y > 0, y, np.float32(0.6) * y)
        np.minimum(far, np.square(x * np.float32(0.9)) + np.square(down), out=far)
    return np.sqrt(far)


def as_far_as_shown(distance: FloatImage, person: FloatImage) -> FloatImage:
    """Stretch distances so that a drawing fades where the person ends, not in the middle of an arm.

    Parameters
    ----------
    distance : float32 array, shape (H, W), from `distance_from_heads`
    person : float32 array, shape (H, W)
        The matte.

    Returns
    -------
    float32 array, shape (H, W), nowhere more than it was; near heads the same.
    """
    reach = distance[person > 0.5]
    if not len(reach):
        return distance
    stretch = float(np.clip(percentile(reach, 97) / _FADED, 1.0, 2.5))
    near: FloatImage = np.minimum(distance, 1) + np.maximum(distance - 1, 0) * np.float32(1 / stretch)
    return near


def vignette(
    tone: FloatImage,
    person: FloatImage,
    faces: tuple[Face, ...],
    frame: Frame,
    look: Vignette,
    *,
    scale: float,
) -> FloatImage:
    """Let clothes fade away from the head, leave the background to paper but for loose hatching on one side.

    Parameters
    ----------
    tone : float32 array, shape (H, W), from `pencil_tones`
    person : float32 array, shape (H, W)
        The matte.
    faces : faces in the coordinates of the full picture; at least one
    frame : Frame, its arrays of the same shape
    look : Vignette
    scale : float
        Size of the tone over size of the full picture.

    Returns
    -------
    float32 array, shape (H, W).
    """
    height, width = tone.shape
    behind = np.zeros(tone.shape, np.float32)
    for face in faces:
        x, y = _from_middle((width, height), face, scale=scale)
        reach = np.square((x - np.float32(0.85 * look.side)) / np.float32(0.75))
        reach = reach + np.square((y - np.float32(0.05)) / np.float32(0.95))
        np.maximum(behind, np.exp(-reach), out=behind)
    distance = frame.distance
    worn = tone * (1 - np.float32(look.looseness) * smoothstep(distance, low=0.6, high=1.6))
    # In the end only contours are left.
    worn *= 1 - np.float32(0.97) * smoothstep(distance, low=2.5, high=5.2)
    # Whoever is cut off by the sheet's lower edge fades towards it.
    worn *= 1 - np.float32(0.7) * smoothstep(frame.low, low=0.72, high=1.0) * smoothstep(
        distance, low=0.8, high=1.6
    )
    behind *= np.float32(look.strength)
    drawn: FloatImage = behind + (worn - behind) * person
    return drawn


def _from_middle(size: Size, face: Face, *, scale: float) -> tuple[FloatImage, FloatImage]:
    """How far right (1, W) and below (H, 1) of a face's middle places lie, in face widths."""
    across = np.float32(1 / max(face.width * scale, 1.0))
    x, y = ((value + 0.5) * scale - 0.5 for value in face.box.centre)
    columns = (np.arange(size[0], dtype=np.float32)[None, :] - np.float32(x)) * across
    rows = (np.arange(size[1], dtype=np.float32)[:, None] - np.float32(y)) * across
    return columns, rows


def margins(size: Size, *, share: float) -> FloatImage:
    """1 on the sheet, falling to 0 towards its edges, (height, width) float32."""
    width, height = size
    reach = max(1.0, share * min(width, height))
    x = np.minimum(np.arange(width), np.arange(width)[::-1]).astype(np.float32)
    y = np.minimum(np.arange(height), np.arange(height)[::-1]).astype(np.float32)
    beside, above = (smoothstep(edge, low=0.0, high=reach) for edge in (x, y))
    sheet: FloatImage = above[:, None] * beside[None, :]
    return sheet
