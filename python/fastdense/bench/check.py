"""Whether a contender computes what the others do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.bench.network_reference import expected_of_network
from fastdense.bench.problem import Problem
from fastdense.bench.reference import Expected, expected_results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fastdense.bench.inputs import Inputs

    Array = NDArray[np.floating[Any]]

# Standard deviations: one run in a billion fails by chance.
_LARGEST_DEVIATION = 6


class WrongResultError(Exception):
    """A contender's result is not what the operation is defined to be."""


def checker(problem: Problem, inputs: Inputs) -> Callable[[str, Sequence[Array]], None]:
    """Return a function that raises WrongResultError unless a contender's results are right."""
    if problem.operation == "dropout":
        return lambda name, results: _check_dropout(problem, inputs, name, results)
    expect = expected_of_network if problem.operation == "network" else expected_results
    expected = expect(problem, inputs)

    def check(name: str, results: Sequence[Array]) -> None:
        for number, (right, result) in enumerate(zip(expected, results, strict=True)):
            _check_array(problem, name, number, right, result)

    return check


def _refuse(problem: Problem, name: str, what: str) -> WrongResultError:
    return WrongResultError(
        f"{name} computes something else in {problem.title} ({problem.label}, {problem.dtype}): "
        + what
    )


def _check_array(
    problem: Problem, name: str, number: int, expected: Expected, result: Array
) -> None:
    where = f"result {number}"
    if result.shape != expected.value.shape or result.dtype != problem.dtype:
        raise _refuse(
            problem,
            name,
            f"{where} is {result.dtype} {result.shape}, "
            f"expected {problem.dtype} {expected.value.shape}",
        )
    off = ~(np.abs(result - expected.value) <= expected.tolerance)  # NaN is off too
    if off.any():
        at = tuple(int(i) for i in np.argwhere(off)[0])
        raise _refuse(
            problem,
            name,
            f"{where} has {result[at]!s} at {at}, expected {expected.value[at]:.9g} "
            f"± {expected.tolerance[at]:.1g}; {int(off.sum())} of {off.size} elements are off",
        )


def _check_dropout(problem: Problem, inputs: Inputs, name: str, results: Sequence[Array]) -> None:
    """Check what isn't random: kept elements, their share, the same mask in both directions."""
    rate = float(problem.rate or 0)
    forward = results[-1]
    kept = forward != 0
    eps = float(np.finfo(problem.dtype).eps)
    sources = [inputs["x"]] if problem.mode == "forward" else [inputs["dy"], inputs["x"]]
    for source, result in zip(sources, results, strict=True):
        right = np.where(kept, source.astype(np.float64) / (1 - rate), 0)
        _check_array(problem, name, 0, Expected(right, 4 * eps * np.abs(right)), result)
    n = kept.size
    deviation = (rate * (1 - rate) / n) ** 0.5
    # An x that is 0 looks dropped: there are few.
    dropped = 1 - np.count_nonzero(kept | (inputs["x"] == 0)) / n
    if abs(dropped - rate) > _LARGEST_DEVIATION * deviation:
        raise _refuse(problem, name, f"a share of {dropped:.4f} is dropped, expected {rate:g}")
