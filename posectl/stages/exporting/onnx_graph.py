"""onnx: a graph that takes `samples` and gives `encoded`, and takes `codes` and gives `decoded`, in any number.

Operators of ONNX's opset 18, so that older runtimes take it, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from posectl.core.autoencoder import Autoencoder
from posectl.stages.exporting import target
from posectl.stages.exporting.plain import Plain, check, needs, plain
from posectl.stages.exporting.targets import ModelTarget
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact

OPSET, IR = 18, 8

# What each part takes, and what it gives.
NAMES = {"encoder": ("samples", "encoded"), "decoder": ("codes", "decoded")}


@target("onnx")
class OnnxGraph(ModelTarget):
    """The target of one file."""

    suffixes = (".onnx",)

    def write(self, run: Run, artifact: Artifact, model: Autoencoder, path: Path, options: ExportOptions) -> list[str]:
        """Write the graph, run it by onnxruntime, and hold what it gives against the model."""
        try:
            import onnx
            import onnxruntime
        except ImportError as error:
            raise needs("onnx", error) from error
        described = plain(artifact, model)
        parts = list(NAMES) if options.part == "both" else [options.part]
        graph = _Graph(described)
        for part in parts:
            graph.add_part(part, tuple(model.shape), model.latent)
        onnx.save(graph.model(artifact.ref), str(path))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        empty = {"samples": np.zeros((1, *model.shape), np.float32), "codes": np.zeros((1, model.latent), np.float32)}

        def given(part: str, x: np.ndarray) -> np.ndarray:
            taken, gives = NAMES[part]
            feeds = {name: x if name == taken else empty[name] for name in (each.name for each in session.get_inputs())}
            return session.run([gives], feeds)[0]

        check(model, described, given, parts)
        if options.part != "both":
            return []
        return ["The graph takes samples and codes at once; --part decoder writes one that takes codes alone."]


class _Graph:
    """A graph in the making: nodes, weights, and the shape of what the last node gave of one sample."""

    def __init__(self, described: Plain) -> None:
        import onnx

        self.onnx, self.described = onnx, described
        self.nodes: list[Any] = []
        self.weights: dict[str, np.ndarray] = {}
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.shape: tuple[int, ...] = ()

    def add_part(self, part: str, samples: tuple[int, ...], latent: int) -> None:
        """Add the encoder or the decoder."""
        taken, gives = NAMES[part]
        self.shape, ends = (samples, (latent,)) if part == "encoder" else ((latent,), samples)
        x, number = taken, f"{part}_count"
        self.inputs.append(self._value(taken, number, self.shape))
        for operation in self.described.config[part]:
            weights = {key: self.described.weights[name] for key, name in operation["arrays"].items()}
            x = _NODES[operation["name"]](self, x, **weights, **operation["settings"])
        self.outputs.append(self._value(gives, number, ends))
        self.nodes.append(self.onnx.helper.make_node("Identity", [x], [gives]))

    def node(self, operator: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add a node and return the name of its output; arrays among its inputs become weights."""
        names = [each if isinstance(each, str) else self._weight(each) for each in inputs]
        output = f"x{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, names, [output], **attributes))
        return output

    def model(self, name: str) -> Any:
        """Return the model, checked."""
        helper, numpy_helper = self.onnx.helper, self.onnx.numpy_helper
        weights = [numpy_helper.from_array(value, key) for key, value in self.weights.items()]
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="posectl"
        )
        self.onnx.checker.check_model(model, full_check=True)
        return model

    def reshape(self, x: str, shape: tuple[int, ...]) -> str:
        """Give each sample another shape."""
        size = math.prod(self.shape)
        self.shape = tuple(size // -math.prod(shape) if each == -1 else each for each in shape)
        return self.node("Reshape", x, np.array([-1, *self.shape], np.int64))

    def flat(self, x: str) -> str:
        return x if len(self.shape) == 1 else self.reshape(x, (math.prod(self.shape),))

    def _weight(self, values: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = values
        return name

    def _value(self, name: str, count: str, shape: tuple[int, ...]) -> Any:
        return self.onnx.helper.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, [count, *shape])


def _linear(g: _Graph, x: str, matrix: np.ndarray, bias: np.ndarray) -> str:
    x = g.flat(x)
    g.shape = bias.shape
    return g.node("Gemm", x, matrix, bias)


def _rows(g: _Graph, x: str, matrix: np.ndarray, bias: np.ndarray) -> str:
    g.shape = (*g.shape[:-1], len(bias))
    return g.node("Add", g.node("MatMul", x, matrix), bias)


def _norm(g: _Graph, x: str, scale: np.ndarray, shift: np.ndarray) -> str:
    scale, shift = (each.reshape(-1, *[1] * (len(g.shape) - 1)) for each in (scale, shift))
    return g.node("Add", g.node("Mul", x, scale), shift)


def _activation(g: _Graph, x: str, function: str) -> str:
    number = np.float32
    match function:
        case "leaky_relu":
            return g.node("LeakyRelu", x, alpha=0.2)
        case "silu":
            return g.node("Mul", x, g.node("Sigmoid", x))
        case "gelu":
            share = g.node("Erf", g.node("Mul", x, np.array(math.sqrt(0.5), number)))
            return g.node("Mul", g.node("Mul", x, np.array(0.5, number)), g.node("Add", share, np.array(1, number)))
        case "tanh-half":
            return g.node("Tanh", g.node("Mul", x, np.array(0.5, number)))
    return g.node(function.capitalize(), x)


def _upsample(g: _Graph, x: str) -> str:
    g.shape = (g.shape[0], *(2 * side for side in g.shape[1:]))
    scales = np.array([1, 1, 2, 2], np.float32)
    nearest = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return g.node("Resize", x, "", scales, **nearest)


def _convolve(g: _Graph, x: str, weight: np.ndarray, bias: np.ndarray) -> str:
    g.shape = (len(bias), *g.shape[1:])
    return g.node("Conv", x, weight, bias, pads=[weight.shape[-1] // 2] * 4)


def _pool(operator: str) -> Callable[[_Graph, str], str]:
    def pool(g: _Graph, x: str) -> str:
        g.shape = (g.shape[0], *(side // 2 for side in g.shape[1:]))
        return g.node(operator, x, kernel_shape=[2, 2], strides=[2, 2])

    return pool


def _quantise(g: _Graph, x: str, entries: np.ndarray) -> str:
    shape = g.shape
    vectors = g.node("Reshape", x, np.array([-1, entries.shape[1]], np.int64))
    near = g.node("Sub", np.square(entries).sum(1) / 2, g.node("MatMul", vectors, np.ascontiguousarray(entries.T)))
    found = g.node("Gather", entries, g.node("ArgMin", near, axis=1, keepdims=0))
    return g.node("Reshape", found, np.array([-1, *shape], np.int64))


def _largest(g: _Graph, x: str) -> str:
    g.shape = g.shape[1:]
    return g.node("ReduceMax", x, np.array([1], np.int64), keepdims=0)


def _slice(g: _Graph, x: str, first: int, last: int) -> str:
    return g.node("Slice", x, *(np.array([each], np.int64) for each in (first, last, 1)))


def _softmax(g: _Graph, x: str, count: int) -> str:
    rest = _slice(g, x, count, g.shape[0])
    return g.node("Concat", g.node("Softmax", _slice(g, x, 0, count), axis=1), rest, axis=1)


def _heads(g: _Graph, x: str, matrix: np.ndarray) -> str:
    of_heads = g.node("MatMul", _slice(g, x, 0, len(matrix)), matrix)
    rest = _slice(g, x, len(matrix), g.shape[0])
    g.shape = (matrix.shape[1],)
    return g.node("Add", of_heads, rest)


def _first(g: _Graph, x: str, count: int) -> str:
    g.shape = (count,)
    return _slice(g, x, 0, count)


def _sphere(g: _Graph, x: str) -> str:
    return g.node("Div", x, g.node("ReduceL2", x, np.array([1], np.int64), keepdims=1))


# An operation of posectl.core.operations as nodes.
_NODES: dict[str, Callable[..., str]] = {
    "linear": _linear, "rows": _rows, "norm": _norm, "activation": _activation, "upsample": _upsample,
    "reshape": lambda g, x, shape: g.reshape(x, tuple(shape)), "convolve": _convolve, "quantise": _quantise,
    "average": _pool("AveragePool"), "maximum": _pool("MaxPool"), "largest": _largest, "softmax": _softmax,
    "heads": _heads, "first": _first, "sphere": _sphere,
}  # fmt: skip
