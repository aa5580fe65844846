"""Networks in .tflite files, run by LiteRT on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toonbooth.neural.errors import NetworkError
from toonbooth.neural.networks import Shape, Tensor
from toonbooth.portrait.network import open_interpreter


class LiteRtRuntime:
    """See `networks.Runtime`."""

    provider = "LiteRT on the CPU"

    def __init__(self, content: bytes, *, threads: int) -> None:
        try:
            self._interpreter = open_interpreter(content, threads=threads)
        except (ValueError, RuntimeError) as error:
            raise NetworkError("LiteRT cannot open its network") from error
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        if len(inputs) != 1 or any(each["dtype"] != np.float32 for each in (*inputs, *outputs)):
            raise NetworkError("its network must have one input, and all of it must be float32")
        self._input: int = inputs[0]["index"]
        self._outputs: list[int] = [each["index"] for each in outputs]
        self.input_shape = _read_shape(inputs[0]["shape_signature"])
        self.output_shapes: Sequence[Shape] = [_read_shape(each["shape_signature"]) for each in outputs]
        self._allocated: tuple[int, ...] = tuple(int(side) for side in inputs[0]["shape"])

    def run(self, tensor: Tensor, output: int) -> Tensor:
        try:
            if tensor.shape != self._allocated:
                self._interpreter.resize_tensor_input(self._input, tensor.shape)
                self._interpreter.allocate_tensors()
                self._allocated = tensor.shape
            self._interpreter.set_tensor(self._input, tensor)
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._outputs[output]), np.float32)
        except (ValueError, RuntimeError) as error:
            raise NetworkError("LiteRT cannot run its network") from error


def _read_shape(signature: object) -> Shape:
    return tuple(int(side) if side > 0 else None for side in np.asarray(signature))
