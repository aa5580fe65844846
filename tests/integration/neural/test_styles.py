"""A folder of manifests becomes styles; what is wrong with one of them hurts no other."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.networks import NEGATIVE_ONNX, NEGATIVE_TFLITE, write_manifest, write_onnx, write_tflite
from tests.unit.drawing.portraits import bust
from toonbooth.imaging.pixels import ByteImage
from toonbooth.neural.errors import ProviderMissingError
from toonbooth.neural.styles import NeuralStyles, open_neural_styles
from toonbooth.portrait.model import Portrait

GIVEN_MANIFEST = "TOONBOOTH_TEST_MANIFEST"


def open_folder(folder: Path, *, provider: str = "auto", allow_noncommercial: bool = False) -> NeuralStyles:
    return open_neural_styles(
        folder, threads=1, provider=provider, allow_noncommercial=allow_noncommercial, taken_names=["comic"]
    )


def draw(styles: NeuralStyles, portrait: Portrait) -> ByteImage:
    return styles.styles[0].draw(portrait, np.random.default_rng(0)).picture


def test_a_picture_of_any_size_is_drawn_whole(tmp_path: Path) -> None:
    write_tflite(tmp_path / NEGATIVE_TFLITE, (1, 64, 48, 3))
    write_manifest(tmp_path, NEGATIVE_TFLITE)
    portrait = bust(200, 150)

    drawn = draw(open_folder(tmp_path), portrait)

    assert np.abs(drawn.astype(int) - (255 - portrait.picture.astype(int))).max() <= 1


def test_a_network_may_see_the_picture_smaller_than_it_is(tmp_path: Path) -> None:
    write_onnx(tmp_path / NEGATIVE_ONNX, ("N", 3, 64, 48))
    write_manifest(tmp_path, NEGATIVE_ONNX, tiles__max_side=100)
    portrait = bust(200, 150)

    drawn = draw(open_folder(tmp_path), portrait)

    assert drawn.shape == portrait.picture.shape
    assert np.abs(drawn.astype(int) - (255 - portrait.picture.astype(int))).mean() < 6


def test_faces_are_drawn_and_the_rest_stays(tmp_path: Path) -> None:
    write_onnx(tmp_path / NEGATIVE_ONNX, ("N", 3, 64, 48))
    write_manifest(tmp_path, NEGATIVE_ONNX, input__wants="faces")
    portrait = bust(320, 256)

    drawn = draw(open_folder(tmp_path), portrait)

    assert drawn[2, 2].tolist() == portrait.picture[2, 2].tolist()
    x, y = portrait.faces[0].landmarks[205].round().astype(int)
    assert np.abs(drawn[y, x].astype(int) - (255 - portrait.picture[y, x].astype(int))).max() < 8


def test_one_line_tells_what_is_wrong_and_the_others_go_on(tmp_path: Path) -> None:
    write_onnx(tmp_path / NEGATIVE_ONNX, (1, 3, 64, 48))
    write_manifest(tmp_path, NEGATIVE_ONNX, named="a-good-one")
    write_manifest(tmp_path, NEGATIVE_ONNX, named="changed", model__sha256="1" * 64)
    write_manifest(tmp_path, NEGATIVE_ONNX, named="comic")
    write_manifest(tmp_path, "gone.onnx", named="gone")
    write_manifest(tmp_path, NEGATIVE_ONNX, named="noncommercial", model__commercial="no")
    write_manifest(tmp_path, NEGATIVE_ONNX, named="square", input__size=[64, 64])
    (tmp_path / "text.toml").write_text("hello")

    opened = open_folder(tmp_path)

    assert [style.manifest.name for style in opened.styles] == ["a-good-one"]
    assert [problem.split(" ")[0].rstrip(":") for problem in opened.problems] == [
        "changed.toml",
        "comic.toml",
        "gone.toml",
        "noncommercial.toml",
        "square.toml",
        "text.toml",
    ]
    assert not any("\n" in problem for problem in opened.problems)
    assert len(open_folder(tmp_path, allow_noncommercial=True).styles) == 2


def test_a_folder_that_is_not_there_is_one_line_too(tmp_path: Path) -> None:
    opened = open_folder(tmp_path / "elsewhere")

    assert opened == NeuralStyles((), (f"There is no folder {tmp_path / 'elsewhere'}.",))


def test_a_provider_that_was_asked_for_must_be_there_whatever_the_folder_holds(tmp_path: Path) -> None:
    with pytest.raises(ProviderMissingError):
        open_folder(tmp_path, provider="cuda")


def test_without_onnx_runtime_tflite_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_onnx(tmp_path / NEGATIVE_ONNX, (1, 3, 64, 48))
    write_tflite(tmp_path / NEGATIVE_TFLITE, (1, 64, 48, 3))
    write_manifest(tmp_path, NEGATIVE_ONNX, named="needs-the-extra")
    write_manifest(tmp_path, NEGATIVE_TFLITE, named="needs-nothing")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # What an import finds where it isn't installed.

    opened = open_folder(tmp_path)

    assert [style.manifest.name for style in opened.styles] == ["needs-nothing"]
    assert opened.problems == (
        "needs-the-extra.toml: its network needs ONNX Runtime; `make onnx` installs it.",
    )
    with pytest.raises(ProviderMissingError, match="cuda was asked for, but ONNX Runtime is not installed"):
        open_folder(tmp_path, provider="cuda")


@pytest.mark.skipif(GIVEN_MANIFEST not in os.environ, reason=f"no {GIVEN_MANIFEST} is given")
def test_a_network_of_yours_draws_a_portrait() -> None:
    """`TOONBOOTH_TEST_MANIFEST=/some/style.toml make test` tries a real network."""
    path = Path(os.environ[GIVEN_MANIFEST])
    opened = open_folder(path.parent, allow_noncommercial=True)
    (style,) = (each for each in opened.styles if each.manifest.name == path.stem)
    portrait = bust(480, 400)

    drawn = style.draw(portrait, np.random.default_rng(0)).picture

    difference = np.abs(drawn.astype(int) - portrait.picture)
    assert 1 < difference.mean() < 80
