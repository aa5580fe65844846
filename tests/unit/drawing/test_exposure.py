"""A photo without any light thing in it was taken in the dark; dark people and clothes are no dark photo."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing.exposure import well_lit, with_lit_faces
from toonbooth.drawing.spectacles import find_frames, lit_share
from toonbooth.imaging.colour import luma
from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.model import Points, Portrait


def dimmed(portrait: Portrait, share: float) -> Portrait:
    return portrait.with_picture((portrait.picture * share).astype(np.uint8))


def test_a_well_lit_photo_comes_back_as_it_is() -> None:
    portrait = bust()
    assert well_lit(portrait) is portrait


def test_dark_skin_before_a_dark_wall_is_left_alone() -> None:
    portrait = bust(skin=(70, 44, 32), hair=(15, 12, 10), shirt=(20, 20, 24), wall=(30, 30, 32))
    assert well_lit(portrait) is portrait


@pytest.mark.parametrize("share", [0.25, 0.35, 0.45])
def test_a_dim_photo_gets_lighter_and_keeps_its_order(share: float) -> None:
    dim = dimmed(bust(), share)
    lit = well_lit(dim)
    assert luma(lit.picture).mean() > 1.4 * luma(dim.picture).mean()
    assert lit.picture.max() < 255
    ramp = dim.with_picture(np.tile(np.arange(90, dtype=np.uint8)[None, :, None], (32, 1, 3)))
    assert (np.diff(well_lit(ramp).picture[0, :, 0].astype(int)) >= 0).all()


def test_the_darker_of_two_photos_never_ends_up_far_lighter() -> None:
    means = [float(luma(well_lit(dimmed(bust(), share)).picture).mean()) for share in np.linspace(0.2, 1, 40)]
    assert max(np.array(means[:-1]) - np.array(means[1:])) < 0.08


@pytest.mark.parametrize("skin", [(235, 200, 180), (222, 172, 142), (110, 70, 48), (70, 44, 32)])
def test_a_lit_face_of_any_depth_is_left_alone(skin: tuple[int, int, int]) -> None:
    portrait = bust(skin=skin, hair=(15, 12, 10), wall=(250, 250, 250))
    assert with_lit_faces(portrait) is portrait


def test_a_face_before_a_bright_window_is_lightened_but_not_bleached() -> None:
    portrait = bust()
    window = np.full_like(portrait.picture, 250)
    share = np.float32(0.3) * portrait.matte[..., None]
    backlit = portrait.with_picture(
        (portrait.picture * share + window * (1 - portrait.matte[..., None])).astype(np.uint8)
    )
    assert well_lit(backlit) is backlit
    x, y = portrait.faces[0].landmarks[50].astype(int)
    before, after = (float(each.picture[y, x].mean()) for each in (backlit, with_lit_faces(backlit)))
    assert 1.5 * before < after < 150


def bridge(darkness: float) -> tuple[FloatImage, Points]:
    """A face's grey with a bar across its nose that takes a share of the light."""
    portrait = bust(320, 256)
    points = portrait.faces[0].landmarks.copy()
    grey = luma(portrait.picture)
    left, right = points[33], points[263]
    y = int((left[1] + right[1]) / 2)
    grey[y - 2 : y + 2, int(left[0]) : int(right[0])] *= np.float32(1 - darkness)
    return grey, points


def test_spectacles_are_found_on_dark_faces_as_on_light_ones() -> None:
    grey, points = bridge(0.8)
    width = float(np.ptp(points[:, 0]))
    light = find_frames(grey, points, width=width)
    dark = find_frames((grey * np.float32(0.5)).astype(np.float32), points, width=width)
    assert lit_share((grey * np.float32(0.5)).astype(np.float32), points) < lit_share(grey, points)
    assert light.sum() > 0
    assert dark.sum() > 0.6 * light.sum()
