"""Small networks made on the spot, and manifests for them: each turns a picture into its negative."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import flatbuffers
import onnx
from ai_edge_litert import schema_py_generated as tflite
from onnx import TensorProto, helper

NEGATIVE_ONNX = "negative.onnx"
NEGATIVE_TFLITE = "negative.tflite"


def write_onnx(
    path: Path, shape: tuple[int | str, ...], *, outputs: int = 1, element: int = TensorProto.FLOAT
) -> None:
    """y = -x on a tensor of this shape, where a text leaves a side open; further outputs are x itself."""
    given = helper.make_tensor_value_info("x", element, shape)
    results = [helper.make_tensor_value_info(f"y{number}", element, shape) for number in range(outputs)]
    nodes = [
        helper.make_node("Identity" if number else "Neg", ["x"], [f"y{number}"]) for number in range(outputs)
    ]
    graph = helper.make_graph(nodes, "negative", [given], results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def write_tflite(path: Path, shape: tuple[int, ...], *, signature: tuple[int, ...] | None = None) -> None:
    """y = -x on a tensor of this shape; -1 in `signature` leaves a side open."""

    def tensor(name: bytes) -> Any:
        made = tflite.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), tflite.TensorType.FLOAT32, 0
        made.shapeSignature = list(signature or shape)
        return made

    code = tflite.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = tflite.BuiltinOperator.NEG
    negate = tflite.OperatorT()
    negate.inputs, negate.outputs = [0], [1]
    negate.builtinOptionsType, negate.builtinOptions = tflite.BuiltinOptions.NegOptions, tflite.NegOptionsT()
    graph = tflite.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs, graph.operators = (
        [tensor(b"x"), tensor(b"y")],
        [0],
        [1],
        [negate],
    )
    model = tflite.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [tflite.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def describe(file: Path, **changes: object) -> dict[str, dict[str, object] | object]:
    """What the manifest of a network says; `changes` replace values, `model__licence` one of a table."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "0" * 64
    manifest: dict[str, Any] = {
        "name": "negative",
        "title": "Negative",
        "line": "Black is white.",
        "model": {
            "name": "Negative 1.0",
            "file": file.name,
            "sha256": digest,
            "licence": "Apache-2.0",
            "commercial": "yes",
            "source": "made in this test",
        },
        "input": {
            "wants": "picture",
            "size": [64, 48],
            "layout": "NCHW" if file.suffix == ".onnx" else "NHWC",
            "range": [-1.0, 1.0],
        },
        "tiles": {"overlap": 8},
    }
    for key, value in changes.items():
        table, _, name = key.rpartition("__")
        place = manifest.setdefault(table, {}) if table else manifest
        if value is None:
            del place[name]
        else:
            place[name] = value
    return manifest


def write_manifest(folder: Path, file: str, *, named: str = "negative", **changes: object) -> Path:
    """A manifest for a network in a folder; see `describe`."""
    path = folder / f"{named}.toml"
    path.write_text(to_toml(describe(folder / file, **{"name": named, **changes})))
    return path


def to_toml(manifest: dict[str, Any]) -> str:
    """Enough of TOML for a manifest: values, then tables."""
    values = {key: value for key, value in manifest.items() if not isinstance(value, dict)}
    lines = [f"{key} = {_show(value)}" for key, value in values.items()]
    for name, table in manifest.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(f"{key} = {_show(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _show(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_show(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
