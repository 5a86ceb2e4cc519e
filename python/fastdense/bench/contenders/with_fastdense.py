"""fastdense itself, through its public functions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import fastdense
from fastdense import ops
from fastdense.bench.problem import Problem
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.inputs import Inputs

_SEED = 7


class Library:
    """See `fastdense.bench.contenders.Contender`."""

    version = fastdense.__version__

    def __init__(self, threads: int) -> None:
        fastdense.set_num_threads(threads)

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return the call."""
        match problem.operation:
            case "dense":
                return _dense(problem, **inputs)
            case "dropout":
                return _dropout(problem, **inputs)
            case _:
                return _activation(problem, **inputs)

    def to_numpy(self, results: Any) -> Any:
        """Return the arrays as they are."""
        return results


def _dense(problem: Problem, x: Any, kernel: Any, bias: Any, dy: Any) -> Call:
    match problem.mode:
        case "training":

            def training() -> Any:
                y, residuals = ops.dense_forward(x, kernel, bias, problem.function)
                return y, *ops.dense_backward(dy, residuals)

            return training
        case "dx":
            _, residuals = ops.dense_forward(x, kernel)
            return lambda: ops.dense_backward(dy, residuals, needs_weight_grads=False)[:1]
        case "dw":
            _, residuals = ops.dense_forward(x, kernel)
            return lambda: ops.dense_backward(dy, residuals, needs_input_grad=False)[1:2]
    y = ops.dense(x, kernel)
    dense = partial(ops.dense, x, kernel, out=y)
    if problem.mode == "forward":
        dense = partial(dense, bias, problem.function)
    return lambda: (dense(),)


def _activation(problem: Problem, x: Any, dy: Any) -> Call:
    function = problem.function or problem.operation
    y, residuals = ops.activation_forward(x, function)
    if problem.mode == "backward":
        return lambda: (ops.activation_backward(dy, residuals),)
    return lambda: (ops.activation(x, function, out=y),)


def _dropout(problem: Problem, x: Any, dy: Any) -> Call:
    rate = float(problem.rate or 0)
    if problem.mode == "forward":
        return lambda: (ops.dropout_forward(x, rate, _SEED)[0],)
    y, residuals = ops.dropout_forward(x, rate, _SEED)
    return lambda: (ops.dropout_backward(dy, residuals), y)
