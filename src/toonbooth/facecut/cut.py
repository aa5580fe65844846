"""Cutting a face out of a picture: the whole head, the bare face, or an avatar square."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from toonbooth.facecut.bare import cut_bare_face
from toonbooth.facecut.contour import outline_face
from toonbooth.facecut.cut_out import CutOut
from toonbooth.facecut.edges import calm, clean_colours, refine_alpha
from toonbooth.facecut.ends import end_in_locks
from toonbooth.facecut.finishing import Layer, finish, seen_box
from toonbooth.facecut.frame import UNIT_PIXELS, HeadFrame, Window, frame_head
from toonbooth.facecut.heads import find_head_area
from toonbooth.facecut.hooks import hung_up
from toonbooth.facecut.islands import without_islands
from toonbooth.facecut.jaw import jaw_line
from toonbooth.facecut.jaw_scraps import without_scraps
from toonbooth.facecut.jaw_strips import without_strips
from toonbooth.facecut.landmarks import OVAL
from toonbooth.facecut.outlines import fill_polygon, grow
from toonbooth.facecut.rim_line import drawn_around, find_rim_line
from toonbooth.facecut.silhouette import Silhouette, continued
from toonbooth.facecut.square import cut_square
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes, to_float
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.windows import extent
from toonbooth.portrait.model import Face, Points, Portrait

REACH: Final = 0.02
"""How far from the matte's edge strands are sought, in face widths."""

CALM: Final = 0.012
"""Teeth and spikes of the matte's edge narrower than twice this aren't hair, face widths."""

_LEVEL: Final = 0.01
"""Radians within which a head is as good as upright; turning it would only blur it."""

_CALM_DRAWN: Final = 0.025
"""The same where a drawing's hair ends inside its figure: its strands were painted, not grown."""

_PURE: Final = 0.02
"""So close to 0 or 1 nobody sees a mixture."""

_TRUE: Final = 0.9
"""What part of a face a silhouette holds that isn't a lie."""

_CRISP: Final = 1.2
"""How wide, pixels, a line's edge is."""

_ROOM: Final = 0.1
"""How far around an edge it is drawn, face widths."""


class Shape(StrEnum):
    """What is cut out.

    HEAD is the head with hair, ears, beard, glasses and hat; FACE hairline to chin along the face's contour;
    SQUARE keeps the background, with the eyes on the upper third line.
    """

    HEAD = "head"
    FACE = "face"
    SQUARE = "square"


def cut_face(
    portrait: Portrait,
    *,
    face: int | None = None,
    shape: Shape = Shape.HEAD,
    level: bool = False,
    sticker: bool = False,
    size_pixels: int | None = None,
) -> CutOut:
    """Cut one face out of a portrait.

    Parameters
    ----------
    portrait : Portrait
    face : int, optional
        Which one, from left to right; None takes the largest and most central.
    shape : Shape
    level : bool
        Whether a tilted head is turned upright.
    sticker : bool
        Whether an even white outline goes around it; none around a square, which has no edge.
    size_pixels : int, optional, > 0
        The longer side of the result; None keeps the picture's own resolution.

    Returns
    -------
    CutOut, tightly framed with a margin. The square has no margin and no transparency.

    Raises
    ------
    ValueError
        If the portrait has no such face.
    """
    chosen = portrait.main_face if face is None else _get_face(portrait, face)
    if chosen is None:
        raise ValueError("the portrait has no face to cut out")
    roll = chosen.roll if level and abs(chosen.roll) > _LEVEL else 0.0
    if shape is Shape.FACE:
        bare = cut_bare_face(portrait, chosen)
        return finish(bare, roll=roll, sticker=sticker, size_pixels=size_pixels)
    head, picture = _cut_head(portrait, chosen, for_square=shape is Shape.SQUARE)
    if shape is Shape.SQUARE:
        others = [other for other in portrait.faces if other is not chosen]
        figure = portrait.matte if portrait.outlined else None
        return cut_square(
            picture, chosen, head, others=others, figure=figure, roll=roll, size_pixels=size_pixels
        )
    return finish(head, roll=roll, sticker=sticker, size_pixels=size_pixels)


def _get_face(portrait: Portrait, index: int) -> Face:
    if not 0 <= index < len(portrait.faces):
        raise ValueError(f"there is no face {index} among {len(portrait.faces)}")
    return portrait.faces[index]


def _cut_head(portrait: Portrait, face: Face, *, for_square: bool) -> tuple[Layer, ByteImage]:
    """The head, and the picture without scraps of a collar at its jaw; a square needs no rim of its own."""
    picture = portrait.picture
    height, width = portrait.picture.shape[:2]
    unit = face.width
    frame = frame_head(face)
    head = find_head_area(portrait, face, frame)
    seen, area = frame.map_in(portrait.matte), head.area
    if portrait.outlined:
        area = continued(area, seen)
    elif head.earrings is not None:
        seen = np.maximum(seen, head.earrings)
    window = _window(area * seen, frame, (width, height))
    image = to_float(window.crop(portrait.picture))
    offset = np.array([window.x, window.y], np.float32)
    size = (window.width, window.height)

    def fill(outline: Points) -> FloatImage:
        return fill_polygon(outline - offset, size=size)

    core = fill(face.landmarks[list(OVAL)])
    figure, silhouette = window.crop_map(portrait.matte), None
    if portrait.outlined:
        silhouette = Silhouette.of(figure)
        figure = silhouette.alpha()
    # A face is a person whatever the matte says: better a hand in front of it than a hole.
    sure = fill(grow(face.landmarks[list(OVAL)], 0.97))
    if silhouette is not None and float(figure[sure > 0.5].mean()) > _TRUE:
        # The mesh may reach beyond a jaw, and what a drawing says of itself is true.
        sure *= figure
    person = np.maximum(figure, sure)
    (area,) = frame.maps_out((area,), window=window)
    earrings = None
    if head.earrings is not None:
        (earrings,) = frame.maps_out((head.earrings,), window=window)
        if silhouette is None:
            person = np.maximum(person, earrings)
    # Enlarged, the edge is as wide as a pixel of the frame was.
    area = np.clip((area - np.float32(0.5)) * np.float32(max(1.0, 0.7 / frame.scale)) + np.float32(0.5), 0, 1)
    above_jaw = np.ones_like(area)
    for run in head.jaws:
        # No colour tells a jaw from its neck: there the line alone decides, cleanly.
        above_jaw = np.minimum(above_jaw, 1 - fill(frame.points_out(run.dropped)))
        area = np.maximum(area, fill(frame.points_out(run.strip)))
    if silhouette is not None:
        # Of a drawn figure there is only the edge to draw at which the head ends inside it: a crisp line,
        # round where a jaw meets hair or an ear.
        room = _find_edges(np.minimum(area, above_jaw), person, room=_ROOM * unit)
        alpha = np.minimum(area, above_jaw)
        alpha[room] = calm(alpha[room], sigma_pixels=max(1.0, _CALM_DRAWN * unit), edge_pixels=_CRISP)
        alpha *= person
        colours = image
    else:
        coarse = calm(area * person, sigma_pixels=max(1.0, CALM * unit), edge_pixels=2.0)
        # Inside the face nothing is half transparent.
        smooth = fill(grow(outline_face(face.landmarks, unit, face.yaw, head.hairline), 0.96))
        if earrings is not None:
            smooth = np.maximum(smooth, earrings)
        alpha = refine_alpha(image, coarse, smooth=smooth, reach_pixels=max(1.5, REACH * unit))
        # What lies below a jaw is no background: the line is cut as it is drawn.
        colours = clean_colours(image, alpha, reach_pixels=max(2.0, 0.03 * unit))
        # A filled polygon's own edge has steps.
        above_jaw = gaussian(above_jaw, sigma=0.7)
        alpha *= np.maximum(above_jaw, 0 if earrings is None else earrings)
    if window.y + window.height == height:
        alpha = end_in_locks(image, alpha, core, unit=unit)
    alpha = without_islands(alpha, core, unit)
    if silhouette is not None:
        alpha = np.minimum(alpha if earrings is None else np.maximum(alpha, earrings), person)
        if not for_square:
            colours = silhouette.with_own_colours(colours, image)
        jaw = jaw_line(face.landmarks, unit, face.yaw, head.chin) - offset
        clean = without_scraps(colours, jaw, unit=unit)
        if earrings is not None and clean is not colours:
            clean = cv2.blendLinear(colours, clean, earrings, 1 - earrings).astype(np.float32, copy=False)
        if clean is not colours and for_square:
            picture = picture.copy()
            window.crop(picture)[:] = to_bytes(image + alpha[..., np.newaxis] * (clean - colours))
        colours = clean
        line = None if for_square else find_rim_line(colours, alpha, person, unit=unit)
        if line is None and not for_square:
            colours = without_strips(colours, alpha, jaw, unit=unit)
        if line is not None:
            colours = drawn_around(colours, alpha, line)
    if earrings is not None:
        colours, alpha = hung_up(colours, alpha, face=core, earrings=earrings, unit=unit)
    return Layer(colours, alpha, window.x, window.y), picture


def _find_edges(mask: FloatImage, figure: FloatImage, *, room: float) -> tuple[slice, slice]:
    """The rows and columns, with room around them, in which a mask ends inside a figure."""
    found = extent((mask < 1 - _PURE) & (figure > _PURE))
    if found is None:
        # Any pixel will do: nothing will be found there.
        return slice(0, 1), slice(0, 1)
    rows, columns = (slice(max(0, int(each.start - room)), int(each.stop + room)) for each in found)
    return rows, columns


def _window(area: FloatImage, frame: HeadFrame, picture_size: tuple[int, int]) -> Window:
    """The part of the picture that an area of the frame covers, with room for soft edges."""
    x0, y0, x1, y1 = seen_box(area)
    room = 0.1 * UNIT_PIXELS
    corners = np.array([(x, y) for x in (x0 - room, x1 + room) for y in (y0 - room, y1 + room)], np.float32)
    low, high = (edge(frame.points_out(corners), axis=0) for edge in (np.min, np.max))
    left, top = (int(np.clip(low[axis], 0, picture_size[axis] - 1)) for axis in (0, 1))
    right, bottom = (int(np.clip(high[axis] + 1, 1, picture_size[axis])) for axis in (0, 1))
    return Window(left, top, max(1, right - left), max(1, bottom - top))
