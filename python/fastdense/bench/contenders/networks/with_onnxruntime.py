"""ONNX Runtime: a session for the batch at hand, with its output bound to an array.

https://onnxruntime.ai/docs/performance/tune-performance/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array

# Old enough for any runtime of the last years, new enough for what is used.
_OPSET = 17
_IR_VERSION = 8


class Library(NetworkLibrary):
    """See `NetworkLibrary`. It has no training."""

    version = onnxruntime.__version__

    def __init__(self, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self._options = options

    def inference(self, x: Array, layers: Layers) -> Call:
        """Bind the input anew in every call, run."""
        session = onnxruntime.InferenceSession(
            _model(len(x), layers), self._options, providers=["CPUExecutionProvider"]
        )
        y = np.empty((len(x), len(layers[-1][1])), x.dtype)
        binding = session.io_binding()
        binding.bind_ortvalue_output("y", onnxruntime.OrtValue.ortvalue_from_numpy(y))

        def call() -> Array:
            binding.bind_cpu_input("x", x)
            session.run_with_iobinding(binding)
            return y

        return call


def _model(batch: int, layers: Layers) -> bytes:
    """Return the network in ONNX's format."""
    nodes: list[Any] = []
    weights: list[Any] = []
    source = "x"
    for i, (kernel, bias) in enumerate(layers):
        is_last = i == len(layers) - 1
        names = [f"kernel{i}", f"bias{i}"]
        weights += map(numpy_helper.from_array, (kernel, bias), names)
        target = "y" if is_last else f"z{i}"
        nodes.append(helper.make_node("Gemm", [source, *names], [target]))
        if not is_last:
            source = f"relu{i}"
            nodes.append(helper.make_node("Relu", [target], [source]))
    graph = helper.make_graph(
        nodes,
        "network",
        [_tensor("x", batch, len(layers[0][0]))],
        [_tensor("y", batch, len(layers[-1][1]))],
        weights,
    )
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
    return bytes(model.SerializeToString())


def _tensor(name: str, rows: int, cols: int) -> Any:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [rows, cols])
