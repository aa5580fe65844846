"""Real networks in both formats, opened by their manifests."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from tests.networks import NEGATIVE_ONNX, NEGATIVE_TFLITE, describe, write_onnx, write_tflite
from toonbooth.imaging.pixels import FloatImage
from toonbooth.neural.errors import NetworkError, ProviderMissingError
from toonbooth.neural.manifest import Manifest
from toonbooth.neural.networks import NeuralNetwork, open_network


def open_described(path: Path, *, provider: str = "auto", **changes: object) -> NeuralNetwork:
    manifest = Manifest.model_validate(describe(path, **changes))
    return open_network(path.parent, manifest, threads=1, provider=provider)


def colours(count: int) -> FloatImage:
    return np.random.default_rng(count).random((count, 64, 48, 3), dtype=np.float32)


@pytest.fixture
def onnx_file(tmp_path: Path) -> Path:
    path = tmp_path / NEGATIVE_ONNX
    write_onnx(path, (1, 3, 64, 48))
    return path


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ((1, 3, 64, 48), {}),
        (("N", 3, "H", "W"), {}),
        ((4, 3, 64, 48), {}),
        ((1, 64, 48, 3), {"input__layout": "NHWC"}),
        (("N", 3, 64, 48), {"input__channels": "BGR"}),
    ],
    ids=["one", "any number and size", "always four", "channels last", "blue first"],
)
def test_an_onnx_network_draws_any_number_of_pictures(
    tmp_path: Path, shape: tuple[int | str, ...], changes: dict[str, Any]
) -> None:
    path = tmp_path / NEGATIVE_ONNX
    write_onnx(path, shape)
    network = open_described(path, **changes)

    for count in (1, 3, 9):
        assert network.run(colours(count)) == pytest.approx(1 - colours(count), abs=1e-6)
    assert network.provider == "ONNX Runtime's CPUExecutionProvider"


@pytest.mark.parametrize("signature", [None, (-1, 64, 48, 3)], ids=["one", "any number"])
def test_a_tflite_network_draws_any_number_of_pictures(
    tmp_path: Path, signature: tuple[int, ...] | None
) -> None:
    path = tmp_path / NEGATIVE_TFLITE
    write_tflite(path, (1, 64, 48, 3), signature=signature)
    network = open_described(path)

    for count in (1, 3, 2):
        assert network.run(colours(count)) == pytest.approx(1 - colours(count), abs=1e-6)
    assert network.provider == "LiteRT on the CPU"


def test_values_go_in_and_come_out_in_the_ranges_that_the_manifest_says(tmp_path: Path) -> None:
    path = tmp_path / NEGATIVE_ONNX
    write_onnx(path, (1, 3, 64, 48))

    # 0…255 becomes −255…0: read as such, that is the picture's negative shifted to 0…1.
    network = open_described(path, input__range=[0, 255], output__range=[-255, 0])

    assert network.run(colours(1)) == pytest.approx(1 - colours(1), abs=1e-5)


def test_another_output_can_be_the_picture(tmp_path: Path) -> None:
    path = tmp_path / NEGATIVE_ONNX
    write_onnx(path, (1, 3, 64, 48), outputs=2)

    assert open_described(path, output__tensor=1).run(colours(1)) == pytest.approx(colours(1), abs=1e-6)
    with pytest.raises(NetworkError, match="has no output 2"):
        open_described(path, output__tensor=2)


def test_another_file_than_the_manifests_is_not_opened(onnx_file: Path) -> None:
    with pytest.raises(NetworkError, match=r"negative\.onnx has the SHA-256 [0-9a-f]{64}, the manifest says"):
        open_described(onnx_file, model__sha256="0" * 64)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"negative\.onnx cannot be read: No such file"):
        open_described(tmp_path / NEGATIVE_ONNX)


@pytest.mark.parametrize("name", [NEGATIVE_ONNX, NEGATIVE_TFLITE])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a network, whatever it is called")

    with pytest.raises(NetworkError, match="cannot open its network"):
        open_described(path)


@pytest.mark.parametrize(
    "changes",
    [{"input__size": [64, 64]}, {"input__layout": "NHWC"}],
)
def test_a_shape_that_does_not_fit_the_manifest_is_told(onnx_file: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(NetworkError, match=r"takes \(1, 3, 64, 48\), the manifest says"):
        open_described(onnx_file, **changes)


def test_a_network_of_other_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / NEGATIVE_ONNX
    write_onnx(path, (1, 3, 64, 48), element=TensorProto.DOUBLE)

    with pytest.raises(NetworkError, match="must be float32"):
        open_described(path)


def test_a_provider_that_was_asked_for_must_be_there(onnx_file: Path) -> None:
    with pytest.raises(ProviderMissingError, match="cuda was asked for, but this ONNX Runtime has only"):
        open_described(onnx_file, provider="cuda")
    assert open_described(onnx_file, provider="cpu").provider == "ONNX Runtime's CPUExecutionProvider"
