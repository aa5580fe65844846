"""What a manifest may say, and what a wrong one is told."""

from pathlib import Path
from typing import Any

import pytest

from tests.networks import NEGATIVE_ONNX, write_manifest
from toonbooth.neural.errors import ManifestError
from toonbooth.neural.manifest import Manifest, read_manifest


def read(path: Path) -> Manifest:
    return read_manifest(path, allow_noncommercial=False)


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    manifest = read(write_manifest(tmp_path, NEGATIVE_ONNX))

    assert manifest.input.size == (64, 48)
    assert manifest.input.channels == "RGB"
    assert manifest.tiles.max_side is None
    assert manifest.output_range == manifest.input.range


def test_an_output_may_have_a_range_of_its_own(tmp_path: Path) -> None:
    assert read(write_manifest(tmp_path, NEGATIVE_ONNX, output__range=[0, 255])).output_range == (0, 255)


def test_a_licence_is_written_as_spdx_writes_it(tmp_path: Path) -> None:
    manifest = read(write_manifest(tmp_path, NEGATIVE_ONNX, model__licence="mit or apache-2.0"))

    assert manifest.model.licence == "MIT OR Apache-2.0"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model__licence": "do what you like"}, "model.licence: 'do what you like' is no SPDX"),
        ({"model__licence": None}, "model.licence: Field required"),
        ({"model__commercial": "maybe"}, "model.commercial: Input should be 'yes', 'no' or 'unknown'"),
        ({"model__sha256": "12"}, "model.sha256: String should match"),
        ({"model__file": "../secret.onnx"}, "model.file: must be the name of"),
        ({"model__file": "weights.pth"}, "model.file: must be the name of"),
        ({"model__name": "a\\r\\nSet-Cookie: b"}, "model.name: String should match"),
        ({"input__size": [64]}, "input.size"),
        ({"input__size": [8, 8]}, "input.size"),
        ({"input__layout": "HWC"}, "input.layout: Input should be 'NHWC' or 'NCHW'"),
        ({"input__range": [1, 0]}, "input.range: the first value must be the smaller one"),
        ({"input__wants": "cats"}, "input.wants: Input should be 'picture' or 'faces'"),
        ({"tiles__overlap": 24}, "tiles.overlap must be less than half of input.size"),
        ({"name": "../x"}, "name: String should match"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    path = write_manifest(tmp_path, NEGATIVE_ONNX, **{"named": "odd", **changes})

    with pytest.raises(ManifestError) as refusal:
        read(path)

    assert str(refusal.value).startswith("odd.toml: ")
    assert told in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_no_toml_says_so(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text("name: comic")

    with pytest.raises(ManifestError, match=r"odd\.toml is no TOML"):
        read(path)


@pytest.mark.parametrize("commercial", ["no", "unknown"])
def test_what_may_not_be_sold_needs_permission(tmp_path: Path, commercial: str) -> None:
    path = write_manifest(
        tmp_path, NEGATIVE_ONNX, model__commercial=commercial, model__licence="CC-BY-NC-SA-4.0"
    )

    with pytest.raises(ManifestError, match=r"CC-BY-NC-SA-4\.0.*STUDIO_ALLOW_NONCOMMERCIAL=1"):
        read(path)
    assert read_manifest(path, allow_noncommercial=True).model.commercial == commercial
