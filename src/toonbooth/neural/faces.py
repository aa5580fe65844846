"""Drawing with a network that wants upright faces: cut out, drawn together, laid back into the photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import shrunk
from toonbooth.neural.errors import NobodyToDrawError
from toonbooth.neural.manifest import FacesTable
from toonbooth.portrait.model import Face, Portrait
from toonbooth.portrait.sampling import Pyramid, Region

Draw = Callable[[FloatImage], FloatImage]
"""float32 (N, height, width, 3), 0…1, to the same."""

_FOREHEAD: Final = 10
_CHIN: Final = 152
# A crop's drawing fades into the photo over this part of its side.
_FADE: Final = 0.08


def draw_faces(portrait: Portrait, draw: Draw, *, size: tuple[int, int], look: FacesTable) -> ByteImage:
    """Draw the heads of a portrait; what isn't person, or lies beyond a head's crop, stays the photo.

    Parameters
    ----------
    draw : what draws a batch of upright heads
    size : height and width of a head's crop as the network takes it, pixels
    look : how a face lies in its crop

    Returns
    -------
    uint8 array, the shape of the portrait's picture.

    Raises
    ------
    NobodyToDrawError
        When the portrait has no faces.
    """
    if not portrait.faces:
        raise NobodyToDrawError
    source = portrait.picture if look.background == "photo" else _on_white(portrait)
    pyramid = Pyramid(source)
    height, width = size
    regions = [place_face(face, size, look) for face in portrait.faces]
    crops = [
        to_float(pyramid.sample(region, width=width, height=height, border=cv2.BORDER_REPLICATE))
        for region in regions
    ]
    drawn = draw(np.stack(crops))
    shape = portrait.picture.shape[:2]
    colour, weight = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    for region, head in zip(regions, drawn, strict=True):
        _lay(head, region, colour, weight)
    # Heads that share a place share it by their weights; the photo fills up what is missing to 1.
    share = np.minimum(weight, 1) * portrait.matte
    colour *= (share / np.maximum(weight, np.float32(1e-6)))[..., np.newaxis]
    colour += to_float(portrait.picture) * (1 - share)[..., np.newaxis]
    return to_bytes(colour)


def place_face(face: Face, size: tuple[int, int], look: FacesTable) -> Region:
    """The part of the picture that a face's crop shows, turned as the head is."""
    height, width = size
    across = face.width * look.width
    down = across * height / width
    middle = (face.landmarks[_FOREHEAD] + face.landmarks[_CHIN]) / 2
    # From where the face's middle shall lie to where the crop's own middle lies.
    right, below = (0.5 - look.centre[0]) * across, (0.5 - look.centre[1]) * down
    cosine, sine = np.cos(face.roll), np.sin(face.roll)
    return Region(
        x=float(middle[0] + right * cosine - below * sine),
        y=float(middle[1] + right * sine + below * cosine),
        width=across,
        height=down,
        angle=face.roll,
    )


def _lay(head: FloatImage, region: Region, colour: FloatImage, weight: FloatImage) -> None:
    """Add a drawn head to where it was cut out, in the part of the canvas that it can touch."""
    size = (max(2, round(region.width)), max(2, round(region.height)))
    if size[0] < head.shape[1]:
        # A face smaller than the network's: turning samples single pixels, which would glitter.
        head = shrunk(head, size)
    window = _fading_window(*head.shape[:2])
    corners = region.to_picture(np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32))
    height, width = weight.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (width, height)).tolist()
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, (width, height)).tolist()
    if left >= right or top >= bottom:
        return
    matrix = region.grid_matrix(width=window.shape[1], height=window.shape[0])
    matrix[:, 2] -= (left, top)
    laid = cv2.warpAffine(
        np.dstack([head * window[..., np.newaxis], window]),
        matrix,
        (right - left, bottom - top),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
    )
    colour[top:bottom, left:right] += laid[..., :3]
    weight[top:bottom, left:right] += np.maximum(laid[..., 3], 0)


def _fading_window(height: int, width: int) -> FloatImage:
    """1 in the middle, falling to 0 at the edges."""
    sides = []
    for length in (height, width):
        ticks = (np.arange(length, dtype=np.float32) + np.float32(0.5)) / np.float32(length)
        ramp = np.minimum(1, np.minimum(ticks, 1 - ticks) / np.float32(_FADE))
        sides.append(ramp * ramp * (3 - 2 * ramp))
    return np.outer(sides[0], sides[1]).astype(np.float32)


def _on_white(portrait: Portrait) -> ByteImage:
    matte = portrait.matte[..., np.newaxis]
    return to_bytes(to_float(portrait.picture) * matte + (1 - matte))
