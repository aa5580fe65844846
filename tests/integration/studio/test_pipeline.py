"""From file to file with the real networks: what stays the same, what differs, what a cartoon carries."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.integration.studio.sky import make_sky_jpeg
from toonbooth.drawing.styles import DEFAULT_STYLE, STYLES
from toonbooth.imaging.codec import ImageError, decode_photo, read_xmp
from toonbooth.portrait.analysis import PortraitAnalyser
from toonbooth.portrait.models import default_models_folder
from toonbooth.studio.errors import NoFaceFoundError, UnknownFaceError, UnknownStyleError
from toonbooth.studio.pictures import CartoonFile, CutFormat, CutOptions
from toonbooth.studio.pipeline import cut_face_file, draw_cartoon, draw_portrait, make_generator

GENERATED = [4088050234, 2385246970, 2444259408]


@pytest.fixture(scope="module")
def analyser() -> PortraitAnalyser:
    return PortraitAnalyser(default_models_folder(), threads=1)


def draw(photo: bytes, analyser: PortraitAnalyser, *, seed: int = 7, max_side: int = 384) -> CartoonFile:
    return draw_cartoon(photo, analyser=analyser, style=DEFAULT_STYLE, seed=seed, max_side=max_side)


def cut(image: bytes, analyser: PortraitAnalyser, options: CutOptions = CutOptions()) -> bytes:  # noqa: B008
    return cut_face_file(image, analyser=analyser, options=options, max_side=1080).data


def open_picture(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_the_same_seed_draws_the_same_bytes_on_any_number_of_threads(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser
) -> None:
    two_threads = PortraitAnalyser(default_models_folder(), threads=2)
    assert draw(astronaut_jpeg, analyser).data == draw(astronaut_jpeg, two_threads).data


@pytest.mark.parametrize("style", STYLES)
def test_every_style_draws_the_same_bytes_on_one_and_on_many_threads(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser, style: str
) -> None:
    portrait = analyser.analyse(decode_photo(astronaut_jpeg, max_side=512))
    before = cv2.getNumThreads()
    drawings = []
    try:
        for threads in (1, 4):
            cv2.setNumThreads(threads)
            drawings.append(draw_portrait(portrait, style=style, seed=3).picture.tobytes())
    finally:
        cv2.setNumThreads(before)
    assert drawings[0] == drawings[1]


def test_another_seed_draws_another_picture(astronaut_jpeg: bytes, analyser: PortraitAnalyser) -> None:
    first = np.asarray(open_picture(draw(astronaut_jpeg, analyser, seed=1).data), dtype=np.int16)
    second = np.asarray(open_picture(draw(astronaut_jpeg, analyser, seed=2).data), dtype=np.int16)
    assert np.abs(first - second).max() > 20


def test_the_generator_of_a_style_and_a_seed_never_changes() -> None:
    assert make_generator("comic", 7).integers(0, 2**32, 3).tolist() == GENERATED
    assert make_generator("ink", 7).integers(0, 2**32, 3).tolist() != GENERATED


def test_a_large_photo_becomes_smaller_and_a_small_one_is_not_enlarged(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser
) -> None:
    assert open_picture(draw(astronaut_jpeg, analyser, max_side=256).data).size == (256, 256)
    assert open_picture(draw(astronaut_jpeg, analyser, max_side=1080).data).size == (512, 512)


def test_a_cartoon_tells_its_own_face_and_nothing_of_the_photo(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser
) -> None:
    cartoon = draw(astronaut_jpeg, analyser)
    assert len(cartoon.faces) == 1
    xmp = read_xmp(cartoon.data)
    assert xmp is not None
    assert b"toonbooth" in xmp
    assert "exif" not in open_picture(cartoon.data).info


def test_the_face_of_a_cartoon_comes_from_its_metadata_and_of_a_photo_from_the_detectors(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser
) -> None:
    cartoon = draw(astronaut_jpeg, analyser)
    ours = cut_face_file(cartoon.data, analyser=analyser, options=CutOptions(), max_side=1080)
    foreign = cut_face_file(astronaut_jpeg, analyser=analyser, options=CutOptions(), max_side=1080)
    assert (ours.geometry, foreign.geometry) == ("metadata", "detectors")


def test_a_cartoon_larger_than_todays_setting_keeps_its_geometry(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser
) -> None:
    cartoon = draw(astronaut_jpeg, analyser, max_side=512)
    face_cut = cut_face_file(cartoon.data, analyser=analyser, options=CutOptions(), max_side=256)
    assert face_cut.geometry == "metadata"


def test_a_face_cut_as_jpeg_is_on_white_and_as_png_transparent(
    astronaut_jpeg: bytes, analyser: PortraitAnalyser
) -> None:
    cartoon = draw(astronaut_jpeg, analyser).data
    on_white = np.asarray(open_picture(cut(cartoon, analyser)))
    transparent = np.asarray(open_picture(cut(cartoon, analyser, CutOptions(format=CutFormat.PNG))))
    assert on_white.shape[:2] == transparent.shape[:2]
    corners = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
    assert all(on_white[corner].min() >= 250 for corner in corners)
    assert all(transparent[corner][3] == 0 for corner in corners)
    centre = (transparent.shape[0] // 2, transparent.shape[1] // 2)
    assert transparent[centre][3] == 255


def test_what_cannot_be_done_is_told(astronaut_jpeg: bytes, analyser: PortraitAnalyser) -> None:
    with pytest.raises(UnknownStyleError):
        draw_cartoon(astronaut_jpeg, analyser=analyser, style="cubism", seed=0, max_side=384)
    with pytest.raises(ImageError):
        draw(b"hello", analyser)
    with pytest.raises(NoFaceFoundError):
        cut(draw(make_sky_jpeg(), analyser).data, analyser)
    with pytest.raises(UnknownFaceError):
        cut(draw(astronaut_jpeg, analyser).data, analyser, CutOptions(face=1))
