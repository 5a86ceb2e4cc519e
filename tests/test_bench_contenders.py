"""A contender whose result is not the operation's is found, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fastdense.bench.check import WrongResultError, checker
from fastdense.bench.contenders import OURS, Contender, load
from fastdense.bench.inputs import make_inputs
from fastdense.bench.problem import DENSE_MODES, Problem
from fastdense.bench.reference import FUNCTIONS

threadpoolctl = pytest.importorskip("threadpoolctl")

DTYPES = ("float32", "float64")
PROBLEMS = [
    *(Problem("dense", mode, (33, 70, 18), "float32", None) for mode in DENSE_MODES),
    *(Problem("dense", "training", (7, 9, 20), dtype, f) for f in FUNCTIONS for dtype in DTYPES),
    *(Problem("dense", "forward", (1, 300, 5), "float64", f) for f in FUNCTIONS),
    *(
        Problem("activation", mode, (50, 21), dtype, f)
        for f in FUNCTIONS
        for mode in ("forward", "backward")
        for dtype in DTYPES
    ),
    *(Problem("softmax", mode, (9, 50), d) for mode in ("forward", "backward") for d in DTYPES),
    *(
        Problem("dropout", mode, (100, 100), "float32", rate=rate)
        for mode in ("forward", "backward")
        for rate in (0.0, 0.3)
    ),
]


@pytest.fixture
def contenders() -> Iterator[dict[str, Contender]]:
    with threadpoolctl.threadpool_limits(1):  # puts back what a contender sets
        yield {name: load(name, threads=1) for name in (OURS, "numpy")}


def name_of(problem: Problem) -> str:
    return f"{problem.operation}-{problem.mode}-{problem.label}-{problem.function}-{problem.dtype}"


@pytest.mark.parametrize("problem", PROBLEMS, ids=name_of)
def test_contenders_agree_and_a_wrong_element_is_found(
    problem: Problem, contenders: dict[str, Contender]
) -> None:
    inputs = make_inputs(problem)
    check = checker(problem, inputs)
    for name, contender in contenders.items():
        call = contender.prepare(problem, inputs)
        if call is None:
            assert name == "numpy" and problem.function == "gelu"
            continue
        for _ in range(2):  # nothing that one call leaves behind spoils the next
            results = contender.to_numpy(call())
            check(name, results)
        for number, result in enumerate(results):
            wrong: list[Any] = [np.array(array) for array in results]
            largest = np.unravel_index(np.abs(result).argmax(), result.shape)
            wrong[number][largest] *= 1.02
            with pytest.raises(WrongResultError, match=f"{name} computes something else"):
                check(name, wrong)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda y: y[:-1],
        lambda y: y.astype(np.float64),
        lambda y: np.where(y == y.max(), np.nan, y).astype(y.dtype),
        np.zeros_like,
    ],
    ids=["shape", "dtype", "nan", "zeros"],
)
def test_results_that_are_no_such_array_are_refused(spoil: Any) -> None:
    problem = Problem("activation", "forward", (10, 10), "float32", "tanh")
    inputs = make_inputs(problem)
    check = checker(problem, inputs)
    right = np.tanh(inputs["x"])
    check("NumPy", [right])
    with pytest.raises(WrongResultError, match="NumPy computes something else"):
        check("NumPy", [spoil(right)])


def test_dropout_of_another_rate_or_with_two_masks_is_refused() -> None:
    problem = Problem("dropout", "backward", (100, 100), "float32", rate=0.5)
    inputs = make_inputs(problem)
    check = checker(problem, inputs)
    masks = np.random.default_rng(0).random((2, 100, 100)) < 0.5
    y = (2 * inputs["x"] * masks[0]).astype(np.float32)
    dx = (2 * inputs["dy"] * masks[0]).astype(np.float32)
    check("NumPy", [dx, y])
    with pytest.raises(WrongResultError):
        check("NumPy", [(2 * inputs["dy"] * masks[1]).astype(np.float32), y])
    few = masks[0] & masks[1]
    with pytest.raises(WrongResultError, match=r"a share of 0\.7"):
        check("NumPy", [array * few for array in (dx, y)])
