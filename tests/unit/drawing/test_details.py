"""Thin things are found for the smallest brush; weave, hair and what lies behind a person are not."""

from __future__ import annotations

import numpy as np
import pytest

from toonbooth.drawing.details import find_details, find_objects, find_thin, lost_in_planes
from toonbooth.drawing.regions import Regions
from toonbooth.imaging.colour import luma, planes_of
from toonbooth.imaging.flow import edge_tangent_flow
from toonbooth.imaging.kuwahara import anisotropic_kuwahara
from toonbooth.imaging.pixels import FloatImage

SHAPE = (120, 160)
NONE: FloatImage = np.zeros(SHAPE, np.float32)
UNIT = 0.5


def details(lightness: FloatImage, *, hair: FloatImage = NONE, person: FloatImage = 1 - NONE) -> FloatImage:
    lab = np.stack([lightness, NONE, NONE], axis=2)
    grey = (planes_of(lab)[0] / 100).astype(np.float32)
    flow = edge_tangent_flow(grey, scale=1.3)
    planes = anisotropic_kuwahara(lab, grey, flow, radius=3.0)
    regions = Regions(person, NONE, NONE, NONE, NONE, NONE, NONE, NONE, heads=())
    return find_details(lost_in_planes(lab, planes), regions, hair, flow.coherence, unit=UNIT)


def chain() -> FloatImage:
    lightness = np.full(SHAPE, 70, np.float32)
    lightness[60:62, 20:140] = 20
    return lightness


def test_a_chain_is_fine_and_the_skin_beside_it_is_not() -> None:
    found = details(chain())
    assert found[60, 40:120].min() > 0.8
    assert found[:50].max() < 0.05


def test_weave_is_left_to_the_broad_brush() -> None:
    woven = np.full(SHAPE, 50, np.float32)
    woven += np.random.default_rng(1).normal(0, 9, SHAPE).astype(np.float32)
    assert details(woven).mean() < 0.08


@pytest.mark.parametrize("where", ["hair", "person"])
def test_neither_hair_nor_what_is_behind_somebody_is_drawn_finely(where: str) -> None:
    found = details(chain(), hair=1 - NONE) if where == "hair" else details(chain(), person=NONE)
    assert not found.any()


def test_a_chain_is_thin_and_the_edge_of_a_collar_is_not() -> None:
    photo = np.full((*SHAPE, 3), 190, np.uint8)
    photo[30:32, 20:140] = 60
    photo[80:] = 60
    grey = luma(photo)
    regions = Regions(1 - NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, heads=())
    thin = find_thin(photo, regions, NONE, edge_tangent_flow(grey, scale=1.3).coherence, unit=UNIT)
    assert thin[30, 40:120].min() > 0.8
    assert thin[60:].max() < 0.05


def test_a_hand_with_a_watch_stands_out_from_a_dark_suit_and_cloth_does_not() -> None:
    tone = np.full(SHAPE, 0.8, np.float32)
    tone[50:80, 40:90] = 0.2
    tone[60:66, 60:66] = 0.8
    found = find_objects(tone, 1 - NONE, unit=UNIT)
    assert found[52:78, 44:86].min() > 0.8
    assert found[:, 120:].max() < 0.05
    assert not find_objects(tone, NONE, unit=UNIT).any()


def test_dark_cloth_beside_a_bare_neck_does_not_stand_out() -> None:
    tone, body = np.full(SHAPE, 0.8, np.float32), 1 - NONE
    tone[:50] = 0.1
    body[:50] = 0
    assert find_objects(tone, body, unit=UNIT).max() < 0.05
