"""Faces in `flat` are traced: what the photo has is drawn where it has it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.golden import astronaut_portrait
from toonbooth.drawing import facemap
from toonbooth.drawing.flat_brows import draw_brows
from toonbooth.drawing.flat_eyes import draw_eyes
from toonbooth.drawing.flat_faces import whole_faces
from toonbooth.drawing.flat_features import arm_to_the_ear, draw_nose
from toonbooth.drawing.flat_mouth import draw_mouth
from toonbooth.drawing.flat_strokes import darker
from toonbooth.drawing.flat_tracing import trace_darks
from toonbooth.drawing.lenses import Spectacles
from toonbooth.drawing.likeness import Likeness, face_window, look_at
from toonbooth.drawing.regions import polygon_mask
from toonbooth.drawing.skin_surface import Surface
from toonbooth.drawing.vector import Shape, byte_colour, cover
from toonbooth.imaging.pixels import FloatImage, to_bytes, to_float
from toonbooth.portrait.model import Points

SKIN = np.array([0.8, 0.62, 0.54], np.float32)
SHADE = (58.0, 18.0, 22.0)


def face_with(where: FloatImage, colour: tuple[float, float, float]) -> Likeness:
    """The astronaut's face, but of bare skin with one thing on it."""
    portrait = astronaut_portrait()
    picture = SKIN + where[..., None] * (np.array(colour, np.float32) - SKIN)
    painted = portrait.with_picture(to_bytes(np.ascontiguousarray(picture.astype(np.float32))))
    face = portrait.faces[0]
    window = face_window(face, portrait.picture.shape)
    skin = polygon_mask((256, 256), face.landmarks[facemap.OVAL], grow=1.1)
    return look_at(painted, face, painted.picture, np.ascontiguousarray(skin[window]))


def place(points: Points) -> FloatImage:
    return polygon_mask((256, 256), points, feather=0.6)


def landmarks() -> Points:
    return astronaut_portrait().faces[0].landmarks


def covered(shape: Shape, seen: Likeness) -> FloatImage:
    return to_float(cover(shape, (seen.size[1], seen.size[0])))


def test_darks_are_drawn_where_the_photo_has_them_and_bare_skin_has_none() -> None:
    nostrils = place(landmarks()[[98, 97, 2, 326, 327, 294, 4, 64]])
    assert trace_darks(face_with(np.zeros_like(nostrils), (0.2, 0.1, 0.1)), SHADE) == []
    seen = face_with(nostrils, (0.2, 0.1, 0.1))
    shapes = trace_darks(seen, SHADE)
    assert shapes
    drawn = np.maximum.reduce([covered(shape, seen) for shape in shapes])
    at = nostrils[seen.window]
    assert float(drawn[at > 0.9].mean()) > 0.85
    assert float(drawn[at < 0.1].mean()) < 0.03


def test_lips_end_where_their_colour_ends() -> None:
    points = landmarks().copy()
    middle = points[facemap.LIPS_OUTER].mean(axis=0)
    # Lips a good deal thinner than the landmarks say.
    thin = (points[facemap.LIPS_OUTER] - middle) * np.array([1.0, 0.75], np.float32) + middle
    whole, less = (
        face_with(place(outline.astype(np.float32)), (0.7, 0.3, 0.32))
        for outline in (points[facemap.LIPS_OUTER], thin)
    )
    areas = [max(float(covered(shape, seen).sum()) for shape in draw_mouth(seen)) for seen in (whole, less)]
    assert areas[1] < 0.96 * areas[0]


def test_a_mouth_hardly_open_with_nothing_dark_in_it_is_drawn_closed() -> None:
    points = landmarks()
    lips, inner = place(points[facemap.LIPS_OUTER]), place(points[facemap.LIPS_INNER])
    closed = draw_mouth(face_with(lips, (0.7, 0.3, 0.32)))
    wide = float(np.hypot(*(points[14] - points[13]))) / astronaut_portrait().faces[0].width
    assert wide > 0.022
    seen = face_with(np.maximum(lips, inner), (0.7, 0.3, 0.32))
    apart = replace(seen, points=seen.points.copy())
    # Apart by three hundredths of a face.
    apart.points[13] = apart.points[14] + seen.up * np.float32(0.03 * seen.width)
    darkest = min(shape.colour[0] for shape in (*draw_mouth(apart), *closed))
    assert all(inside.colour[0] > darkest for shape in draw_mouth(apart) for inside in shape.inside)


def test_an_eye_at_the_far_edge_of_a_turned_face_is_not_drawn() -> None:
    seen = face_with(np.zeros((256, 256), np.float32), (0.0, 0.0, 0.0))
    both = draw_eyes(seen, light_from=1.0)
    eye = seen.face.left_eye
    middle = eye.contour.mean(axis=0)
    thin = (eye.contour - middle) * np.array([0.25, 1.0], np.float32) + middle
    turned = replace(seen.face, left_eye=replace(eye, contour=thin.astype(np.float32)))
    one = draw_eyes(replace(seen, face=turned), light_from=1.0)
    assert 0 < len(one) < len(both)


def test_what_is_as_red_as_lips_between_them_is_no_tooth() -> None:
    points = landmarks()
    lips, inner = place(points[facemap.LIPS_OUTER]), place(points[facemap.LIPS_INNER])

    def lightest_inside(colour: tuple[float, float, float]) -> int:
        portrait = astronaut_portrait()
        picture = SKIN + lips[..., None] * (np.array((0.55, 0.26, 0.28), np.float32) - SKIN)
        # The left half of the mouth is dark, so that something is seen in it.
        shown = inner * (np.arange(256) > points[13, 0] - 4)
        picture += inner[..., None] * (np.array((0.1, 0.05, 0.05), np.float32) - picture)
        picture += shown[..., None] * (np.array(colour, np.float32) - picture)
        face = portrait.faces[0]
        painted = portrait.with_picture(to_bytes(np.ascontiguousarray(picture.astype(np.float32))))
        window = face_window(face, painted.picture.shape)
        skin = polygon_mask((256, 256), face.landmarks[facemap.OVAL], grow=1.1)
        seen = look_at(painted, face, painted.picture, np.ascontiguousarray(skin[window]))
        return max(min(each.colour) for shape in draw_mouth(seen) for each in shape.inside)

    assert lightest_inside((0.85, 0.83, 0.78)) > 180
    assert lightest_inside((0.8, 0.4, 0.42)) < 170


def test_both_nostrils_are_drawn_but_for_the_one_that_a_turned_nose_hides() -> None:
    seen = face_with(np.zeros((256, 256), np.float32), (0.0, 0.0, 0.0))
    dark = byte_colour(darker(seen.paint, depth=0.36))
    assert [shape.colour for shape in draw_nose(seen)] == [dark, dark]
    turned = replace(seen, points=seen.points.copy())
    far = [305, 309, 459, 458, 290]
    turned.points[far] = turned.points[far].mean(axis=0) + 0.3 * (
        turned.points[far] - turned.points[far].mean(axis=0)
    )
    assert len(draw_nose(turned)) == 1


def test_both_brows_are_one_shape_each_in_one_colour_however_the_light_falls() -> None:
    points = landmarks()
    left, right = place(points[facemap.LEFT_BROW]), place(points[facemap.RIGHT_BROW])
    seen = face_with(np.maximum(left, 0.6 * right), (0.2, 0.14, 0.1))
    brows = draw_brows(seen)
    assert len(brows) == 2
    assert brows[0].colour == brows[1].colour
    for brow, where in zip(brows, (left, right), strict=True):
        assert float(covered(brow, seen)[where[seen.window] > 0.9].mean()) > 0.8


def test_what_is_dark_between_brow_and_eye_is_shade_and_no_ink() -> None:
    points = landmarks()
    lid = place(points[[55, 65, 52, 53, 46, 113, 247, 30, 29, 27, 28, 56, 190, 193]])
    shapes = trace_darks(face_with(lid, (0.12, 0.06, 0.06)), SHADE)
    assert {shape.colour for shape in shapes} == {byte_colour(SHADE)}


def test_an_arm_of_spectacles_goes_on_level_to_the_edge_of_the_skin() -> None:
    seen = face_with(np.zeros((256, 256), np.float32), (0.0, 0.0, 0.0))
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = 0.1 * seen.width * np.stack([np.cos(around), np.sin(around)], axis=1)
    eyes = [eye.contour.mean(axis=0) - seen.corner for eye in (seen.face.left_eye, seen.face.right_eye)]
    left, right = ((circle + eye).astype(np.float32) for eye in eyes)
    stub = np.stack([left[12], left[12] - (4, -6)]).astype(np.float32)
    thick = np.full(24, 2.0, np.float32)
    worn = Spectacles((left, right), (thick, thick), np.stack([left[0], right[12]]), (stub,))
    arm = arm_to_the_ear(seen, stub, worn)
    across = (eyes[1] - eyes[0]) / np.hypot(*(eyes[1] - eyes[0]))
    assert abs(float((arm[-1] - arm[0]) @ (-across[1], across[0]))) < 0.5
    assert float((arm[0] - arm[-1]) @ across) > 0.05 * seen.width
    assert float(seen.at(seen.skin, arm[-1:])[0]) < 0.5


def test_a_chip_on_a_face_is_skin_and_a_lock_of_hair_is_none() -> None:
    face = astronaut_portrait().faces[0]
    skin = polygon_mask((256, 256), face.landmarks[facemap.OVAL], grow=1.1)
    x, y = (int(value) for value in face.landmarks[facemap.LEFT_CHEEK])
    skin[y - 2 : y + 3, x - 2 : x + 3] = 0
    lock = slice(int(x + 0.3 * face.width), int(x + 0.42 * face.width))
    skin[: y + 8, lock] = 0
    whole = whole_faces(Surface(skin, skin, ()), (face,), scale=1.0).skin
    assert float(whole[y, x]) > 0.9
    assert float(whole[y, lock][2:-2].max()) < 0.1


def test_a_brow_of_which_one_half_is_seen_is_drawn_in_its_whole_length() -> None:
    points = landmarks()
    brow = place(points[facemap.LEFT_BROW])
    middle = int(points[facemap.LEFT_BROW, 0].mean())
    half = brow.copy()
    half[:, :middle] = 0
    seen = face_with(half, (0.2, 0.14, 0.1))
    drawn = np.maximum.reduce([covered(each, seen) for each in draw_brows(seen)])
    faded = (brow > 0.9) & (half < 0.1)
    assert float(drawn[faded[seen.window]].mean()) > 0.3
