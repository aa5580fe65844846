"""The `avatar` style keeps what every style promises, and its pen, its skin and its eyes do as they say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, landscape, side_by_side
from toonbooth.drawing import facemap
from toonbooth.drawing.avatar import draw_avatar
from toonbooth.drawing.coverage import covered
from toonbooth.drawing.flesh import lift_of, unbleach_lips
from toonbooth.drawing.gaze import eye_tones, iris_colour
from toonbooth.drawing.likeness import face_window, look_at
from toonbooth.drawing.pen import Colour, Pen, curve, ellipse, normals
from toonbooth.drawing.regions import Regions, find_regions
from toonbooth.drawing.silhouette import calm_outline, without_scraps
from toonbooth.drawing.skin_surface import close_skin
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.imaging.tones import smoothstep
from toonbooth.portrait.model import Face, Portrait


def drawn(portrait: Portrait, seed: int) -> Portrait:
    return draw_avatar(portrait, np.random.default_rng(seed))


def test_the_same_seed_draws_the_same_bytes_on_one_thread_and_on_two() -> None:
    portrait, before = bust(), cv2.getNumThreads()
    try:
        pictures = []
        for threads in (1, 2):
            cv2.setNumThreads(threads)
            pictures.append(drawn(portrait, 7).picture)
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_another_seed_is_visibly_another_picture() -> None:
    portrait = bust()
    pictures = [drawn(portrait, seed).picture.astype(np.float32) for seed in range(6)]
    differences = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(differences) > 1.5
    assert float(np.median(differences)) > 4.0


def test_the_portrait_given_is_not_changed() -> None:
    portrait = bust()
    picture, matte = portrait.picture.copy(), portrait.matte.copy()
    landmarks = portrait.faces[0].landmarks.copy()
    drawn(portrait, 1)
    np.testing.assert_array_equal(portrait.picture, picture)
    np.testing.assert_array_equal(portrait.matte, matte)
    np.testing.assert_array_equal(portrait.faces[0].landmarks, landmarks)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 57), (40, 400), (301, 31), (97, 128)])
def test_any_size_comes_back_as_it_was(height: int, width: int) -> None:
    for portrait in (landscape(height, width), bust(height, width)):
        drawing = drawn(portrait, 3)
        assert drawing.picture.shape == (height, width, 3)
        assert drawing.picture.dtype == np.uint8
        assert drawing.matte.shape == (height, width)


def test_eyes_grow_and_the_geometry_grows_with_them() -> None:
    portrait = bust()
    before, after = portrait.faces[0].left_eye, drawn(portrait, 0).faces[0].left_eye
    assert np.ptp(after.contour[:, 0]) > 1.03 * np.ptp(before.contour[:, 0])
    assert after.iris_radius > 1.03 * before.iris_radius


def test_skin_freckles_vanish_and_the_face_stays_one_surface() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    noise = np.random.default_rng(5).normal(0, 9, portrait.picture.shape)
    speckled = np.clip(portrait.picture + noise, 0, 255).astype(np.uint8)
    drawing = drawn(portrait.with_picture(speckled), 2).picture
    x, y = (round(float(v)) for v in face.landmarks[50])
    reach = max(3, round(0.05 * face.width))
    patch = np.s_[y - reach : y + reach, x - reach : x + reach]

    def roughness(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
        grey = picture[patch].astype(np.float32).mean(axis=2)
        return float(np.abs(np.diff(grey, axis=1)).mean())

    assert roughness(drawing) < 0.2 * roughness(speckled)


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([[0, 0], [10, 4], [20, 0], [30, 9]], np.float32)
    line = curve(points, samples=61)
    for point in points:
        assert float(np.hypot(*(line - point).T).min()) < 1e-4
    with pytest.raises(ValueError, match="two points"):
        curve(points[:1], samples=5)


def test_normals_stand_across_a_path() -> None:
    path = curve(np.array([[0, 0], [10, 4], [20, 0]], np.float32), samples=30)
    across = normals(path)
    tangent = np.gradient(path, axis=0)
    assert float(np.abs((across * tangent).sum(axis=1)).max()) < 1e-3
    np.testing.assert_allclose(np.hypot(*across.T), 1, atol=1e-5)


def test_a_wider_stroke_covers_more_and_a_clip_is_respected() -> None:
    path = np.array([[10, 20], [30, 24], [50, 20]], np.float32)
    covered = []
    for width in (0.5, 2.0, 6.0):
        paper = np.ones((40, 60, 3), np.float32)
        Pen(paper).stroke(path, widths=(0.2 * width, width, 0.2 * width), colour=(0.0, 0.0, 0.0))
        covered.append(float((1 - paper).sum()))
    assert covered[0] > 0
    assert covered[0] < covered[1] < covered[2]
    paper, clip = np.ones((40, 60, 3), np.float32), np.zeros((40, 60), np.float32)
    clip[:, 30:] = 1
    Pen(paper).stroke(path, widths=(1.0, 5.0, 1.0), colour=(0.0, 0.0, 0.0), clip=clip)
    assert float(paper[:, :30].min()) == 1.0
    assert float(paper[:, 30:].min()) < 0.1


@pytest.mark.parametrize("samples", [12, 900])
def test_the_edge_of_a_fill_is_soft_and_in_its_place_however_finely_it_is_sampled(samples: int) -> None:
    turn = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    outline = np.stack([30 + 12.3 * np.cos(turn), 20 + 12.3 * np.sin(turn)], axis=1).astype(np.float32)
    x, y = outline.T.astype(np.float64)
    area = 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1)))
    filled = covered(outline, size=(60, 40)).astype(np.float32) / 255
    assert float(filled.sum()) == pytest.approx(area, rel=0.03)
    assert np.count_nonzero((filled > 0.1) & (filled < 0.9)) > 40


def test_what_is_drawn_beyond_the_window_is_cut_off() -> None:
    paper = np.ones((20, 20, 3), np.float32)
    Pen(paper).fill(ellipse((-50.0, 5.0), (10.0, 10.0)), colour=(0.0, 0.0, 0.0))
    Pen(paper).fill(ellipse((0.0, 0.0), (6.0, 6.0)), colour=(0.0, 0.0, 0.0))
    assert float(paper[0, 0].max()) < 0.02
    assert float(paper[12:, 12:].min()) == 1.0


def disc(radius: float, *, size: int = 160) -> FloatImage:
    rows, columns = np.mgrid[:size, :size].astype(np.float32) - size / 2
    return smoothstep(np.hypot(rows, columns).astype(np.float32), low=radius + 2, high=radius - 2)


def two_tone(inside: FloatImage, person: Colour, background: Colour) -> FloatImage:
    lab = np.empty((*inside.shape, 3), np.float32)
    lab[...] = np.array(background, np.float32)
    lab += inside[..., None] * (np.array(person, np.float32) - np.array(background, np.float32))
    return lab


def test_a_matte_that_reaches_into_the_background_is_cut_back_to_the_person() -> None:
    true, coarse = disc(50), disc(50)
    coarse[:, 80:] = np.maximum(coarse[:, 80:], disc(56)[:, 80:])
    lab = two_tone(true, (30.0, 10.0, 12.0), (80.0, -5.0, -20.0))
    cut = without_scraps(coarse, lab, unit=1.0)
    assert float((cut - coarse).max()) <= 0
    assert float(np.abs(cut - true).sum()) < 0.5 * float(np.abs(coarse - true).sum())


def test_a_matte_is_left_alone_where_colours_do_not_tell() -> None:
    coarse = disc(50)
    flat = two_tone(coarse, (50.0, 3.0, 4.0), (52.0, 3.0, 4.0))
    np.testing.assert_allclose(without_scraps(coarse, flat, unit=1.0), coarse, atol=0.02)


def test_a_silhouette_loses_its_frays_and_keeps_its_place() -> None:
    frayed = disc(50)
    frayed[78:80, 20:140] = 1
    calm = calm_outline(frayed, (), scale=1.0, unit=0.5)
    assert float(calm[78:80, 20:24].max()) < 0.2
    assert float(np.abs(calm - disc(50)).mean()) < 0.02


@pytest.mark.parametrize("middle", [15.0, 30.0, 42.0])
def test_dark_skin_is_not_lifted(middle: float) -> None:
    assert 0 <= lift_of(middle, 16.0) < 0.5


@pytest.mark.parametrize("middle", [52.0, 62.0, 70.0, 78.0])
def test_brown_skin_is_drawn_hardly_lighter_than_it_is(middle: float) -> None:
    assert 0 <= lift_of(middle, 25.0) < min(2.5, 0.4 * lift_of(middle, 16.0))


def test_both_irises_have_one_colour_and_light_ones_keep_their_hue() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    picture = portrait.picture.copy()
    for eye, colour in ((face.left_eye, (70, 110, 160)), (face.right_eye, (60, 100, 150))):
        white = np.round(eye.contour).astype(np.int32)
        cv2.fillPoly(picture, [white], (215, 212, 208))
        x, y = (round(value) for value in eye.iris_centre)
        cv2.circle(picture, (x, y), round(eye.iris_radius), colour, -1)
    portrait = portrait.with_picture(np.ascontiguousarray(picture))
    rows, columns = face_window(face, picture.shape)
    skin = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    seen = look_at(portrait, face, picture, skin)
    lightness, _, yellow = iris_colour(seen, (face.left_eye, face.right_eye))
    assert 25 < lightness < 70
    assert yellow < -5


def test_lashes_are_as_dark_as_the_persons_own() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    eyes = (face.left_eye, face.right_eye)
    fullness, brown = [], np.array([6.5, 10.0], np.float32)
    for ink in ((150, 110, 90), (60, 45, 40), (12, 8, 8)):
        picture = portrait.picture.copy()
        for eye in eyes:
            cv2.polylines(picture, [np.round(eye.contour).astype(np.int32)], True, ink, 4)
        rows, columns = face_window(face, picture.shape)
        skin = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        seen = look_at(portrait.with_picture(picture), face, portrait.picture, skin)
        near = [seen.near(outline, margin=0.06) for outline in (facemap.LEFT_EYE, facemap.RIGHT_EYE)]
        fullness.append(eye_tones(seen, near, eyes, hue=brown).lashes)
    assert fullness[0] < 0.2
    assert fullness[0] < fullness[1] < fullness[2]
    assert fullness[2] > 0.9


@pytest.mark.parametrize(("skin", "room"), [((222, 180, 155), 8), ((160, 110, 85), 18), ((112, 72, 52), 34)])
def test_whites_of_eyes_are_hardly_lighter_than_lit_skin_beside_them(
    skin: tuple[int, int, int], room: float
) -> None:
    portrait = bust(480, 400, skin=skin)
    picture = portrait.picture.copy()
    eye = portrait.faces[0].left_eye
    for each in (eye, portrait.faces[0].right_eye):
        cv2.fillPoly(picture, [np.round(each.contour).astype(np.int32)], (252, 252, 250))
        x, y = (round(value) for value in each.iris_centre)
        cv2.circle(picture, (x, y), round(each.iris_radius), (60, 40, 25), -1)
    drawing = rgb_to_lab(to_float(drawn(portrait.with_picture(picture), 1).picture))[..., 0]
    opening = cv2.fillPoly(np.zeros((480, 400), np.uint8), [np.round(eye.contour).astype(np.int32)], 1)
    cv2.circle(
        opening, (round(eye.iris_centre[0]), round(eye.iris_centre[1])), round(1.6 * eye.iris_radius), 0, -1
    )
    x, y = (round(float(value)) for value in portrait.faces[0].landmarks[50])
    cheek = float(np.median(drawing[y - 4 : y + 5, x - 4 : x + 5]))
    assert float(np.percentile(drawing[opening > 0], 90)) < cheek + room


@pytest.mark.parametrize("lamp", [(1.0, 0.86, 0.66), (1.0, 1.0, 1.0)])
def test_teeth_are_light_but_do_not_glare_and_have_hardly_a_colour(lamp: tuple[float, ...]) -> None:
    portrait = bust(480, 400)
    warm = (portrait.picture * np.array(lamp, np.float32)).astype(np.uint8)
    x, y = np.round(portrait.faces[0].landmarks[facemap.LIPS_INNER].mean(axis=0)).astype(int)
    drawing = rgb_to_lab(to_float(drawn(portrait.with_picture(warm), 2).picture))
    lightness, a, b = np.median(drawing[y - 1 : y + 2, x - 6 : x + 7], axis=(0, 1))
    assert 75 < lightness < 93
    assert np.hypot(a, b) < 8


def test_skin_that_turns_slowly_from_the_light_has_no_step() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = face.landmarks[facemap.FOREHEAD_TOP]
    left, right = (round(float(x) + side * face.width) for side in (-0.25, 0.25))
    light = np.interp(np.arange(400), [left - 30, right + 30], [0.62, 1.08]).astype(np.float32)
    picture = np.clip(portrait.picture * light[None, :, None], 0, 255).astype(np.uint8)
    drawing = rgb_to_lab(to_float(drawn(portrait.with_picture(picture), 1).picture))[..., 0]
    row = round(float(y) + 0.15 * face.width)
    slope = np.diff(cv2.blur(drawing[row - 2 : row + 3, left:right].mean(axis=0)[None], (9, 1))[0])
    assert slope.max() < 3.2 * slope.mean()


def test_a_shallow_blotch_on_a_forehead_goes_and_half_a_face_in_the_shade_stays_so() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    x, y = (round(float(v)) for v in face.landmarks[[facemap.FOREHEAD_TOP, 9]].mean(axis=0))
    reach = round(0.05 * face.width)
    spot = (slice(y - reach, y + reach), slice(x - reach, x + reach))
    drawings = {}
    for depth, place in ((0.9, spot), (0.75, (slice(None), slice(0, x)))):
        picture = portrait.picture.copy()
        picture[place] = (depth * picture[place]).astype(np.uint8)
        lightness = rgb_to_lab(to_float(drawn(portrait.with_picture(picture), 1).picture))[..., 0]
        drawings[depth] = float(lightness[y, x + 3 * reach] - lightness[y, x - reach // 2])
    assert drawings[0.9] < 1
    assert drawings[0.75] > 6


def test_a_half_lit_face_has_no_patch_of_its_photo_about_eyes_and_mouth() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    width = face.width
    edge = float(face.landmarks[:, 0].mean()) + 0.12 * width
    across = (np.arange(400, dtype=np.float32) - np.float32(edge)) / np.float32(0.05 * width)
    light = np.float32(0.3) + np.float32(0.7) / (1 + np.exp(-across))
    picture = (portrait.picture * light[None, :, None]).astype(np.uint8)
    drawing = drawn(portrait.with_picture(picture), 1).picture.astype(np.float32).mean(axis=2)
    lips = face.landmarks[facemap.LIPS_OUTER]
    beside = drawing[round(float(lips[:, 1].mean()))]
    at_the_mouth, on_the_cheek = (
        float(beside[round(float(lips[:, 0].max()) + k * width)]) for k in (0.01, 0.08)
    )
    assert abs(at_the_mouth - on_the_cheek) < 12


def test_light_on_the_hair_beside_a_brow_is_no_white_spot_on_it() -> None:
    portrait = bust(480, 400, skin=(190, 140, 115))
    face = portrait.faces[0]
    x, y = (round(float(value)) for value in face.landmarks[facemap.RIGHT_BROW].mean(axis=0))
    picture = portrait.picture.copy()
    cv2.circle(picture, (x, y), round(0.03 * face.width), (252, 252, 255), -1)
    drawing = drawn(portrait.with_picture(picture), 2).picture
    light = rgb_to_lab(to_float(drawing))
    cheek = face.landmarks[50].astype(int)
    beside = float(light[cheek[1], cheek[0], 0])
    assert light[y - 1 : y + 2, x - 1 : x + 2, 0].max() < beside + 24


def test_a_black_and_white_photo_is_drawn_and_its_person_stays_without_colour() -> None:
    portrait = bust(480, 400)
    grey = cv2.cvtColor(portrait.picture, cv2.COLOR_RGB2GRAY)
    drawing = drawn(portrait.with_picture(cv2.merge([grey] * 3).astype(np.uint8)), 4).picture
    x, y = (round(float(v)) for v in portrait.faces[0].landmarks[facemap.FOREHEAD_TOP])
    forehead = drawing[y + 10 : y + 30, x - 10 : x + 10].astype(int)
    assert np.ptp(forehead, axis=2).max() < 8


def test_two_people_keep_their_own_depth_of_skin() -> None:
    light, dark = (
        bust(400, 300, skin=(235, 200, 180), hair=(40, 30, 25)),
        bust(400, 300, skin=(110, 70, 48), hair=(40, 30, 25)),
    )
    both = side_by_side(light, dark)
    drawing = drawn(both, 1).picture
    tones = []
    for face in both.faces:
        x, y = (round(float(v)) for v in face.landmarks[facemap.OVAL].mean(axis=0))
        tones.append(float(drawing[y : y + 8, x - 4 : x + 4].mean()))
    assert tones[0] > tones[1] + 70


def test_a_stroke_leaves_no_hairline_where_nothing_presses_it() -> None:
    path = np.array([[10, 20], [30, 20], [50, 20]], np.float32)
    paper = np.ones((40, 60, 3), np.float32)
    pressure = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0], np.float32)
    Pen(paper).stroke(path, widths=(4.0, 4.0), colour=(0.0, 0.0, 0.0), pressure=pressure)
    assert float(paper[20, 30].max()) < 0.1
    assert float(paper[:, :19].min()) == 1.0
    assert float(paper[:, 43:].min()) == 1.0


def _bust_in_lab() -> tuple[Face, FloatImage, Regions, tuple[int, int]]:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    lab = rgb_to_lab(to_float(portrait.picture))
    regions = find_regions(lab, luma(portrait.picture), portrait.matte, portrait.faces, scale=1.0)
    x, y = (round(float(v)) for v in face.landmarks[facemap.OVAL].mean(axis=0))
    return face, lab, regions, (x, y)


def test_a_smooth_shadow_on_a_forehead_is_skin_and_strands_over_it_are_not() -> None:
    face, lab, regions, (x, y) = _bust_in_lab()
    row, reach = y - round(0.42 * face.width), round(0.09 * face.width)
    shadow, strands = (
        (slice(row - reach, row + reach), slice(x + way - reach, x + way + reach))
        for way in (-round(0.2 * face.width), round(0.2 * face.width))
    )
    for place in (shadow, strands):
        lab[place] *= np.array([0.76, 0.8, 1.05], np.float32)
    lab[strands][..., 0] += 9 * np.sign(np.sin(np.arange(2 * reach) * 1.1))[None, :]
    skin = close_skin(lab, regions, (face,), scale=1.0, fringe_roughness=3.5).skin
    blind = close_skin(lab, regions, (face,), scale=1.0).skin
    assert skin[shadow].mean() > 0.7
    assert blind[shadow].mean() < 0.4
    assert skin[strands].mean() < 0.4


def test_warm_light_on_a_cheek_is_skin_and_a_blond_strand_over_a_forehead_is_not() -> None:
    face, lab, regions, (x, y) = _bust_in_lab()
    reach = round(0.06 * face.width)
    forehead, cheek = (
        (slice(row - reach, row + reach), slice(column - reach, column + reach))
        for row, column in (
            (y - round(0.42 * face.width), x),
            (y, x + round(0.36 * face.width)),
        )
    )
    for place in (forehead, cheek):
        lab[place] += np.array([-12, 0, 25], np.float32)
    skin = close_skin(lab, regions, (face,), scale=1.0, warm_light=True).skin
    blind = close_skin(lab, regions, (face,), scale=1.0).skin
    assert skin[cheek].mean() > 0.9
    assert blind[cheek].mean() < 0.4
    assert skin[forehead].mean() < 0.4


def test_glare_leaves_lips_red_and_teeth_and_dark_lips_as_they_are() -> None:
    light, a, b = (np.full((8, 12), value, np.float32) for value in (60.0, 20.0, 18.0))
    lips, mouth = np.ones_like(light), np.zeros_like(light)
    glare, teeth = (slice(None), slice(0, 4)), (slice(None), slice(4, 8))
    mouth[teeth] = 1
    for bright in (glare, teeth):
        light[bright], a[bright] = 92, 4
    unbleach_lips((light, a, b), lips, mouth, (74.0, 16.0, 20.0))
    assert float(light[glare].max()) < 78
    assert float(a[glare].min()) > 18
    assert (float(light[0, 6]), float(a[0, 6])) == (92, 4)
    assert (float(light[0, 10]), float(a[0, 10])) == (60, 20)
