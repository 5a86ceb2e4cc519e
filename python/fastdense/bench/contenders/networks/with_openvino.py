"""OpenVINO: a model compiled for latency and the batch at hand, one request for all calls.

https://docs.openvino.ai/2025/openvino-workflow/running-inference/optimize-inference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import openvino
from openvino import opset13 as ops

from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array


class Library(NetworkLibrary):
    """See `NetworkLibrary`. It has no training."""

    version = openvino.__version__.split("-")[0]  # what follows is the build

    def __init__(self, threads: int) -> None:
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32",  # not bfloat16, where the processor has it
        }

    def inference(self, x: Array, layers: Layers) -> Call:
        """Copy x to where the request has its input: cheaper than to wrap it; run."""
        request = openvino.compile_model(
            _model(x.shape, layers), "CPU", self._settings
        ).create_infer_request()
        request.infer()
        source, y = request.input_tensors[0].data, request.output_tensors[0].data

        def call() -> Any:
            np.copyto(source, x)
            request.infer(share_outputs=True)
            return y

        return call


def _model(shape: tuple[int, ...], layers: Layers) -> Any:
    """Return the network in OpenVINO's operations."""
    x = y = ops.parameter(shape, np.float32)
    for i, (kernel, bias) in enumerate(layers):
        y = ops.add(ops.matmul(y, ops.constant(kernel), False, False), ops.constant(bias[None]))
        if i < len(layers) - 1:
            y = ops.relu(y)
    return openvino.Model([y], [x], "network")
