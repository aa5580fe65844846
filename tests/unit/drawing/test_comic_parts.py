"""What only the comic is made of: rims settled by colour, jaws, shining skin and strands, scenes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.unit.drawing.portraits import bust
from toonbooth.drawing import facemap
from toonbooth.drawing.backdrop import Head
from toonbooth.drawing.cel import cel_tones
from toonbooth.drawing.cel_backdrop import Scene, SceneLook, draw_scene
from toonbooth.drawing.cel_skin import CelTones
from toonbooth.drawing.cloth import without_flecks, without_mottle, woven_cloth
from toonbooth.drawing.jawline import draw_jaws, jaw_path
from toonbooth.drawing.regions import Regions, find_regions
from toonbooth.drawing.rim import settle_rim
from toonbooth.drawing.sheet import Light, Sheet
from toonbooth.drawing.silhouette import calm_outline
from toonbooth.drawing.skin_holes import Neighbourhood, rim_light, ruddy_ears, shaded_chin
from toonbooth.drawing.surfaces import settle_skin, settle_surfaces
from toonbooth.imaging.colour import luma, rgb_to_lab
from toonbooth.imaging.pixels import FloatImage, to_float
from toonbooth.portrait.model import HEAD_SIZE, Face, Portrait

SKIN, WALL = (65.0, 16.0, 20.0), (40.0, -5.0, -25.0)


def before_a_wall(*, edge: int) -> FloatImage:
    lab = np.empty((240, 240, 3), np.float32)
    lab[:, :edge] = SKIN
    lab[:, edge:] = WALL
    return lab


def matte_up_to(edge: int) -> FloatImage:
    matte = np.zeros((240, 240), np.float32)
    matte[:, :edge] = 1
    return matte


def test_wall_inside_a_matte_is_taken_off() -> None:
    settled, _ = settle_rim(matte_up_to(132), before_a_wall(edge=120), unit=1.0)
    assert settled[120, 127] < 0.3
    assert settled[120, 100] > 0.95


def test_skin_that_a_matte_cuts_off_comes_back() -> None:
    settled, _ = settle_rim(matte_up_to(110), before_a_wall(edge=120), unit=1.0)
    assert settled[120, 114] > 0.7
    assert settled[120, 140] < 0.05


def test_a_matte_stays_where_colours_tell_nothing() -> None:
    matte = matte_up_to(120)
    alike = np.full((240, 240, 3), 50.0, np.float32)
    settled, colours = settle_rim(matte, alike, unit=1.0)
    np.testing.assert_allclose(settled, matte, atol=1e-4)
    np.testing.assert_allclose(colours, alike, atol=1e-3)


def test_hair_that_the_wall_shines_through_gets_its_own_colour_and_the_wall_stays() -> None:
    lab = before_a_wall(edge=120)
    lab[:, 114:120] = 0.35 * np.array(SKIN, np.float32) + 0.65 * np.array(WALL, np.float32)
    _, colours = settle_rim(matte_up_to(120), lab, unit=1.0)
    mixed, mended, own = (np.array(c) for c in (lab[120, 117], colours[120, 117], SKIN))
    assert np.hypot(*(mended - own)[1:]) < 0.6 * np.hypot(*(mixed - own)[1:])
    np.testing.assert_allclose(colours[:, 160:], lab[:, 160:], atol=0.5)


def test_a_frayed_edge_becomes_one_curve() -> None:
    frayed = matte_up_to(120)
    frayed[::4, 120:124] = 1
    columns = (calm_outline(frayed, (), scale=1.0, unit=1.0) > 0.5).sum(axis=1)[20:-20]
    assert np.ptp(columns) <= 1


def with_neck_in_shadow() -> Portrait:
    portrait = bust(480, 400)
    picture = portrait.picture.copy()
    chin = round(float(portrait.faces[0].landmarks[facemap.CHIN, 1]))
    picture[chin:] = (picture[chin:] * 0.75).astype(np.uint8)
    return replace(portrait, picture=picture)


def test_the_chin_gets_one_line_and_the_cheeks_none() -> None:
    portrait = with_neck_in_shadow()
    image = portrait.picture.copy()
    draw_jaws(image, portrait, portrait.faces, beards=(0.0,), weight=1.0, light_from=1.0)
    darker = portrait.picture.astype(int).sum(axis=2) - image.astype(int).sum(axis=2)
    x, y = (round(float(v)) for v in portrait.faces[0].landmarks[facemap.CHIN])
    assert darker[y - 12 : y + 13, x].max() > 60
    assert darker[: y - 80].max() == 0
    assert darker.min() >= 0


@pytest.mark.parametrize("away", [0.02, 0.06])
def test_the_line_runs_where_the_head_was_found_to_end(away: float) -> None:
    """Flesh everywhere, in the shadow around a face that is larger than the mesh."""
    portrait = bust(480, 400)
    (face,) = portrait.faces
    oval = face.landmarks[facemap.OVAL]
    middle = oval.mean(axis=0)
    end = float(oval[:, 1].max()) + away * face.width
    grown = (oval - middle) * ((end - middle[1]) / (oval[:, 1].max() - middle[1])) + middle
    picture = np.full_like(portrait.picture, (150, 110, 90))
    cv2.fillPoly(picture, [np.rint(grown).astype(np.int32)], (220, 170, 140), cv2.LINE_AA)
    head = np.zeros(HEAD_SIZE[::-1], np.float32)
    outline = grown @ face.head_matrix[:, :2].T + face.head_matrix[:, 2]
    cv2.fillPoly(head, [np.rint(outline).astype(np.int32)], (1,))
    measured = Portrait(picture, (replace(face, head=head),), np.ones_like(portrait.matte))
    image = picture.copy()
    draw_jaws(image, measured, measured.faces, beards=(0.0,), weight=1.0, light_from=0.0)
    x = round(float(face.landmarks[facemap.CHIN, 0]))
    ink = (picture[:, x].astype(int) - image[:, x]).sum(axis=1)
    assert abs(int(ink.argmax()) - end) < 0.02 * face.width
    assert ink.max() > 60
    assert abs(float(jaw_path(measured.faces[0])[:, 1].max()) - end) < 0.02 * face.width


def test_a_chin_before_a_white_collar_gets_no_line() -> None:
    portrait = bust(480, 400)
    picture = portrait.picture.copy()
    chin = round(float(portrait.faces[0].landmarks[facemap.CHIN, 1]))
    picture[chin:] = 250
    collared = replace(portrait, picture=picture)
    image = picture.copy()
    draw_jaws(image, collared, collared.faces, beards=(0.0,), weight=1.0, light_from=1.0)
    np.testing.assert_array_equal(image, picture)


@pytest.mark.parametrize(("shade", "drawn"), [((0.6, 0.6, 0.6), True), ((0.6, 0.75, 0.8), False)])
def test_a_chin_in_the_shade_gets_its_line_and_hair_before_it_none(
    shade: tuple[float, float, float], drawn: bool
) -> None:
    portrait = with_neck_in_shadow()
    width, picture = portrait.faces[0].width, portrait.picture.copy()
    x, y = (round(float(v)) for v in portrait.faces[0].landmarks[facemap.CHIN])
    near = (slice(y - round(0.12 * width), y), slice(x - round(0.2 * width), x + round(0.2 * width)))
    picture[near] = (picture[near] * shade).astype(np.uint8)
    picture[y:] = (picture[y:] * 0.5).astype(np.uint8)
    shaded = replace(portrait, picture=picture, matte=np.ones_like(portrait.matte))
    image = picture.copy()
    draw_jaws(image, shaded, shaded.faces, beards=(0.0,), weight=1.0, light_from=1.0)
    ink = (picture[y - 12 : y + 13, x].astype(int) - image[y - 12 : y + 13, x]).sum(axis=1)
    assert (ink.max() > 30) == drawn


def test_a_chin_at_the_persons_edge_gets_no_second_line() -> None:
    portrait = with_neck_in_shadow()
    chin = round(float(portrait.faces[0].landmarks[facemap.CHIN, 1]))
    matte = portrait.matte.copy()
    matte[chin + 2 :] = 0
    alone = replace(portrait, matte=matte)
    image = alone.picture.copy()
    draw_jaws(image, alone, alone.faces, beards=(0.0,), weight=1.0, light_from=1.0)
    x = round(float(portrait.faces[0].landmarks[facemap.CHIN, 0]))
    np.testing.assert_array_equal(image[:, x], alone.picture[:, x])


def test_light_along_a_jaw_is_skin_and_hair_keeps_strands() -> None:
    portrait = bust(480, 400)
    face = portrait.faces[0]
    picture = portrait.picture.copy()
    jaw = face.landmarks[facemap.JAW[4]]
    centre = (round(float(jaw[0])), round(float(jaw[1])))
    cv2.circle(picture, centre, round(0.04 * face.width), (250, 250, 255), -1)
    lab = rgb_to_lab(to_float(picture))
    grey = luma(picture)
    regions = find_regions(lab, grey, np.ones_like(portrait.matte), portrait.faces, scale=1.0)
    settled = settle_surfaces(regions, lab, grey, portrait.faces, scale=1.0)
    assert settled.skin[centre[1], centre[0]] > regions.skin[centre[1], centre[0]] + 0.3
    x, y = face.landmarks[facemap.FOREHEAD_TOP]
    above = (round(float(y) - 0.15 * face.width), round(float(x)))
    assert settled.features[above] > regions.features[above] + 0.2
    assert (settled.features >= regions.features).all()


def shaven(face: Face) -> Face:
    """The face with landmarks where its moustache and its chin's beard would be."""
    points = face.landmarks.copy()
    moustache = [98, 2, 327, 391, 269, 267, 0, 37, 39, 165]
    chin = [106, 182, 83, 18, 313, 406, 335, 262, 369, 396, 175, 171, 140, 32]
    for outline, down, high in ((moustache, 0.22, 0.05), (chin, 0.52, 0.07)):
        turn = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        middle = points[facemap.OVAL].mean(axis=0) + np.array([0, down * face.width])
        points[outline] = middle + face.width * np.stack([0.15 * np.cos(turn), high * np.sin(turn)], axis=1)
    return replace(face, landmarks=points.astype(np.float32))


def beside_a_face(form: FloatImage, person: FloatImage) -> Neighbourhood:
    rows, columns = np.mgrid[:200, :200].astype(np.float32)
    return Neighbourhood(
        np.zeros_like(form), person, form, (columns - 100) / 120, (rows - 90) / 120, width=120.0
    )


def test_a_shaven_chin_in_the_shade_is_skin_and_a_dark_collar_or_hair_beside_a_neck_is_not() -> None:
    nothing, person = np.zeros((200, 200), np.float32), np.ones((200, 200), np.float32)
    skin, red = nothing.copy(), nothing.copy()
    skin[:140, 40:160] = skin[155:170, 70:130] = 1
    red[140:155, 70:100] = 0.9
    red[:, :30] = red[:, 170:] = 0.9
    seen = beside_a_face(nothing, person)
    found = shaded_chin(skin, nothing, red, seen)
    assert found[142:153, 75:95].min() > 0.9
    assert found[142:153, 105:125].max() < 0.1
    assert found[:, :30].max() < 0.1
    a_ties_knot = shaded_chin(skin, nothing, red, replace(seen, below=seen.below + 0.65))
    assert a_ties_knot[142:153, 75:95].max() < 0.1


def test_light_from_behind_on_a_jaw_is_skin_and_a_collar_is_not() -> None:
    form, person = np.full((200, 200), -20, np.float32), np.ones((200, 200), np.float32)
    person[:, :40] = 0
    skin = np.zeros_like(form)
    skin[:150, 50:160] = 1
    form[skin > 0.5] = 0
    form[100:130, 40:50] = 25
    form[152:190, 60:150] = 25
    found = rim_light(skin, beside_a_face(form, person))
    assert found[105:125, 42:48].min() == 1
    assert found[155:188, 62:148].max() == 0


def test_ruddy_shade_on_an_ear_is_skin_and_a_warm_lock_before_it_is_not() -> None:
    form, person = np.full((200, 200), -20, np.float32), np.ones((200, 200), np.float32)
    person[:, :30] = 0
    skin, red = np.zeros_like(form), np.zeros_like(form)
    skin[60:120, 30:160] = 1
    ear, lock = (slice(70, 90), slice(30, 36)), (slice(50, 75), slice(152, 158))
    for place in (ear, lock):
        skin[place], red[place] = 0, 1.4
    found = ruddy_ears(skin, red, beside_a_face(form, person))
    assert found[ear].min() == 1
    assert found[lock].max() == 0
    assert ruddy_ears(skin, 0.7 * red, beside_a_face(form, person)).max() == 0


def test_light_from_behind_ends_under_white_hair_and_over_the_collar_that_it_runs_into() -> None:
    form, person = np.zeros((200, 200), np.float32), np.ones((200, 200), np.float32)
    person[:, :40] = 0
    skin = np.zeros_like(form)
    skin[:, 50:160] = 1
    form[20:165, 40:50] = 25
    seen = beside_a_face(form, person)
    assert rim_light(skin, seen).max() == 0
    found = rim_light(skin, seen, cut=True)
    assert found[92:145, 42:48].min() == 1
    assert found[:84].max() == found[155:].max() == 0
    # As wide as this it is hair.
    person[:] = 1
    person[:, :20], form[20:165, 20:50] = 0, 25
    assert rim_light(skin, beside_a_face(form, person), cut=True).max() == 0


def test_a_neck_in_the_shadow_of_its_chin_is_skin_and_features_stay() -> None:
    portrait = bust(480, 400)
    face = shaven(portrait.faces[0])
    x, y = (round(float(v)) for v in face.landmarks[facemap.CHIN])
    reach = round(0.12 * face.width)
    picture = portrait.picture.copy()
    picture[y + 2 : y + reach, x - reach : x + reach] = (50, 34, 28)
    lab, grey = rgb_to_lab(to_float(picture)), luma(picture)
    regions = find_regions(lab, grey, portrait.matte, (face,), scale=1.0)
    settled = settle_skin(regions, lab, grey, (face,), scale=1.0)
    shadow = (y + reach // 2, x)
    assert regions.skin[shadow] < 0.2
    assert settled.skin[shadow] > 0.8
    assert settled.beards[0] < 0.5
    np.testing.assert_array_equal(settled.features, regions.features)


def test_knitwear_is_evened_out_and_locks_over_a_shoulder_are_not() -> None:
    rng = np.random.default_rng(5)
    lightness = np.full((300, 300), 45.0, np.float32)
    lightness[150:, :150] += cv2.GaussianBlur(rng.normal(0, 18, (150, 150)).astype(np.float32), (0, 0), 1.5)
    lightness[150:, 150:] += 22 * np.sign(np.sin(np.arange(150, dtype=np.float32) / 2))
    no = np.zeros((300, 300), np.float32)
    regions = Regions(no, no, no, no, no, no, no, no, heads=((150.0, 60.0, 80.0),))
    woven = woven_cloth(lightness, regions, unit=0.5)
    even = without_mottle(lightness, woven, unit=0.5)
    knit, locks = (slice(180, 280), slice(20, 120)), (slice(180, 280), slice(180, 280))
    assert even[knit].std() < 0.45 * lightness[knit].std()
    assert even[locks].std() > 0.8 * lightness[locks].std()
    assert woven[:80, 110:190].max() == 0
    flecks = rng.normal(0, 9, (300, 300)).astype(np.float32)
    yarn = without_flecks(flecks, woven, unit=0.5)
    assert yarn[knit].std() < 0.5 * flecks[knit].std()
    np.testing.assert_array_equal(yarn[:80, 110:190], flecks[:80, 110:190])


@pytest.mark.parametrize("scene", Scene)
def test_a_scene_stands_out_from_dark_and_from_light_hair(scene: Scene) -> None:
    look = SceneLook(scene, tint=(-8.0, -20.0), accent=(-6.0, -10.0), slant=1.0)
    behind_dark, behind_light = (
        draw_scene((90, 120), look, head=Head(45.0, 40.0, 25.0), hair=hair).in_lab((90, 120))[..., 0]
        for hair in (15.0, 85.0)
    )
    assert behind_dark.shape == (120, 90)
    assert behind_dark.min() > 15 + 50
    assert behind_light.max() < 85
    assert behind_dark.max() <= 100


def test_a_sun_behind_a_group_is_centred_on_all_of_them() -> None:
    portrait = bust(480, 400)
    (face,) = portrait.faces
    aside = replace(face, box=replace(face.box, x=face.box.x - 60))
    look = SceneLook(Scene.HALO, (10.0, 5.0), (6.0, 3.0), 1.0)
    alone, both = (
        Sheet.before(replace(portrait, faces=faces), look, Light(1.0, 4.0), face_width=60.0).behind.shape
        for faces in ((face,), (face, aside))
    )
    middles = [float(np.flatnonzero(shape[shape.shape[0] // 2] > 128).mean()) for shape in (alone, both)]
    assert middles[0] - middles[1] == pytest.approx(30, abs=2)
    assert (both > 128).sum() > (alone > 128).sum()


def test_every_scene_is_another_picture() -> None:
    head = Head(45.0, 40.0, 25.0)
    looks = [SceneLook(scene, (10.0, 5.0), (6.0, 3.0), 1.0) for scene in Scene]
    drawn = [draw_scene((90, 120), look, head=head, hair=30.0).in_lab((90, 120)) for look in looks]
    for i, one in enumerate(drawn):
        for other in drawn[:i]:
            assert np.abs(one - other).mean() > 0.5


def test_shine_on_one_face_keeps_its_colour_beside_another_face() -> None:
    lab = np.empty((400, 400, 3), np.float32)
    lab[...] = (70.0, 16.0, 20.0)
    lab[250:270, 110:130] = (84.0, 7.0, 9.0)
    everywhere, nowhere = np.ones((400, 400), np.float32), np.zeros((400, 400), np.float32)
    heads = ((100.0, 300.0, 80.0), (260.0, 140.0, 80.0))
    regions = Regions(everywhere, everywhere, nowhere, nowhere, nowhere, nowhere, nowhere, nowhere, heads)
    tones = CelTones(step=11.0, skin_step=9.0, saturation=1.2, warmth=0.0, blush=0.0)
    toned = cel_tones(lab, regions, tones, unit=0.2)
    shine, skin = (float(np.hypot(*toned[260, x, 1:])) for x in (120, 160))
    assert shine > 0.85 * skin


def test_a_crown_that_the_picture_cuts_goes_on_as_it_came() -> None:
    rows, columns = np.mgrid[:120, :200].astype(np.float32)
    # A wide roof whose ridge lies above the picture.
    matte = np.clip(rows - np.abs(columns - 100) * np.float32(0.6) + 20.5, 0, 1)
    calm = calm_outline(matte, (), scale=1.0, unit=0.5)
    widths = (calm > 0.5).sum(axis=1)[:8]
    assert np.abs(widths - (matte > 0.5).sum(axis=1)[:8]).max() <= 2
