"""The avatar square: where it lies, and how the picture fills it where it ends too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.finishing import Layer, turned_matrix
from toonbooth.facecut.frame import Window
from toonbooth.facecut.landmarks import CHIN
from toonbooth.facecut.neighbours import without_neighbours
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged_smoothly, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.windows import grown
from toonbooth.portrait.model import Box, Face

_EYES: Final = 1 / 3
_LEAST_SIDE: Final = 1.55
"""Face widths: tighter squares cut ears off."""

_SMOOTHEST: Final = 0.008
"""How smooth what a square shows beyond a picture becomes: a blur's sigma, sides of the square."""

_STRETCH: Final = 0.3
"""What is beside a head may be stretched until it is this part of the room that it has to fill."""

_NEIGHBOUR: Final = (0.35, 0.08)
"""How far hair and ears reach beside a neighbour's face that looks ahead, and on the side that it turns to by
0.3 radians, relative to its width."""

_APART: Final = 0.3
"""What lies between two heads is stretched so that the other leaves the square, when it is at least this
part of the room to fill."""

_LEAN: Final = 0.07
"""How far the square is moved aside at most for hair that the picture's edge cuts, relative to its side."""

_TOUCH: Final = 0.015
"""What comes so close to the picture's edge is cut by it, face widths."""

_COARSE: Final = 4
"""On every so manieth pixel is looked for what lies beyond a picture."""

_AROUND: Final = 0.04
"""What is so close around a head isn't stretched, face widths."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square in whole pixels; may reach beyond the picture."""

    x: int
    y: int
    side: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """How one side of a picture is stretched to fill a square.

    start : where it begins, pixels of the picture, beside the head.
    end : up to where there is picture to stretch.
    far : how far the square reaches.
    """

    start: float
    end: float
    far: float

    def __call__(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where in the picture lies what comes to these places."""
        sign = 1.0 if self.far > self.start else -1.0
        there, room = sign * (self.end - self.start), sign * (self.far - self.start)
        if room <= there or there <= 0:
            return places
        # As steep as one beside the head, ever flatter outwards; beyond too little it goes on by itself.
        reach = min(room, there / _STRETCH)
        beyond = np.clip(sign * (places - self.start), 0, None)
        inner = np.minimum(beyond, reach)
        stretched = inner / (1 + inner * (reach / there - 1) / reach) + (beyond - inner)
        return np.where(beyond > 0, self.start + sign * stretched, places)


def cut_square(
    picture: ByteImage,
    face: Face,
    head: Layer,
    *,
    others: Sequence[Face] = (),
    figure: FloatImage | None = None,
    roll: float = 0.0,
    size_pixels: int | None = None,
) -> CutOut:
    """Cut a square around a head, with the background and the eyes on its upper third line.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    face : Face
    head : Layer
        The head with its hair, as it was cut.
    others : faces that the square had better not show
    figure : float32 array, shape (H, W), range [0, 1], optional
        The people that a drawing shows.
    roll : float, radians
        How far the picture is turned counterclockwise around the head.
    size_pixels : int, optional, > 0
        The square's side; None keeps the picture's own resolution.

    Returns
    -------
    CutOut, without transparency.
    """
    height, width = picture.shape[:2]
    turning, turned_size = turned_matrix(width, height, roll)
    marks = np.array([face.left_eye.iris_centre, face.right_eye.iris_centre, face.landmarks[CHIN]])
    left_eye, right_eye, chin = _carry(marks, turning)
    # Every third pixel tells where the head ends as well as all of them.
    rows, columns = np.nonzero(head.alpha[::3, ::3] > 0.03)
    outline = np.column_stack([3.0 * columns + head.x, 3.0 * rows + head.y]) if len(rows) else marks
    corners = _carry(outline, turning)
    square = place_square(
        (left_eye + right_eye) / 2,
        chin_y=float(chin[1]),
        unit=face.width,
        face=_box_around(_carry(face.landmarks.astype(np.float64), turning)),
        head=_box_around(corners),
        picture_size=turned_size,
    )
    matrix = turning.copy()
    matrix[:, 2] -= [square.x, square.y]
    if others and figure is not None:
        picture = without_neighbours(
            picture, figure, face, head, others, *_seen(matrix, square.side, width, height)
        )
    stretches = _find_stretches(outline, face, others, matrix, square.side, picture_size=(width, height))
    crop = crop_square(picture, square, turning, *stretches)
    if size_pixels is not None:
        size = (size_pixels, size_pixels)
        resized = (
            shrunk(crop, size)
            if size_pixels <= square.side
            else to_bytes(enlarged_smoothly(to_float(crop), size))
        )
        crop = resized
    return CutOut(crop, np.full(crop.shape[:2], 255, np.uint8), square.x, square.y)


def place_square(
    eyes: NDArray[np.float64],
    *,
    chin_y: float,
    unit: float,
    face: Box,
    head: Box,
    picture_size: tuple[int, int],
) -> Square:
    """Lay a square around a head with the eyes on its upper third line.

    Parameters
    ----------
    eyes : (x, y) between the eyes, pixels
    chin_y : float, pixels
    unit : float, pixels
        The face's width.
    face, head : Box
        The face, which may reach beyond the picture, and the head with its hair, pixels.
    picture_size : (width, height)
        The square grows no larger than needed, and shrinks a little to stay inside the picture.

    Returns
    -------
    Square
    """
    eye_x, eye_y = float(eyes[0]), float(eyes[1])
    crown = max(eye_y - head.y, 0.5 * unit)
    below = max(chin_y - eye_y, 0.5 * unit)
    breadth = min(head.width, 1.9 * unit)
    side = max((crown + 0.12 * unit) / _EYES, 1.3 * below / (1 - _EYES), 1.2 * breadth, 1.9 * unit)
    # Long hair and high hats would make the face tiny.
    side = min(side, 3.3 * unit)
    middle = 0.6 * eye_x + 0.4 * float(np.clip(head.x + head.width / 2, eye_x - unit / 2, eye_x + unit / 2))
    width, height = picture_size
    room = min(2 * middle, 2 * (width - middle), eye_y / _EYES, (height - eye_y) / (1 - _EYES))
    # Rather a little beyond the picture than a crown cut off, but for one that the picture itself cuts off.
    above = 0.05 * unit if head.y > 0.02 * unit else 0.0
    least = max(_LEAST_SIDE * unit, 0.8 * side, min((crown + above) / _EYES, side))
    side = max(min(side, room), least)
    whole = max(2, round(side))
    x = round(middle - whole / 2)
    # What is beyond a face that the picture's edge cuts can't be guessed, what is beyond hair a little: that
    # edge comes nearer to the square's.
    most = whole if not 0 <= face.x <= face.x + face.width <= width else round(_LEAN * whole)
    touch = _TOUCH * unit
    if head.x < touch:
        x = max(x, min(0, x + most))
    if head.x + head.width > width - touch:
        x = min(x, max(width - whole, x - most))
    return Square(x=x, y=round(eye_y - whole * _EYES), side=whole)


def _seen(matrix: NDArray[np.float64], side: int, width: int, height: int) -> tuple[Window, slice]:
    """The rows and the columns of a picture that a square shows."""
    corners = _carry(np.array([(x, y) for x in (0, side) for y in (0, side)], np.float64), _inverse(matrix))
    top = int(np.clip(corners[:, 1].min(), 0, height - 1))
    bottom = int(np.clip(corners[:, 1].max() + 1, top + 1, height))
    left = int(np.clip(corners[:, 0].min(), 0, width - 1))
    right = int(np.clip(corners[:, 0].max() + 1, left + 1, width))
    return Window(0, top, width, bottom - top), slice(left, right)


def _find_stretches(
    outline: NDArray[np.float64],
    face: Face,
    others: Sequence[Face],
    matrix: NDArray[np.float64],
    side: int,
    *,
    picture_size: tuple[int, int],
) -> tuple[list[Stretch], list[Stretch]]:
    """What has to be stretched across and down, so that the picture fills the square."""
    width, height = picture_size
    unit = face.width
    corners = _carry(
        np.array([(x, y) for x in (0, side - 1) for y in (0, side - 1)], np.float64), _inverse(matrix)
    )
    far_low, far_high = corners.min(axis=0), corners.max(axis=0)
    # Long hair below the chin may be longer still.
    near_head = outline[outline[:, 1] < face.landmarks[CHIN, 1] + 0.1 * unit]
    near = near_head if len(near_head) else outline
    low, high = near.min(axis=0) - _AROUND * unit, near.max(axis=0) + _AROUND * unit
    left, right = 0.0, width - 1.0
    for other in others:
        box = other.box
        if box.y > far_high[1] or box.y + box.height < far_low[1]:
            continue
        turned = np.interp([-other.yaw, other.yaw], (0, 0.3), _NEIGHBOUR) * other.width
        begin, finish = box.x - turned[0], box.x + box.width + turned[1]
        # Who is too near stays.
        if begin - high[0] > _APART * (far_high[0] - high[0]):
            right = min(right, begin)
        elif low[0] - finish > _APART * (low[0] - far_low[0]):
            left = max(left, finish)
    across = [Stretch(low[0], left, far_low[0]), Stretch(high[0], right, far_high[0])]
    down = [Stretch(low[1], 0.0, far_low[1]), Stretch(high[1], height - 1.0, far_high[1])]
    return across, down


def crop_square(
    picture: ByteImage,
    square: Square,
    turning: NDArray[np.float64],
    across: Sequence[Stretch] = (),
    down: Sequence[Stretch] = (),
) -> ByteImage:
    """Cut a square out of a turned picture; where it ends too early what lies beside the head is stretched,
    and beyond that runs on, ever smoother.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    square : Square
        In pixels of the turned picture.
    turning : (2, 3) float64
        From the picture to the turned one.
    across, down : how columns and rows of the picture are stretched

    Returns
    -------
    uint8 array, shape (side, side, 3).
    """
    height, width = picture.shape[:2]
    matrix = turning.copy()
    matrix[:, 2] -= [square.x, square.y]
    steps = np.arange(square.side, dtype=np.float64)
    to_x, to_y = _inverse(matrix)
    x, y = to_x[0] * steps[np.newaxis] + to_x[2], to_y[1] * steps[:, np.newaxis] + to_y[2]
    if to_x[1] or to_y[0]:
        x, y = x + to_x[1] * steps[:, np.newaxis], y + to_y[0] * steps[np.newaxis]
    for stretch in across:
        x = stretch(x)
    for stretch in down:
        y = stretch(y)
    crop = _looked_up(picture, x, y, side=square.side)
    outside_x, outside_y = (
        np.maximum(np.maximum(-places, places - (end - 1)), 0).astype(np.float32)
        for places, end in ((x, width), (y, height))
    )
    outside = np.maximum(outside_x, outside_y)
    # Shoulders and backdrops run on; what is fine at the edge would become streaks.
    for part in _parts_beyond(outside, int(np.ceil(3 * _SMOOTHEST * square.side))):
        sharp = to_float(np.ascontiguousarray(crop[part]))
        result = sharp.copy()
        for relative_sigma in (0.003, _SMOOTHEST):
            sigma = relative_sigma * square.side
            change = gaussian(sharp, sigma=sigma)
            change -= result
            change *= np.minimum(outside[part] / np.float32(3 * sigma), 1)[..., np.newaxis]
            result += change
        crop[part] = to_bytes(result)
    return crop


def _parts_beyond(outside: FloatImage, room: int) -> Iterator[tuple[slice, slice]]:
    """The rows and columns of every part of a square that lies beyond its picture, with room around it."""
    step = _COARSE
    beyond = cv2.dilate((outside >= 0.5).astype(np.uint8), np.ones((step, step), np.uint8))[::step, ::step]
    for x, y, width, height, _ in cv2.connectedComponentsWithStats(beyond)[2][1:].tolist():
        part = slice(step * y, step * (y + height)), slice(step * x, step * (x + width))
        yield grown(part, room, outside.shape)


def _looked_up(picture: ByteImage, x: NDArray[np.float64], y: NDArray[np.float64], *, side: int) -> ByteImage:
    """What a picture has at columns x and rows y, which together are of shape (side, side)."""
    crop = np.empty((side, side, 3), np.uint8)
    rest = [(slice(0, side), slice(0, side))]
    if x.size == y.size == side:
        # Most of it is pixels as they are.
        rows, columns = _as_they_are(y.ravel(), picture.shape[0]), _as_they_are(x.ravel(), picture.shape[1])
        top, left = int(y.ravel()[rows.start]), int(x.ravel()[columns.start])
        crop[rows, columns] = picture[
            top : top + rows.stop - rows.start, left : left + columns.stop - columns.start
        ]
        rest = [
            (slice(0, rows.start), slice(0, side)),
            (slice(rows.stop, side), slice(0, side)),
            (rows, slice(0, columns.start)),
            (rows, slice(columns.stop, side)),
        ]
    across, down = (np.broadcast_to(places.astype(np.float32), (side, side)) for places in (x, y))
    for part in rest:
        if crop[part].size:
            crop[part] = cv2.remap(
                picture,
                across[part].copy(),
                down[part].copy(),
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            )
    return crop


def _as_they_are(places: NDArray[np.float64], end: int) -> slice:
    """Which of ever farther places are a picture's pixels one by one; none where none are."""
    shift = places - np.arange(len(places))
    whole = np.flatnonzero((shift == np.rint(np.median(shift))) & (places >= 0) & (places < end))
    return slice(int(whole[0]), int(whole[-1]) + 1) if len(whole) else slice(0, 0)


def _box_around(points: NDArray[np.float64]) -> Box:
    x0, y0, x1, y1 = (float(each) for each in (*points.min(axis=0), *points.max(axis=0)))
    return Box(x0, y0, x1 - x0, y1 - y0)


def _carry(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    carried: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return carried


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse: NDArray[np.float64] = cv2.invertAffineTransform(matrix).astype(np.float64)
    return inverse
