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
# The module here that knows the library; it is imported by that name.
_MODULES = {
    OURS: "with_fastdense",
    "numpy": "with_numpy",
    "torch": "with_torch",
    "jax": "with_jax",
}
OTHERS = tuple(name for name in _MODULES if name != OURS)


class Contender(Protocol):
    """A library, and how it is used as its documentation says is fastest."""

    version: str

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return a call that computes `problem` and has the results ready when it returns.

        It returns, as a tuple of the library's own arrays, ``y`` (dense bare and forward),
        ``y, dx, dW, db`` (training), ``dx``, ``dW``, or ``y`` and ``dx`` of an elementwise
        operation's forward and backward; backward of dropout adds the y whose mask it used. None if
        the library doesn't offer the operation.
        """

    def to_numpy(self, results: Any) -> Sequence[NDArray[np.floating[Any]]]:
        """Return what a call returned as NumPy arrays."""


def is_installed(name: str) -> bool:
    """Tell whether the library can be imported."""
    return importlib.util.find_spec(name) is not None


def load(name: str, threads: int) -> Contender:
    """Import a library and have it use `threads` threads."""
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    contender: Contender = module.Library(threads)
    return contender
