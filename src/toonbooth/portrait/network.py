"""Running one network: the only module that knows LiteRT."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from toonbooth.imaging.pixels import FloatImage
from toonbooth.portrait.models import ModelFile, ModelsUnavailableError


class Network:
    """A loaded model. Holds its own buffers: one caller at a time.

    `size` (height, width) gives the input another size than the model was trained with, which only purely
    convolutional networks stand. It stays: changing it takes as long as running the network.
    """

    def __init__(
        self, folder: Path, model: ModelFile, *, threads: int, size: tuple[int, int] | None = None
    ) -> None:
        path = folder / model.name
        try:
            self._interpreter = open_interpreter(path, threads=threads, size=size)
        except (ValueError, RuntimeError) as error:
            raise ModelsUnavailableError(
                f"The face model {path} is missing or damaged. Run `toonbooth fetch-models`."
            ) from error
        (image_input,) = self._interpreter.get_input_details()
        self._input_index: int = image_input["index"]
        self._output_indices: list[int] = [
            output["index"] for output in self._interpreter.get_output_details()
        ]

    def run(self, image: FloatImage) -> list[NDArray[np.float32]]:
        """Feed one prepared image, (H, W, 3); returns the outputs without their leading 1."""
        self._interpreter.set_tensor(self._input_index, image[np.newaxis])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._output_indices]


def open_interpreter(
    model: Path | bytes, *, threads: int, size: tuple[int, int] | None = None
) -> Interpreter:
    """Load a network from its file, or the file's content, ready to run; `size` as for `Network`.

    Raises
    ------
    ValueError, RuntimeError
        When LiteRT cannot make sense of it.
    """
    with _native_stderr_silenced():
        # The default resolver runs on the CPU with XNNPACK.
        source = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
        interpreter = Interpreter(**source, num_threads=threads)
        if size is not None:
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], [1, *size, 3])
        interpreter.allocate_tensors()
    return interpreter


@contextmanager
def _native_stderr_silenced() -> Generator[None]:
    """LiteRT greets on the process' stderr and has no setting for it; failures still come as exceptions."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits to 0…1, without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))), dtype=np.float32)
