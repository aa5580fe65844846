"""What the styles are made of: regions, cel tones, ink, backgrounds, closeups, glasses."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust, face_at
from toonbooth.drawing import facemap
from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.cel import cel_tones, without_rim
from toonbooth.drawing.cel_backdrop import Scene, SceneLook, choose_scene, draw_scene
from toonbooth.drawing.cel_skin import CelTones
from toonbooth.drawing.closeup import Closeup, find_closeups, lay_back, look_closely
from toonbooth.drawing.inking import (
    find_contour,
    ink_rows,
    outline_rows,
    outline_width,
    plan_lines,
    wanted_lines,
)
from toonbooth.drawing.regions import Regions, clean_matte, find_regions, polygon_mask
from toonbooth.drawing.spectacles import find_frames
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.flow import FlowSmoother, edge_tangent_flow
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import Portrait

TONES = CelTones(step=11.0, skin_step=7.0, saturation=1.2, warmth=0.0, blush=3.0)


def lab_of(portrait: Portrait) -> FloatImage:
    return rgb_to_lab(to_float(portrait.picture))


def regions_of(portrait: Portrait) -> Regions:
    return find_regions(lab_of(portrait), luma(portrait.picture), portrait.matte, portrait.faces, scale=1.0)


def place(portrait: Portrait, across: float, down: float) -> tuple[int, int]:
    """Row and column at a place relative to the face's middle, in face widths."""
    x, y = portrait.faces[0].landmarks[facemap.OVAL].mean(axis=0)
    width = portrait.faces[0].width
    return round(float(y) + down * width), round(float(x) + across * width)


CHEEK, NECK, SHIRT, HAIR, WALL = (0.3, 0.15), (0.0, 0.85), (0.6, 1.4), (0.0, -0.82), (-1.2, -0.9)


@pytest.mark.parametrize(
    "skin",
    [(222, 172, 142), (245, 215, 200), (141, 85, 54), (84, 50, 36)],
    ids=["tan", "pale", "brown", "dark"],
)
def test_skin_is_face_and_neck_and_nothing_else(skin: tuple[int, int, int]) -> None:
    hair = (20, 20, 30) if skin[0] > 100 else (170, 160, 150)
    portrait = bust(240, 200, skin=skin, hair=hair)
    found = regions_of(portrait).skin
    assert found[place(portrait, *CHEEK)] > 0.9
    assert found[place(portrait, *NECK)] > 0.8
    for elsewhere in (SHIRT, HAIR, WALL):
        assert found[place(portrait, *elsewhere)] < 0.1


def test_features_are_found_where_the_landmarks_are() -> None:
    portrait = bust(240, 200)
    regions, face = regions_of(portrait), portrait.faces[0]
    for eye in (face.left_eye, face.right_eye):
        row, column = round(eye.iris_centre[1]), round(eye.iris_centre[0])
        assert regions.eyes[row, column] > 0.9
        assert regions.features[row, column] > 0.9
    mouth = face.landmarks[facemap.LIPS_INNER].mean(axis=0)
    assert regions.mouth[round(float(mouth[1])), round(float(mouth[0]))] > 0.8
    assert regions.features[place(portrait, *CHEEK)] < 0.1


def test_a_closed_mouth_shows_no_teeth() -> None:
    portrait = bust(240, 200)
    face = portrait.faces[0]
    landmarks = face.landmarks.copy()
    landmarks[14] = landmarks[13]
    closed = replace(portrait, faces=(replace(face, landmarks=landmarks),))
    assert regions_of(closed).mouth.max() == 0


def test_the_matte_keeps_what_hangs_together_with_a_face() -> None:
    portrait = bust(240, 200)
    matte = portrait.matte.copy()
    matte[5:40, 5:40] = 1.0
    cleaned = clean_matte(matte, portrait.faces, scale=1.0, unit=0.2)
    assert cleaned[10:35, 10:35].max() == 0
    assert cleaned[place(portrait, *CHEEK)] == 1
    assert cleaned[place(portrait, *SHIRT)] == 1


def test_glasses_are_found_by_the_bar_across_the_nose() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    width = face.width
    assert find_frames(luma(portrait.picture), face.landmarks, width=width).max() == 0

    picture = portrait.picture.copy()
    ends = []
    for eye in (face.left_eye, face.right_eye):
        centre = tuple(int(v) for v in eye.iris_centre)
        cv2.ellipse(picture, centre, (int(0.17 * width), int(0.12 * width)), 0, 0, 360, (25, 25, 30), 4)
        ends.append(centre)
    cv2.line(picture, ends[0], ends[1], (25, 25, 30), 4)
    frames = find_frames(luma(picture), face.landmarks, width=width)
    below_eye = round(face.left_eye.iris_centre[1] + 0.12 * width), round(face.left_eye.iris_centre[0])
    assert frames[below_eye] > 0.5
    worn = replace(portrait, picture=picture)
    assert regions_of(worn).skin[below_eye] < 0.3


def test_skin_gets_one_hue_and_hair_keeps_its_colour() -> None:
    portrait = bust(240, 200)
    lab = lab_of(portrait)
    blotch = place(portrait, -0.3, 0.2)
    lab[blotch[0] - 6 : blotch[0] + 6, blotch[1] - 6 : blotch[1] + 6, 1] += 9
    drawn = cel_tones(lab, regions_of(portrait), TONES, unit=0.2)
    before = lab[blotch][1] - lab[place(portrait, 0.3, 0.2)][1]
    after = drawn[blotch][1] - drawn[place(portrait, 0.3, 0.2)][1]
    assert after < 0.7 * before
    hair = place(portrait, *HAIR)
    np.testing.assert_allclose(drawn[hair][1:], lab[hair][1:], atol=3)


def test_two_people_keep_their_own_skin() -> None:
    light, dark = (
        bust(240, 200, skin=(240, 205, 185)),
        bust(240, 200, skin=(95, 58, 42), hair=(170, 160, 150)),
    )
    picture = np.hstack([light.picture, dark.picture])
    right = face_at((300.0, 108.0), dark.faces[0].width)
    both = Portrait(picture, (light.faces[0], right), np.hstack([light.matte, dark.matte]))
    together = cel_tones(lab_of(both), regions_of(both), TONES, unit=0.2)
    for alone, offset in ((light, 0), (dark, 200)):
        drawn = cel_tones(lab_of(alone), regions_of(alone), TONES, unit=0.2)
        row, column = place(alone, 0.0, -0.4)
        np.testing.assert_allclose(together[row, column + offset], drawn[row, column], atol=1.5)


def test_a_black_and_white_photo_stays_one() -> None:
    portrait = bust(240, 200)
    grey = portrait.with_picture(np.dstack([(luma(portrait.picture) * 255).astype(np.uint8)] * 3))
    drawn = cel_tones(lab_of(grey), regions_of(grey), replace(TONES, warmth=4.0), unit=0.2)
    assert np.abs(drawn[..., 1:]).max() < 1.5


@pytest.mark.parametrize("skin", [(245, 215, 200), (141, 85, 54), (84, 50, 36)])
def test_skin_stays_near_its_own_lightness(skin: tuple[int, int, int]) -> None:
    portrait = bust(240, 200, skin=skin, hair=(20, 20, 30) if skin[0] > 100 else (170, 160, 150))
    lab = lab_of(portrait)
    drawn = cel_tones(lab, regions_of(portrait), TONES, unit=0.2)
    forehead = place(portrait, 0.0, -0.4)
    assert abs(drawn[forehead][0] - lab[forehead][0]) < 10


def test_black_cloth_is_opened_and_steps_leave_few_tones() -> None:
    ramp = np.zeros((40, 400, 3), np.float32)
    ramp[..., 0] = np.linspace(0, 100, 400, dtype=np.float32)
    nobody = np.zeros(ramp.shape[:2], np.float32)
    none = Regions(*(nobody,) * 8, heads=())
    fine, coarse = (
        cel_tones(ramp, none, replace(TONES, step=step), unit=0.2)[20, :, 0] for step in (6.0, 20.0)
    )
    assert fine.min() > 4
    # Where a tone is flat the picture hardly changes from pixel to pixel; coarse steps stray farther.
    lit = np.arange(160, 285)
    straight = np.polynomial.Polynomial.fit(lit, fine[lit], 1)(lit)
    assert np.abs(coarse[lit] - straight).mean() > 2 * np.abs(fine[lit] - straight).mean()


def test_white_cloth_stays_white_and_its_folds_faint() -> None:
    shirt = np.zeros((60, 200, 3), np.float32)
    shirt[..., 0] = 88 + 7 * np.sin(np.arange(200, dtype=np.float32) / 12)
    nobody = np.zeros(shirt.shape[:2], np.float32)
    drawn = cel_tones(
        shirt, Regions(*(nobody,) * 8, heads=()), replace(TONES, step=14.0, warmth=5.0), unit=0.2
    )
    assert drawn[..., 0].min() > shirt[..., 0].min()
    assert np.ptp(drawn[..., 0]) < np.ptp(shirt[..., 0])
    assert np.abs(drawn[..., 1:]).max() < 3


def test_wine_red_cloth_stays_red_down_to_its_folds_and_an_ear_in_the_shade_does_not_glow() -> None:
    lab = np.zeros((200, 200, 3), np.float32)
    lab[...] = (22.0, 34.0, 22.0)
    lab[120:, 90:100] = (10.0, 22.0, 14.0)
    nobody = np.zeros(lab.shape[:2], np.float32)
    regions = Regions(*(nobody,) * 8, heads=((100.0, 40.0, 50.0),))
    drawn = cel_tones(lab, regions, TONES, unit=0.2)
    chroma = np.hypot(drawn[..., 1], drawn[..., 2])
    cloth, fold, beside_the_face = chroma[160, 160], chroma[160, 95], chroma[40, 130]
    assert cloth > 38
    assert drawn[160, 95, 1] > 15
    assert fold < cloth
    assert beside_the_face < 0.75 * cloth


def test_the_rim_takes_its_colour_from_inside() -> None:
    plate = np.zeros((40, 60, 3), np.float32)
    plate[:, 30:] = (60.0, 15.0, 20.0)
    plate[:, 28:30] = (90.0, -20.0, 0.0)
    person = np.zeros((40, 60), np.float32)
    person[:, 28:] = 1.0
    mended = without_rim(plate, person, unit=0.8)
    assert np.abs(mended[20, 29] - (60.0, 15.0, 20.0)).max() < 8
    np.testing.assert_allclose(mended[20, 50], plate[20, 50], atol=0.01)


def test_a_stub_between_a_head_and_the_pictures_edge_is_no_part_of_it() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    top = round(float(face.landmarks[facemap.FOREHEAD_TOP, 1]) - 0.3 * face.width)
    x = round(float(face.landmarks[facemap.FOREHEAD_TOP, 0]))
    matte = portrait.matte.copy()
    matte[:, x - 8 : x + 8] = 1
    faces = (replace(face, landmarks=face.landmarks - np.array([0, top], np.float32)),)
    cut = clean_matte(np.ascontiguousarray(matte[top:]), faces, scale=1.0, unit=face.width / 400)
    assert cut[0].max() < 0.3
    assert cut[round(0.2 * face.width), x] > 0.9


def test_below_a_stub_the_head_is_as_round_as_without_it() -> None:
    y, x = np.ogrid[:300, :400]
    head = (np.hypot(x - 200, (y - 180) * 0.9) < 150).astype(np.float32)
    smeared = head.copy()
    smeared[:40, 190:205] = 1
    bust_face = bust(480, 400).faces[0]
    middle = bust_face.landmarks[facemap.FOREHEAD_TOP]
    landmarks = (bust_face.landmarks - middle) * (220 / bust_face.width) + np.array([200, 70])
    faces = (replace(bust_face, landmarks=landmarks.astype(np.float32)),)
    unit = faces[0].width / 400
    whole, cut = (clean_matte(matte, faces, scale=1.0, unit=unit) for matte in (head, smeared))
    assert np.abs(cut - whole).sum(axis=0).max() < 2.5


@pytest.mark.parametrize("scene", Scene)
def test_a_scene_is_flat_and_lighter_before_dark_hair(scene: Scene) -> None:
    look = SceneLook(scene, tint=(-12.0, -20.0), accent=(-8.0, -11.0), slant=0.7)
    head = Head(60.0, 50.0, 30.0)
    scenery = draw_scene((120, 160), look, head=head, hair=20.0)
    drawn = scenery.in_lab((120, 160))
    before_grey = draw_scene((120, 160), look, head=head, hair=80.0).in_lab((120, 160))
    assert drawn[..., 0].mean() > before_grey[..., 0].mean() + 10
    assert np.ptp(drawn[..., 0]) > 3
    # Nearly all of it lies on two or three tones: no gradient, no bands.
    tones, counts = np.unique(np.round(drawn[..., 0], 2), return_counts=True)
    assert counts[np.argsort(-counts)[:3]].sum() > 0.9 * drawn[..., 0].size, tones
    # Laid at full size it is the same picture.
    laid = rgb_to_lab(to_float(scenery.in_rgb()))
    assert np.abs(laid - drawn).max() < 1.5


def test_a_scene_never_has_the_hue_of_skin() -> None:
    for seed in range(60):
        look = choose_scene(np.random.default_rng(seed), vivid=1.0)
        for a, b in (look.tint, look.accent):
            assert 82 < np.rad2deg(np.arctan2(b, a)) % 360 < 356


def ink_of(grey: FloatImage, *, threshold: float) -> FloatImage:
    wanted = np.ones(grey.shape, np.float32)
    along = FlowSmoother(edge_tangent_flow(grey, scale=2.0), reach=2.0)
    plan = plan_lines(grey, grey, wanted, along, threshold=threshold, unit=0.5, factor=1)
    return ink_rows(plan, grey, factor=1, top=0, skip=0, bottom=grey.shape[0])


def test_flat_paper_gets_no_ink_and_an_edge_gets_a_line() -> None:
    flat = np.full((60, 80), 0.6, np.float32)
    assert ink_of(flat, threshold=0.01).max() == 0
    edge = flat.copy()
    edge[:, 40:] = 0.2
    lines = ink_of(edge, threshold=0.01)
    assert lines[30, 38:46].max() == 1
    assert lines[30, :30].max() == 0


def test_a_higher_threshold_leaves_less_ink() -> None:
    picture = cv2.GaussianBlur(np.random.default_rng(4).random((60, 80), dtype=np.float32), (0, 0), 2.5)
    covered = [ink_of(picture.astype(np.float32), threshold=t).mean() for t in (0.004, 0.01, 0.03)]
    assert covered[0] > covered[1] > covered[2]


def test_bare_skin_wants_no_lines_but_noses_do_and_shaven_jaws_are_left_to_the_pen() -> None:
    portrait = bust(480, 400)
    regions = regions_of(portrait)
    wanted = wanted_lines(regions, portrait.faces, None, scale=1.0, unit=0.4, behind=0.3)
    cheek = wanted[place(portrait, *CHEEK)]
    nose = portrait.faces[0].landmarks[facemap.NOSE_BASE[len(facemap.NOSE_BASE) // 2]]
    assert cheek < 0.2
    assert wanted[round(float(nose[1])), round(float(nose[0]))] > 2 * cheek
    x, y = (round(float(v)) for v in portrait.faces[0].landmarks[facemap.CHIN])
    bearded, shaven = (
        wanted_lines(
            replace(regions, skin=0 * regions.skin, beards=(beard,)),
            portrait.faces,
            None,
            scale=1.0,
            unit=0.4,
            behind=0.3,
        )
        for beard in (1.0, 0.0)
    )
    assert bearded[y, x] > 0.8
    assert shaven[y, x] < 0.4
    assert wanted[place(portrait, *SHIRT)] > 0.8
    assert wanted[place(portrait, *WALL)] == pytest.approx(0.3, abs=0.02)


def test_the_outline_runs_along_the_person_and_swells_away_from_the_light() -> None:
    person = np.zeros((80, 80), np.float32)
    cv2.circle(person, (40, 40), 20, (1.0,), -1, cv2.LINE_AA)
    contour = find_contour(person, np.float32(0.9) - np.float32(0.6) * person, unit=0.5)
    half = outline_width(contour, weight=4.0, light_from=-1.0, unit=0.5)
    line = outline_rows(contour, half, factor=2, top=0, bottom=160)
    assert line.shape == (160, 160)
    assert line[80, 80] == 0
    assert line[5, 5] == 0
    left, right = line[80, 30:60].sum(), line[80, 100:130].sum()
    assert right > 1.3 * left > 0
    bolder = outline_rows(
        contour, outline_width(contour, weight=8.0, light_from=-1.0, unit=0.5), factor=2, top=0, bottom=160
    )
    assert bolder.sum() > 1.4 * line.sum()


def test_white_hair_before_a_window_is_outlined_as_surely_as_is_asked_for() -> None:
    person = np.zeros((80, 80), np.float32)
    cv2.circle(person, (40, 40), 20, (1.0,), -1, cv2.LINE_AA)
    white = np.ones_like(person)
    faint, sure = (
        float(find_contour(person, white, unit=0.5, least=least).sure[40, 20]) for least in (0.35, 0.75)
    )
    assert sure > 2 * faint
    assert find_contour(person, white - 0.6 * person, unit=0.5, least=0.75).sure[40, 20] > sure


def test_an_undecided_matte_has_no_outline() -> None:
    vague = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (40, 1))
    contour = find_contour(vague, vague, unit=0.3)
    half = outline_width(contour, weight=4.0, light_from=1.0, unit=0.3)
    # At its edge the picture is carried on with sharp outlines: a trace of one is left there.
    assert outline_rows(contour, half, factor=1, top=0, bottom=40).max() < 0.15


def test_only_small_faces_get_closeups_and_a_budget_holds() -> None:
    def closeups(face_width: float, budget: float) -> tuple[Closeup, ...]:
        portrait = bust(600, 800)
        face = face_at((400.0, 300.0), face_width)
        return find_closeups(
            replace(portrait, faces=(face,)), small=180, wanted=300, largest_zoom=2.2, budget=budget
        )

    assert closeups(200, 1.0) == ()
    assert closeups(10, 1.0) == ()
    (close,) = closeups(100, 10.0)
    assert close.zoom == pytest.approx(2.2)
    (thrifty,) = closeups(100, 0.4)
    assert thrifty.size[0] * thrifty.size[1] <= 0.41 * 600 * 800
    assert closeups(100, 0.1) == ()


def test_a_closeup_sees_the_same_face_larger_and_is_laid_back_in_place() -> None:
    portrait = bust(240, 200)
    closeup = Closeup(left=40, top=30, width=120, height=140, zoom=2.0)
    close = look_closely(portrait, closeup)
    assert close.picture.shape == (280, 240, 3)
    face, large = portrait.faces[0], close.faces[0]
    assert large.width == pytest.approx(2 * face.width)
    x, y = large.left_eye.iris_centre
    np.testing.assert_allclose(close.picture[round(y), round(x)], (90, 60, 40), atol=12)

    back = lay_back(portrait.picture, np.full((280, 240, 3), 7, np.uint8), closeup, frame=(200, 240))
    assert (back[100, 100] == 7).all()
    np.testing.assert_array_equal(back[:30], portrait.picture[:30])
    np.testing.assert_array_equal(back[:, :40], portrait.picture[:, :40])


def test_a_polygon_is_filled_where_it_lies() -> None:
    square = np.array([[10, 10], [20, 10], [20, 20], [10, 20]], np.float32)
    mask = polygon_mask((40, 40), square)
    assert mask[15, 15] == 1
    assert mask[5, 5] == 0
    assert polygon_mask((40, 40), square, grow=2.0).sum() > 3 * mask.sum()
    assert 0 < polygon_mask((40, 40), square, feather=3.0)[15, 8] < 1


def test_a_fair_lock_over_a_cheek_is_hair_and_a_yellow_spot_is_skin() -> None:
    portrait = bust(480, 400)
    face, person = portrait.faces[0], portrait.matte
    x, y = (float(value) for value in face.landmarks.mean(axis=0))
    picture = portrait.picture.copy()
    lock = (
        slice(round(y - 0.9 * face.width), round(y + 0.5 * face.width)),
        slice(round(x + 0.2 * face.width), round(x + 0.34 * face.width)),
    )
    picture[: round(y - 0.6 * face.width)][person[: round(y - 0.6 * face.width)] > 0.5] = (205, 180, 105)
    spotted = picture.copy()
    picture[lock] = (205, 180, 105)
    spot = slice(round(y), round(y + 0.3 * face.width)), lock[1]
    spotted[spot] = (205, 180, 105)
    for seen, over_it in ((picture, 1.0), (spotted, 0.0)):
        regions = find_regions(rgb_to_lab(to_float(seen)), luma(seen), person, portrait.faces, scale=1.0)
        locks = np.zeros_like(person) if regions.locks is None else regions.locks
        assert abs(float(locks[spot].mean()) - over_it) < 0.2
        assert abs(float(regions.bare(np.ones_like(person))[spot].mean()) + over_it - 1) < 0.2
