"""Strokes are gathered along the flow and stand crisp across it."""

import cv2
import numpy as np
import pytest

from tests.unit.imaging_filters.pictures import edge, noise
from toonbooth.imaging.coherence import crisp, gather_strokes
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.pixels import ByteImage, FloatImage, to_bytes


def coloured(grey: FloatImage) -> ByteImage:
    return to_bytes(np.repeat(grey[..., None], 3, axis=2))


def hatched() -> FloatImage:
    rows, columns = np.mgrid[:64, :64].astype(np.float32)
    waves: FloatImage = (0.5 + 0.35 * np.sin((rows - 0.5 * columns) * 0.5)).astype(np.float32)
    return waves


def test_a_soft_border_becomes_steep_and_stays_in_place() -> None:
    soft = coloured(cv2.GaussianBlur(edge(), (0, 0), 2.0).astype(np.float32))
    steep = soft
    for _ in range(3):
        steep = crisp(steep, sigma=2.0, amount=3.0)
    slope = [int(np.abs(np.diff(picture[..., 0].astype(int), axis=1)).max()) for picture in (soft, steep)]
    assert slope[1] > 1.5 * slope[0]
    assert abs(float(steep.mean()) - float(soft.mean())) < 2


def test_nothing_leaves_the_range_of_its_surroundings() -> None:
    picture = coloured(noise())
    drawn = crisp(picture, sigma=1.5, amount=4.0)
    around = np.ones((3, 3), np.uint8)
    assert (drawn <= cv2.dilate(picture, around)).all()
    assert (drawn >= cv2.erode(picture, around)).all()


def test_no_amount_changes_nothing_and_flat_ground_stays_flat() -> None:
    picture = coloured(noise())
    np.testing.assert_array_equal(crisp(picture, sigma=1.0, amount=0.0), picture)
    flat = np.full((20, 30, 3), 77, np.uint8)
    np.testing.assert_array_equal(crisp(flat, sigma=1.0, amount=3.0), flat)


@pytest.mark.parametrize(("sigma", "amount", "reach"), [(0.0, 1.0, 1), (1.0, -1.0, 1), (1.0, 1.0, 0)])
def test_parameters_out_of_range_are_refused(sigma: float, amount: float, reach: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        crisp(np.zeros((8, 8, 3), np.uint8), sigma=sigma, amount=amount, reach=reach)


def test_strokes_keep_their_structure_and_lose_their_grain() -> None:
    clean = hatched()
    grainy = np.clip(clean + 0.5 * (noise(64, 64, amount=0.4) - 0.5), 0, 1).astype(np.float32)
    along = FlowSmoother(edge_tangent_flow(clean, scale=3.0), reach=6.0)
    drawn = gather_strokes(coloured(grainy), along, sigma=2.0, amounts=(2.0, 0.7))[..., 0]
    inner = np.s_[8:-8, 8:-8]

    def grain(picture: ByteImage) -> float:
        ahead = np.roll(np.roll(picture.astype(np.float32), -1, axis=0), -2, axis=1)
        return float(np.abs(picture - ahead)[inner].mean())

    assert grain(drawn) < 0.5 * grain(coloured(grainy)[..., 0])
    assert drawn[inner].std() > 0.9 * coloured(clean)[..., 0][inner].std()
