"""Hatching bends around heads and bodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.form import find_slopes, follow_structure, strokes_around
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.flow import edge_tangent_flow
from toonbooth.imaging.pixels import FloatImage
from toonbooth.imaging.smoothing import gaussian
from toonbooth.imaging.strokes import Directions


def test_silhouettes_lean_outwards() -> None:
    person = np.zeros((120, 120), np.float32)
    person[30:90, 30:90] = 1
    x, y = find_slopes(person, (), scale=1.0, unit=0.1)
    assert x[60, 32] < -0.1 < 0.1 < x[60, 87]
    assert y[32, 60] < -0.1 < 0.1 < y[87, 60]
    assert abs(float(x[60, 60])) < 0.05
    assert not x[:20].any()


def test_a_face_leans_as_its_mesh_does() -> None:
    portrait = bust(320, 256)
    face = portrait.faces[0]
    # A round head: depth grows away from the viewer towards both sides.
    middle = face.landmarks.mean(axis=0)
    turn = np.linspace(0, 40, len(face.landmarks), dtype=np.float32)
    rings = 48 * np.sqrt(np.linspace(0.001, 1, len(turn), dtype=np.float32))
    points = middle + rings[:, None] * np.stack([np.cos(turn), 1.3 * np.sin(turn)], axis=1)
    depth = np.square(points[:, 0] - middle[0]) / 60
    round_face = replace(face, landmarks=points.astype(np.float32), depth=depth.astype(np.float32))
    x, _ = find_slopes(np.ones((320, 256), np.float32), (round_face,), scale=1.0, unit=0.25)
    row, column = round(float(middle[1])), round(float(middle[0]))
    assert x[row, column - 25] < -0.2 < 0.2 < x[row, column + 25]
    np.testing.assert_allclose(x[row, column], 0, atol=0.15)


def test_ground_that_faces_the_viewer_is_hatched_at_the_angle() -> None:
    level = np.zeros((4, 4), np.float32)
    directions = strokes_around(level, level, angle=0.7, roundness=1.0)
    np.testing.assert_allclose(directions.cos2, np.cos(1.4), atol=1e-5)
    np.testing.assert_allclose(directions.sin2, np.sin(1.4), atol=1e-5)


def test_rounder_hatching_follows_the_rim() -> None:
    leaning, level = np.full((4, 4), 0.9, np.float32), np.zeros((4, 4), np.float32)
    straight, rounded = (strokes_around(leaning, level, angle=0.0, roundness=value) for value in (0.0, 1.2))
    # A surface that leans to the right is seen edge on at a vertical rim.
    assert straight.cos2[0, 0] > 0.99
    assert rounded.cos2[0, 0] < 0


def surfaces(person: FloatImage) -> Regions:
    none = np.zeros_like(person)
    return Regions(person, none, none, none, none, none, none, none, heads=())


def test_curls_lead_the_hand_in_hair_and_weave_does_not_in_cloth() -> None:
    nothing, everywhere = np.zeros((120, 120), np.float32), np.ones((120, 120), np.float32)
    rng = np.random.default_rng(5)
    curls = gaussian(rng.random((120, 120), dtype=np.float32), sigma=2.5)
    curls = (curls - curls.min()) / np.ptp(curls)
    regions = surfaces(everywhere)
    flow = edge_tangent_flow(curls, scale=1.5)
    around = Directions(everywhere, nothing)
    hair, cloth = (
        follow_structure(around, flow, curls, regions, hair, far=nothing, unit=0.5).flowing
        for hair in (everywhere, nothing)
    )
    assert hair.mean() > 0.4
    assert cloth.mean() < 0.3 * hair.mean()


def test_what_is_behind_a_person_is_laid_in_longer_strokes() -> None:
    nothing, everywhere = np.zeros((60, 60), np.float32), np.ones((60, 60), np.float32)
    person = everywhere.copy()
    person[:, 30:] = 0
    grey = np.full((60, 60), 0.5, np.float32)
    regions = surfaces(person)
    flow = edge_tangent_flow(grey, scale=1.5)
    moves = follow_structure(
        Directions(everywhere, nothing), flow, grey, regions, nothing, far=nothing, unit=0.5
    )
    assert moves.length[15, 25] > 1.5 * moves.length[15, 5]


def test_a_lapel_leads_the_strokes_beside_it() -> None:
    nothing, everywhere = np.zeros((160, 160), np.float32), np.ones((160, 160), np.float32)
    lapel = np.full((160, 160), 0.15, np.float32)
    lapel[:, 80:] = 0.4
    level = Directions(everywhere, nothing)
    directions = follow_structure(
        level,
        edge_tangent_flow(lapel, scale=1.5),
        lapel,
        surfaces(everywhere),
        nothing,
        far=nothing,
        unit=0.25,
    ).directions
    assert directions.cos2[40, 40] < 0
    assert directions.cos2[40, 2] > 0.5
