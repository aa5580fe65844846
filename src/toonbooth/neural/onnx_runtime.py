"""Networks in .onnx files, run by ONNX Runtime (the extra `[onnx]`), on a GPU where its package has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from toonbooth.neural.errors import NetworkError, ProviderMissingError
from toonbooth.neural.networks import Shape, Tensor

PROVIDERS: Final = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
"""Our names, which settings use, and ONNX Runtime's."""

_TRIED_BY_ITSELF: Final = ("cuda", "migraphx", "rocm", "directml", "cpu")
"""In this order when nothing was asked for. The others compile every network first, some for minutes."""

_ERRORS_ONLY: Final = 3


class OnnxRuntime:
    """See `networks.Runtime`.

    Raises
    ------
    NetworkError, ProviderMissingError
    """

    def __init__(self, content: bytes, *, threads: int, provider: str) -> None:
        check_provider(provider)
        try:
            import onnxruntime  # noqa: PLC0415 - the extra may not be installed
        except ImportError as error:
            raise NetworkError("its network needs ONNX Runtime; `make onnx` installs it") from error
        state = onnxruntime.capi.onnxruntime_pybind11_state
        # They have no common root.
        self._failures: tuple[type[Exception], ...] = (
            ValueError,
            RuntimeError,
            *(
                each
                for each in vars(state).values()
                if isinstance(each, type) and issubclass(each, Exception)
            ),
        )
        available = onnxruntime.get_available_providers()
        wanted = [PROVIDERS[name] for name in (_TRIED_BY_ITSELF if provider == "auto" else (provider,))]
        chosen = [name for name in wanted if name in available]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            # From bytes: what was hashed is what runs, and weights in other files stay out.
            self._session = onnxruntime.InferenceSession(content, options, providers=chosen)
        except self._failures as error:
            raise NetworkError("ONNX Runtime cannot open its network") from error
        # A provider whose libraries are missing is dropped without a word.
        used = self._session.get_providers()[0]
        if used != chosen[0] and provider != "auto":
            raise ProviderMissingError(f"{chosen[0]} was asked for, but ONNX Runtime can only use {used}.")
        fallen = f", because {chosen[0]} does not work here" if used != chosen[0] else ""
        self.provider = f"ONNX Runtime's {used}{fallen}"
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or any(each.type != "tensor(float)" for each in (*inputs, *outputs)):
            raise NetworkError("its network must have one input, and all of it must be float32")
        self._input: str = inputs[0].name
        self._outputs: list[str] = [each.name for each in outputs]
        self.input_shape = _read_shape(inputs[0].shape)
        self.output_shapes: Sequence[Shape] = [_read_shape(each.shape) for each in outputs]

    def run(self, tensor: Tensor, output: int) -> Tensor:
        try:
            (result,) = self._session.run([self._outputs[output]], {self._input: tensor})
        except self._failures as error:
            raise NetworkError("ONNX Runtime cannot run its network") from error
        return np.asarray(result, np.float32)


def check_provider(provider: str) -> None:
    """See that a provider that was asked for by name is there.

    Raises
    ------
    ProviderMissingError
    """
    if provider == "auto":
        return
    try:
        import onnxruntime  # noqa: PLC0415 - the extra may not be installed
    except ImportError as error:
        raise ProviderMissingError(
            f"The provider {provider} was asked for, but ONNX Runtime is not installed; "
            "`make onnx` installs it."
        ) from error
    available = onnxruntime.get_available_providers()
    if PROVIDERS[provider] not in available:
        raise ProviderMissingError(
            f"The provider {provider} was asked for, but this ONNX Runtime has only: {', '.join(available)}."
        )


def _read_shape(shape: list[int | str | None]) -> Shape:
    return tuple(side if isinstance(side, int) and side > 0 else None for side in shape)
