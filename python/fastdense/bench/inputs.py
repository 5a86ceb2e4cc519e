"""The arrays that a problem is computed on."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.bench.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    Inputs = dict[str, Array]

_UNIT_VARIANCE = 3**0.5  # of numbers uniform in [-a, a]


def make_inputs(problem: Problem) -> Inputs:
    """Return x, dy and, for a dense layer, kernel and bias; the same in every process.

    All outputs have a variance of about one, so that no activation is saturated, and no product
    meets denormal numbers, which some processors are slow on.
    """
    rng = np.random.default_rng(zlib.crc32(repr(problem).encode()))

    def uniform(shape: tuple[int, ...], variance: float = 1.0) -> Array:
        numbers: Array = rng.random(shape, np.dtype(problem.dtype).type)
        numbers -= 0.5
        numbers *= 2 * _UNIT_VARIANCE * variance**0.5
        return numbers

    if problem.operation != "dense":
        return {"x": uniform(problem.shape), "dy": uniform(problem.shape)}
    m, k, n = problem.shape
    return {
        "x": uniform((m, k)),
        "kernel": uniform((k, n), 1 / max(k, 1)),
        "bias": uniform((n,), 0.01),
        "dy": uniform((m, n)),
    }
