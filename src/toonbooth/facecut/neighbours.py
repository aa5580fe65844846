"""Somebody beside a head in its square: painted over with the drawing's own ground and hidden shoulders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.carrying import carried
from toonbooth.facecut.colours import count_colours, index_cells, log_likelihood, look_up
from toonbooth.facecut.edges import calm, nearest_in
from toonbooth.facecut.finishing import Layer
from toonbooth.facecut.frame import Window
from toonbooth.facecut.jaw import PROFILE
from toonbooth.facecut.landmarks import CHIN, FOREHEAD, JAW_ANGLES
from toonbooth.facecut.outlines import Mask, fill_polygon
from toonbooth.facecut.rim_line import drawn_around, find_rim_line
from toonbooth.imaging.colour import rgb_to_lab
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.resize import enlarged, shrunk
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.windows import extent, grown
from toonbooth.portrait.model import Face, Points

_UNIT_PIXELS: Final = 80.0
"""How wide a face is when its body is told from others'."""

_MINE, _THEIRS, _GROUND = 1, 2, 3

_NECK: Final = ((0.1, 0.16), (0.4, 0.16))
"""How far below a chin a neck surely reaches how far aside, face heights."""

_ABOVE: Final = 0.4
"""How far above a chin shoulders begin at most, face widths."""

_ALIKE: Final = 0.12
"""How much farther one shoulder may reach than the other, face widths."""

_INSIDE: Final = 0.03
"""How far inside what is somebody's it surely is, face widths."""

_GROUND_LEAST: Final = 0.1
"""What part of a square shows the ground at least, or there is none to carry on."""

_CERTAIN, _LEAST = 0.05, 0.3
"""Squared face widths of somebody that are surely not this body's, and that he fills in all."""

_OWN: Final = 0.08
"""Squared face widths of shoulders that have to be seen on the other side."""

_OWN_COLOUR: Final = -5.5
"""Log-likelihood above which a body has a colour on its other side, too."""

_SAME_CLOTH: Final = 0.3
"""What share of their colours two halves of one body have in common at least, and two bodies hardly."""

_BORDER, _FRINGE, _WHITE = 0.07, 0.1, 0.85
"""How wide a white border around people is at most, how far off there is none, face widths; its lightness."""

_THREAD: Final = 0.02
"""How wide what is calmed of the ground is, face widths."""

_HALVED: Final = 160.0
"""From which width of the face, pixels, the ground is carried on at half the size."""

_COARSE: Final = 8.0
"""How broad a rim is, pixels, from which half the size is fine enough for it."""

_RIM: Final = 0.03
_CALM: Final = 0.03
"""How far around him his outline goes, and how calmly the new shoulder's edge runs, face widths."""

_AROUND: Final = 0.25
"""How much of what lies around him is looked at to paint him over, face widths."""


def without_neighbours(
    picture: ByteImage,
    figure: FloatImage,
    face: Face,
    head: Layer,
    others: Sequence[Face],
    seen: Window,
    columns: slice,
) -> ByteImage:
    """Paint over whoever is beside a head, when he hides half of its shoulders.

    Parameters
    ----------
    picture : uint8 array, shape (H, W, 3)
    figure : float32 array, shape (H, W), range [0, 1]
        The people in it.
    face : Face
    head : Layer
        The head as it was cut, which stays.
    others : the other faces of the picture
    seen : the rows of the picture that are looked at
    columns : what is painted of them

    Returns
    -------
    uint8 array, shape (H, W, 3); the picture itself when nobody is in the way.
    """
    near = [other for other in others if _reaches(other, seen)]
    sides = {other.box.centre[0] > face.box.centre[0] for other in near}
    # Between two people no side shows what the other would be.
    if len(sides) != 1 or abs(face.yaw) > PROFILE:
        return picture
    part, people = np.ascontiguousarray(seen.crop(picture)), np.ascontiguousarray(seen.crop_map(figure))
    own_head = _laid_in(head, seen)
    corner = np.array([seen.x, seen.y], np.float32)
    landmarks = face.landmarks - corner
    body = _find_hidden(part, people, own_head, landmarks, face, right=sides.pop())
    if body is None or not body.theirs[:, columns].any():
        return picture
    image, unit = to_float(part), face.width
    line = find_rim_line(image, people, people, unit=unit)
    mirrored = np.asarray(
        cv2.warpAffine(image, body.mirror, (seen.width, seen.height), flags=cv2.INTER_LINEAR), np.float32
    )
    image, mirrored, people, own_head = (
        np.ascontiguousarray(each[:, columns]) for each in (image, mirrored, people, own_head)
    )
    theirs, half = body.theirs[:, columns], body.half[:, columns]
    hidden = _grown(theirs, _RIM * unit) & (own_head < 0.5)
    mine = (people > 0.5) & ~hidden
    bare = ~_grown(people > 0.5, _FRINGE * unit)
    if not bare.any():
        return picture
    # His border goes, too, but not that of others.
    others_figure = _grown((mine & ~half) | (own_head > 0.5), _BORDER * unit)
    hidden |= _grown(theirs, _FRINGE * unit) & (people < 0.5) & ~others_figure
    found = extent(hidden)
    if found is None:
        return picture
    # Nothing else changes, and no farther off is looked.
    box = grown(found, int(np.ceil(_AROUND * unit)), hidden.shape)
    ground = _ground(image, bare, box, unit)
    image, mirrored, own_head = (np.ascontiguousarray(each[box]) for each in (image, mirrored, own_head))
    hidden, mine, half = hidden[box], mine[box], half[box]
    skin = carried(np.where(half[..., np.newaxis], mirrored, image), mine | half, unit=unit)
    area = calm(
        (mine | half | (own_head > 0.5)).astype(np.float32), sigma_pixels=_CALM * unit, edge_pixels=1.5
    )
    area = np.maximum(area, own_head)
    white = cv2.inRange(mirrored, (_WHITE,) * 3, (1.0,) * 3) > 0
    border = _grown(half, _BORDER * unit) & white
    ground = np.where((border & body.beside[columns][box[1]])[..., np.newaxis], mirrored, ground)
    if line is not None:
        skin = drawn_around(skin, area, line)
    painted = ground + area[..., np.newaxis] * (skin - ground)
    share = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), 1.0)[..., np.newaxis]
    share = np.minimum(share, 1 - own_head[..., np.newaxis])
    result = picture.copy()
    seen.crop(result)[:, columns][box] = to_bytes(image + share * (painted - image))
    return result


def _ground(image: FloatImage, known: Mask, box: tuple[slice, slice], unit: float) -> FloatImage:
    """A part's ground, going on behind people as the nearest that is seen: rays and dots stay crisp."""
    # A blur by about two pixels comes anyway: half the size is enough.
    step = 2 if unit > _HALVED else 1
    rows, columns = (slice(each.start // step, -(-each.stop // step)) for each in box)
    nearest = nearest_in(known[::step, ::step])[1][rows, columns]
    crisp = image[::step, ::step].reshape(-1, 3)[nearest]
    # Steps between neighbours' colours would be seen as threads.
    calm_ground = cv2.medianBlur(to_bytes(crisp), 2 * round(_THREAD * unit / step) + 1)
    smooth = gaussian(to_float(np.asarray(calm_ground, np.uint8)), sigma=max(0.7, _THREAD / 3 * unit / step))
    whole = enlarged(smooth, (step * smooth.shape[1], step * smooth.shape[0]))
    top, left = box[0].start - step * rows.start, box[1].start - step * columns.start
    height, width = box[0].stop - box[0].start, box[1].stop - box[1].start
    ground = whole[top : top + height, left : left + width]
    return np.where(known[box][..., np.newaxis], image[box], ground)


@dataclass(frozen=True, slots=True)
class _Hidden:
    """Half of a body that another one hides.

    theirs : (H, W) bool, the other.
    mirror : (2, 3), from the picture to its mirror image about the neck.
    half : (H, W) bool, where the hidden half would be.
    beside : (W,) bool, the columns on that side of the neck.
    """

    theirs: Mask
    mirror: FloatImage
    half: Mask
    beside: Mask


def _find_hidden(
    part: ByteImage,
    people: FloatImage,
    head: FloatImage,
    landmarks: Points,
    face: Face,
    *,
    right: bool,
) -> _Hidden | None:
    """Find who hides half of somebody's shoulders, and where those would be; None when nobody does."""
    height, width = people.shape
    unit, axis = face.width, _neck(landmarks, face.yaw, face.width)
    beside = (np.arange(width) > axis) == right
    mirror = np.array([[-1, 0, 2 * axis], [0, 1, 0]], np.float32)
    figure = people > 0.5
    if (~figure).sum() < _GROUND_LEAST * height * width:
        return None

    def mirrored(mask: Mask) -> Mask:
        turned = cv2.warpAffine(mask.astype(np.uint8), mirror, (width, height), flags=cv2.INTER_NEAREST)
        return np.asarray(turned > 0)

    # Bodies are alike on both sides of a neck: what is beyond the other half in a mirror is somebody else's.
    free = figure & ~beside
    free[: max(0, round(float(landmarks[CHIN, 1] - _ABOVE * unit)))] = False
    known = (2 * axis - np.arange(width) >= 0) & (2 * axis - np.arange(width) < width)
    beyond = figure & beside & known & ~_grown(mirrored(free | (head > 0.5)) | (head > 0.5), _ALIKE * unit)
    beyond[: max(0, round(float(landmarks[CHIN, 1] - _ABOVE * unit)))] = False
    if beyond.sum() < _CERTAIN * unit * unit:
        return None
    theirs = _flooded(
        part, people, head, beyond, (free, mirrored(free) & figure & beside), landmarks, axis, unit
    )
    if theirs.sum() < _LEAST * unit * unit:
        return None
    mine = free & ~theirs & (head < 0.5)
    if _alike(part, theirs, mine) > _SAME_CLOTH:
        return None
    half = mirrored(mine) & beside
    half[: max(0, round(float(landmarks[CHIN, 1] - 0.1 * unit)))] = False
    return _Hidden(theirs, mirror, half, beside) if half.sum() > _OWN * unit * unit else None


def _alike(part: ByteImage, one: Mask, other: Mask) -> float:
    """What share of their colours two parts of a picture have in common, 0…1."""
    cells = (part >> 5).astype(np.int32) @ np.array([64, 8, 1], np.int32)
    shares = [np.bincount(cells[mask], minlength=512) / max(1, int(mask.sum())) for mask in (one, other)]
    return float(np.minimum(*shares).sum())


def _flooded(
    part: ByteImage,
    people: FloatImage,
    head: FloatImage,
    beyond: Mask,
    halves: tuple[Mask, Mask],
    landmarks: Points,
    axis: float,
    unit: float,
) -> Mask:
    """All of somebody of whom a part is known: by a watershed against the neck and both halves of its body.
    The one beside him may be hidden.

    References
    ----------
    F. Meyer, "Color image segmentation", ICIP 1992 (the watershed that OpenCV implements).
    """
    height, width = people.shape
    scale = min(1.0, _UNIT_PIXELS / unit)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))

    def seed(mask: Mask) -> Mask:
        return np.asarray(shrunk((~_grown(~mask, _INSIDE * unit)).astype(np.float32), size) > 0.9)

    figure = shrunk(people, size)
    markers = np.zeros(figure.shape, np.int32)
    markers[seed(beyond)] = _THEIRS
    neck = fill_polygon(_below(landmarks, _NECK, axis) * np.float32(scale), size=size) > 0.5
    smooth = np.asarray(cv2.GaussianBlur(shrunk(part, size), (0, 0), 1.0), np.uint8)
    cells = index_cells(rgb_to_lab(to_float(smooth)))
    free, hidden = (seed(half) for half in halves)
    own = look_up(log_likelihood(count_colours(cells, free.astype(np.float32))), cells)
    markers[hidden & (own > _OWN_COLOUR)] = _MINE
    markers[(neck & (figure > 0.5)) | free | (shrunk(head, size) > 0.5)] = _MINE
    markers[figure < 0.5] = _GROUND
    cv2.watershed(smooth, markers)
    theirs = enlarged((markers == _THEIRS).astype(np.float32), (width, height)) > 0.5
    return np.asarray(theirs & (head < 0.5))


def _grown(mask: Mask, reach: float) -> Mask:
    """A mask with a broad rim around it: by distances, as brushes so broad are slow; to two pixels."""
    step = 2 if reach > _COARSE else 1
    away = cv2.distanceTransform((~mask[::step, ::step]).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    size = (mask.shape[1], mask.shape[0])
    return np.asarray(enlarged((away <= reach / step).astype(np.uint8), size) > 0) | mask


def _neck(landmarks: Points, yaw: float, unit: float) -> float:
    """The column of the middle of a neck: between the angles of the jaw and behind them."""
    return float(landmarks[list(JAW_ANGLES), 0].mean() - yaw * unit)


def _below(landmarks: Points, widths: Sequence[tuple[float, float]], middle: float) -> Points:
    chin = landmarks[CHIN]
    tall = float(np.hypot(*(chin - landmarks[FOREHEAD])))
    sides = [
        [(middle + side * wide * tall, chin[1] + down * tall) for down, wide in widths] for side in (-1, 1)
    ]
    return np.array([*sides[0], *reversed(sides[1])], np.float32)


def _reaches(other: Face, seen: Window) -> bool:
    """Whether somebody's shoulders may reach into what is seen of a picture."""
    reach = 2.2 * other.width
    x, y = other.box.centre
    return seen.x - reach < x < seen.x + seen.width + reach and y - reach < seen.y + seen.height


def _laid_in(layer: Layer, seen: Window) -> FloatImage:
    """A layer's alpha in a window of its picture."""
    laid = np.zeros((seen.height, seen.width), np.float32)
    height, width = layer.alpha.shape
    left, top = layer.x - seen.x, layer.y - seen.y
    x0, y0, x1, y1 = max(0, left), max(0, top), min(seen.width, left + width), min(seen.height, top + height)
    if x0 < x1 and y0 < y1:
        laid[y0:y1, x0:x1] = layer.alpha[y0 - top : y1 - top, x0 - left : x1 - left]
    return laid
