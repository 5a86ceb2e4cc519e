"""The arrays that a problem is computed on."""

from __future__ import annotations

import zlib
from itertools import count, pairwise, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.bench.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Inputs = dict[str, Array]

_UNIT_VARIANCE = 3**0.5  # of numbers uniform in [-a, a]


def make_inputs(problem: Problem) -> Inputs:
    """Return x, dy and, for a dense layer, kernel and bias; the same in every process.

    For a network x, labels and, for each layer, kernel and bias: see `layers_of`.

    All outputs have a variance of about one, so that no activation is saturated, and no product
    meets denormal numbers, which some processors are slow on.
    """
    rng = np.random.default_rng(zlib.crc32(repr(problem).encode()))

    def uniform(shape: tuple[int, ...], variance: float = 1.0) -> Array:
        numbers: Array = rng.random(shape, np.dtype(problem.dtype).type)
        numbers -= 0.5
        numbers *= 2 * _UNIT_VARIANCE * variance**0.5
        return numbers

    if problem.operation == "network":
        batch, *widths = problem.shape
        rows = problem.rows or batch
        x = uniform((rows, widths[0]))
        # That can be learnt, so that the loss of any rows goes down, not only of those seen.
        labels = (x @ uniform((widths[0], widths[-1]))).argmax(axis=1)
        network = {"x": x, "labels": labels}
        for i, (k, n) in enumerate(pairwise(widths)):
            # relu takes half of the variance away.
            network[f"kernel{i}"] = uniform((k, n), (1 if i == 0 else 2) / k)
            network[f"bias{i}"] = uniform((n,), 0.01)
        return network
    if problem.operation != "dense":
        return {"x": uniform(problem.shape), "dy": uniform(problem.shape)}
    m, k, n = problem.shape
    return {
        "x": uniform((m, k)),
        "kernel": uniform((k, n), 1 / max(k, 1)),
        "bias": uniform((n,), 0.01),
        "dy": uniform((m, n)),
    }


def layers_of(inputs: Inputs) -> list[tuple[Array, Array]]:
    """Return copies of a network's kernels and biases, for a contender to train as its own."""
    numbers = takewhile(lambda i: f"kernel{i}" in inputs, count())
    return [(inputs[f"kernel{i}"].copy(), inputs[f"bias{i}"].copy()) for i in numbers]
