"""Running a manifest's network: LiteRT for .tflite, ONNX Runtime for .onnx, both seen as one function.

Pictures go in and come out as float32 (N, H, W, 3), RGB, 0…1; what the network itself wants stays in here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage
from toonbooth.neural.errors import NetworkError
from toonbooth.neural.manifest import Manifest

MAX_BATCH: Final = 8
"""Pictures in one run: more gains nothing on a CPU and costs memory."""

Shape = tuple[int | None, ...]
"""None is a side that the network leaves open."""

Tensor = NDArray[np.float32]


class Runtime(Protocol):
    """One opened network. Holds its own buffers: one caller at a time.

    `input_shape`, `output_shapes`: as the file says. `provider`: what it really runs on. `run` takes one
    input tensor and returns the chosen output; raises `NetworkError` when that fails.
    """

    input_shape: Shape
    output_shapes: Sequence[Shape]
    provider: str

    def run(self, tensor: Tensor, output: int) -> Tensor: ...


class NeuralNetwork:
    """A network that keeps what its manifest promises.

    Raises
    ------
    NetworkError
        From the constructor too, when shapes don't fit, or a grey picture doesn't come out as a picture.
    """

    def __init__(self, manifest: Manifest, runtime: Runtime) -> None:
        self._runtime = runtime
        self._manifest = manifest
        self._check_shapes()
        self._max_batch = runtime.input_shape[0] or MAX_BATCH
        self.run(np.full((1, *manifest.input.size, 3), 0.5, np.float32))

    @property
    def provider(self) -> str:
        return self._runtime.provider

    def run(self, pictures: FloatImage) -> FloatImage:
        """Draw a batch: float32 (N, H, W, 3), RGB, 0…1, of the manifest's size; returns the same kind."""
        parts = [
            self._run_batch(pictures[start : start + self._max_batch])
            for start in range(0, len(pictures), self._max_batch)
        ]
        return np.concatenate(parts)

    def _run_batch(self, pictures: FloatImage) -> FloatImage:
        manifest = self._manifest
        low, high = manifest.input.range
        tensor = pictures * np.float32(high - low) + np.float32(low)
        wanted = self._runtime.input_shape[0] or len(tensor)
        if len(tensor) < wanted:
            # The network insists on its batch: the last picture fills it up.
            tensor = np.concatenate([tensor, np.repeat(tensor[-1:], wanted - len(tensor), axis=0)])
        if manifest.input.channels == "BGR":
            tensor = tensor[..., ::-1]
        if manifest.input.layout == "NCHW":
            tensor = tensor.transpose(0, 3, 1, 2)
        out = self._runtime.run(np.ascontiguousarray(tensor, np.float32), manifest.output.tensor)
        if out.shape != tensor.shape:
            raise NetworkError(f"its network made {out.shape} of {tensor.shape}, which is no such picture")
        if not np.isfinite(out).all():
            raise NetworkError("its network made numbers that are none")
        if manifest.input.layout == "NCHW":
            out = out.transpose(0, 2, 3, 1)
        if manifest.input.channels == "BGR":
            out = out[..., ::-1]
        low, high = manifest.output_range
        drawn = (out[: len(pictures)].astype(np.float32) - np.float32(low)) / np.float32(high - low)
        return np.asarray(np.clip(drawn, np.float32(0), np.float32(1)), np.float32)

    def _check_shapes(self) -> None:
        height, width = self._manifest.input.size
        planes = self._manifest.input.layout == "NCHW"
        wanted = (3, height, width) if planes else (height, width, 3)
        told = f"{self._manifest.input.layout} {wanted}"
        if not _fits(self._runtime.input_shape, wanted):
            raise NetworkError(
                f"its network takes {_show(self._runtime.input_shape)}, the manifest says {told}"
            )
        number = self._manifest.output.tensor
        if number >= len(self._runtime.output_shapes):
            raise NetworkError(f"its network has no output {number}")
        shape = self._runtime.output_shapes[number]
        if not _fits(shape, wanted):
            raise NetworkError(f"its network gives {_show(shape)}, the manifest says {told}")


def open_network(folder: Path, manifest: Manifest, *, threads: int, provider: str) -> NeuralNetwork:
    """Open the network that a manifest in `folder` names.

    Parameters
    ----------
    threads : within one run.
    provider : ONNX Runtime's, see `onnx_runtime.PROVIDERS`; "auto" takes the best that works.

    Raises
    ------
    NetworkError
        When the file is missing, another one, or doesn't fit the manifest.
    ProviderMissingError
    """
    content = read_verified(folder / manifest.model.file, manifest.model.sha256)
    runtime: Runtime
    # Each is imported when the first manifest needs it: ONNX Runtime is an extra.
    if manifest.model.file.endswith(".onnx"):
        from toonbooth.neural.onnx_runtime import OnnxRuntime  # noqa: PLC0415

        runtime = OnnxRuntime(content, threads=threads, provider=provider)
    else:
        from toonbooth.neural.litert_runtime import LiteRtRuntime  # noqa: PLC0415

        runtime = LiteRtRuntime(content, threads=threads)
    return NeuralNetwork(manifest, runtime)


def read_verified(path: Path, sha256: str) -> bytes:
    """Read a file that must have this content; what is opened later is what was checked here.

    Raises
    ------
    NetworkError
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NetworkError(f"{path.name} cannot be read: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise NetworkError(f"{path.name} has the SHA-256 {found}, the manifest says {sha256}")
    return content


def _fits(shape: Shape, wanted: tuple[int, int, int]) -> bool:
    return len(shape) == 4 and all(
        given is None or given == side for given, side in zip(shape[1:], wanted, strict=True)
    )


def _show(shape: Shape) -> str:
    return "(" + ", ".join("any" if side is None else str(side) for side in shape) + ")"
