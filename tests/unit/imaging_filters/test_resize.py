"""Sizes change, kinds don't."""

import numpy as np

from tests.unit.imaging_filters.pictures import coloured, noise
from toonbooth.imaging.resize import enlarged, enlarged_rows, enlarged_smoothly, padded, shrunk


def test_every_way_keeps_the_kind_of_picture() -> None:
    grey, colour = noise(), coloured(noise())
    assert shrunk(colour, (9, 7)).dtype == np.uint8
    assert shrunk(grey, (9, 7)).shape == (7, 9)
    assert enlarged(colour, (90, 70)).shape == (70, 90, 3)
    assert enlarged_smoothly(grey, (90, 70)).dtype == np.float32


def test_shrinking_keeps_the_mean() -> None:
    assert abs(float(shrunk(noise(), (16, 12)).mean() - noise().mean())) < 1e-5


def test_rows_enlarged_apart_fit_together() -> None:
    small = noise(20, 30)
    whole = enlarged(small, (90, 60))
    parts = [enlarged_rows(small, factor=3, top=top, bottom=top + 15) for top in (0, 15, 30, 45)]
    np.testing.assert_allclose(np.vstack(parts), whole, atol=1e-6)


def test_padding_continues_the_edge() -> None:
    image = noise(5, 7)
    wider = padded(image, multiple=4)
    assert wider.shape == (8, 8)
    np.testing.assert_array_equal(wider[:5, :7], image)
    np.testing.assert_array_equal(wider[5:, :7], np.repeat(image[-1:], 3, axis=0))
    assert padded(image, multiple=1) is image
