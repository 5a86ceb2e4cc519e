"""The libraries that are measured: one file each, one list of all."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastdense.bench.problem import Problem
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdense.bench.inputs import Inputs

OURS = "fastdense"
# What mode fit of networks compares with.
STEPS = "steps"
# The module here that knows the library; it is imported by that name.
_MODULES = {
    OURS: "with_fastdense",
    "numpy": "with_numpy",
    "torch": "with_torch",
    "jax": "with_jax",
}
_NETWORK_MODULES = {
    OURS: "networks.with_fastdense",
    STEPS: "networks.with_fastdense_steps",
    "torch": "networks.with_torch",
    "torch.compile": "networks.with_torch_compile",
    "jax": "networks.with_jax",
    "tensorflow": "networks.with_tensorflow",
    "onnxruntime": "networks.with_onnxruntime",
    "openvino": "networks.with_openvino",
    "sklearn": "networks.with_sklearn",
    "keras": "networks.with_keras",
}
_PACKAGES = {"torch.compile": ("torch",), "onnxruntime": ("onnxruntime", "onnx")}
OTHERS = tuple(name for name in _MODULES if name != OURS)
NETWORK_OTHERS = tuple(name for name in _NETWORK_MODULES if name not in (OURS, STEPS))


class Contender(Protocol):
    """A library, and how it is used as its documentation says is fastest."""

    version: str

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return a call that computes `problem` and has the results ready when it returns.

        It returns, as a tuple of the library's own arrays, ``y`` (dense bare and forward),
        ``y, dx, dW, db`` (training), ``dx``, ``dW``, or ``y`` and ``dx`` of an elementwise
        operation's forward and backward; backward of dropout adds the y whose mask it used. Of a
        network see `fastdense.bench.contenders.networks`. None if the library doesn't offer the
        operation.
        """

    def to_numpy(self, results: Any) -> Sequence[NDArray[np.floating[Any]]]:
        """Return what a call returned as NumPy arrays."""


def is_installed(name: str) -> bool:
    """Tell whether what the contender needs can be imported."""
    packages = _PACKAGES.get(name, (name,))
    return all(importlib.util.find_spec(package) is not None for package in packages)


def load(name: str, threads: int, *, networks: bool = False) -> Contender:
    """Import a library and have it use `threads` threads; for whole `networks` or operations."""
    modules = _NETWORK_MODULES if networks else _MODULES
    module = importlib.import_module(f"{__name__}.{modules[name]}")
    contender: Contender = module.Library(threads)
    return contender
