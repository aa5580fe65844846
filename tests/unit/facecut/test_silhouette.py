"""The silhouette that a drawing gives its figure: the cut ends where the figure does, whatever is behind."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.facecut.heads import LOOKS_OF_HAIR, Look, Painting, one
from tests.unit.facecut.test_cut_face import alpha_over, overlap
from toonbooth.facecut.cut import cut_face
from toonbooth.facecut.cut_out import on_white
from toonbooth.facecut.silhouette import Silhouette, continued
from toonbooth.imaging.pixels import ByteImage, FloatImage
from toonbooth.portrait.model import Portrait
from toonbooth.portrait.packed_masks import FINENESSES, pack_matte, unpack_matte

INK = np.array([12, 10, 14], np.float32)
RADIUS = 40.3


def from_edge(size: int = 120) -> FloatImage:
    """How far inside a disc every pixel lies."""
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    return np.asarray(RADIUS - np.hypot(rows - 59.7, columns - 60.4), np.float32)


def coverage(distance: FloatImage) -> FloatImage:
    return np.asarray(np.clip(distance + np.float32(0.5), 0, 1), np.float32)


def drawn(painting: Painting, *, ink: float, behind: ByteImage) -> Portrait:
    """A painting as a drawing that knows its figure: a line of ink along it, anything behind it."""
    person = cv2.GaussianBlur((painting.portrait.matte > 0.5).astype(np.float32), (0, 0), 1.5)
    silhouette = Silhouette.of(np.asarray(person, np.float32))
    inside = coverage(silhouette.distance)[..., None]
    line = coverage(np.float32(ink) - silhouette.distance)[..., None] if ink else np.zeros_like(inside)
    figure = painting.portrait.picture + line * (INK - painting.portrait.picture)
    picture = np.rint(behind + inside * (figure - behind)).astype(np.uint8)
    return painting.portrait.drawn_as(picture, np.asarray(person, np.float32))


def restless(shape: tuple[int, ...]) -> ByteImage:
    """Nothing that colours could be told from: stripes of hair, skin, black and white."""
    colours = np.array([(70, 45, 30), (222, 172, 142), (0, 0, 0), (255, 255, 255)], np.uint8)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    stripes: ByteImage = colours[((rows + columns) // 9) % 4]
    return stripes


@pytest.mark.parametrize("softness", [0.6, 1.2, 2.0])
def test_an_edge_is_found_to_a_part_of_a_pixel_however_soft_it_is(softness: float) -> None:
    field = cv2.GaussianBlur(coverage(from_edge()), (0, 0), softness)
    found = Silhouette.of(np.asarray(field, np.float32)).alpha()
    assert np.abs(found - coverage(from_edge())).max() < 0.3
    assert np.abs(found - coverage(from_edge())).sum() < 0.1 * 2 * np.pi * RADIUS


def test_an_edge_keeps_its_place_in_a_packet() -> None:
    field = np.clip(from_edge(900)[:120] / 8 + 0.5, 0, 1).astype(np.float32)
    field = np.pad(field[:, :120], ((0, 600), (0, 960)))
    read = unpack_matte(pack_matte(field, FINENESSES[0]), size=(1080, 720))
    found = Silhouette.of(read).alpha()[:120, :120]
    assert np.abs(found - coverage(from_edge())).sum() < 0.15 * 2 * np.pi * RADIUS


@pytest.mark.parametrize("ink", [1.5, 3.0])
def test_a_line_of_ink_around_a_figure_is_cut_out_whole_and_black(ink: float) -> None:
    distance = from_edge()
    behind = restless(distance.shape).astype(np.float32) / 255
    line = coverage(np.float32(ink) - distance)[..., None]
    figure = np.float32(0.9) + line * (INK / 255 - np.float32(0.9))
    image = (behind + coverage(distance)[..., None] * (figure - behind)).astype(np.float32)
    silhouette = Silhouette.of(np.asarray(cv2.GaussianBlur(coverage(distance), (0, 0), 1.2), np.float32))
    colours = silhouette.with_own_colours(image, image)
    rim = (distance > -0.45) & (distance < min(ink - 0.5, 1.0))
    assert colours[rim].max() < 0.3
    assert np.abs(colours[distance > ink + 1.5] - 0.9).max() < 0.02


def test_without_ink_a_figures_own_colour_goes_on_to_its_edge() -> None:
    distance = from_edge()
    behind = restless(distance.shape).astype(np.float32) / 255
    inside = np.clip(distance / 3 + 0.5, 0, 1)[..., None]
    image = (behind + inside * (np.array([0.7, 0.5, 0.4], np.float32) - behind)).astype(np.float32)
    silhouette = Silhouette.of(np.asarray(cv2.GaussianBlur(coverage(distance), (0, 0), 1.2), np.float32))
    before = image.copy()
    colours = silhouette.with_own_colours(image, image)
    assert np.abs(colours[distance > -0.45] - (0.7, 0.5, 0.4)).max() < 0.2
    assert (image == before).all()


@pytest.mark.parametrize("look", LOOKS_OF_HAIR)
@pytest.mark.parametrize("ink", [0.0, 2.0])
def test_a_drawn_head_is_cut_along_its_figure_whatever_is_behind(look: Look, ink: float) -> None:
    painting = one(look)
    portrait = drawn(painting, ink=ink, behind=restless(painting.portrait.picture.shape))
    assert overlap(portrait, cut_face(portrait), painting.heads[0]) > 0.96
    # Above the jaw nothing but the figure decides.
    alpha = alpha_over(portrait, cut_face(portrait))[:90].astype(np.float32) / 255
    expected = Silhouette.of(portrait.matte).alpha()[:90]
    assert np.abs(alpha - expected).max() < 0.1


def test_no_halo_of_what_is_behind_shows_around_white_hair() -> None:
    white = one(Look(hair=(244, 244, 242)))
    blue = np.full_like(white.portrait.picture, (20, 40, 200))
    portrait = drawn(white, ink=2.0, behind=blue)
    cut_out = cut_face(portrait)
    seen = on_white(cut_out).astype(np.int16)[: cut_out.alpha.shape[0] // 2]
    assert (seen[..., 2] - seen[..., 0]).max() < 25


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, None])
def test_a_silhouette_that_lies_still_gives_the_face(value: float | None) -> None:
    painting = one(Look())
    noise = np.random.default_rng(3).random(painting.portrait.matte.shape, np.float32)
    lie = noise if value is None else np.full_like(noise, value)
    portrait = replace(painting.portrait, matte=lie, outlined=True)
    alpha = alpha_over(portrait, cut_face(portrait))
    assert (alpha[painting.contours[0]] > 127).mean() > 0.9


def test_a_head_goes_on_to_where_its_figure_ends() -> None:
    figure, area = np.zeros((120, 120), np.float32), np.zeros((120, 120), np.float32)
    figure[20:100, 20:100] = 1
    # The photo's hair ended earlier; below there are clothes.
    area[23:60, 23:97] = 1
    head = continued(area, figure)
    assert head[20:55, 20:100].min() > 0.9
    assert head[64:100, 20:100].max() < 0.1


def test_a_jaw_that_the_mesh_overshoots_ends_where_it_is_drawn() -> None:
    painting = one(Look())
    contour = painting.contours[0]
    slim = painting.portrait.matte.copy()
    left = int(np.flatnonzero(contour.any(axis=0))[0])
    # Below the ears, where the mesh says cheek, the drawing has its backdrop.
    cheek = contour & (np.arange(contour.shape[1]) < left + 5) & (np.arange(contour.shape[0]) > 115)[:, None]
    assert cheek.sum() > 40
    slim[cheek] = 0
    portrait = replace(painting.portrait, matte=slim, outlined=True)
    assert alpha_over(portrait, cut_face(portrait))[cheek].mean() < 60


@pytest.mark.parametrize("look", LOOKS_OF_HAIR)
def test_nothing_of_a_drawn_head_is_half_there(look: Look) -> None:
    painting = one(look)
    portrait = drawn(painting, ink=0.0, behind=restless(painting.portrait.picture.shape))
    alpha = alpha_over(portrait, cut_face(portrait))
    edge = cv2.Laplacian((alpha > 127).astype(np.uint8), cv2.CV_8U) > 0
    assert ((alpha > 25) & (alpha < 230)).sum() < 2.2 * edge.sum()
