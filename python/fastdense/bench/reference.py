"""The right results, in float64 and plain NumPy, and how far rounding may take others from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastdense.bench.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense.bench.inputs import Inputs

    Doubles = NDArray[np.float64]

# Roundings that an elementwise function may take, with its argument's own.
_ELEMENTWISE_ROUNDINGS = 32
# No activation here is steeper.
_STEEPEST = 1.2


class Expected(NamedTuple):
    """A right result and the largest right distance from it, element by element."""

    value: Doubles
    tolerance: Doubles


class Function(NamedTuple):
    """An activation and its derivative."""

    value: Callable[[Doubles], Doubles]
    slope: Callable[[Doubles], Doubles]


def _sigmoid(x: Doubles) -> Doubles:
    return 1 / (1 + np.exp(-x))


def _normal_tail(x: Doubles) -> Doubles:
    """Return the share of a normal distribution that lies below x."""
    erf = np.vectorize(math.erf, otypes=[np.float64])
    tail: Doubles = 0.5 * (1 + erf(x / math.sqrt(2)))
    return tail


def _mish_slope(x: Doubles) -> Doubles:
    t = np.tanh(np.logaddexp(x, 0))
    slope: Doubles = t + x * (1 - t * t) * _sigmoid(x)
    return slope


FUNCTIONS: dict[str, Function] = {
    "relu": Function(lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(np.float64)),
    "gelu": Function(
        lambda x: x * _normal_tail(x),
        lambda x: _normal_tail(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    ),
    "tanh": Function(np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": Function(_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "silu": Function(lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x))),
    "softplus": Function(lambda x: np.logaddexp(x, 0), _sigmoid),
    "elu": Function(
        lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x > 0, 1, np.exp(x))
    ),
    "mish": Function(lambda x: x * np.tanh(np.logaddexp(x, 0)), _mish_slope),
}


def expected_results(problem: Problem, inputs: Inputs) -> list[Expected]:
    """Return what a contender's call has to return, in its order.

    May set elements of ``inputs["dy"]`` to zero: those where rounding could decide on which side of
    relu's kink an element is.
    """
    eps = float(np.finfo(problem.dtype).eps)
    if problem.operation == "dense":
        return _dense(problem, inputs, eps)
    return [_elementwise(problem, inputs, eps)]


def _product(a: Doubles, b: Doubles, eps: float, a_error: Doubles | None = None) -> Expected:
    """Return a b with the bound ``(k + 2) eps |a_i| |b_j|`` of any order of summation.

    The norms are Euclidean (Cauchy-Schwarz); `a_error` bounds the error that `a` came with.
    """
    b_norms = np.linalg.norm(b, axis=0)
    rows = (a.shape[1] + 2) * eps * np.linalg.norm(a, axis=1)
    if a_error is not None:
        rows = rows + np.linalg.norm(a_error, axis=1)
    return Expected(a @ b, np.multiply.outer(rows, b_norms))


def _dense(problem: Problem, inputs: Inputs, eps: float) -> list[Expected]:
    x, kernel, bias, dy = (
        inputs[name].astype(np.float64) for name in ("x", "kernel", "bias", "dy")
    )
    match problem.mode:
        case "bare":
            return [_product(x, kernel, eps)]
        case "dx":
            return [_product(dy, kernel.T, eps)]
        case "dw":
            return [_product(x.T, dy, eps)]
    z, z_error = _product(x, kernel, eps)
    z += bias
    z_error += 2 * eps * np.abs(bias)
    y, y_error = z, z_error
    if problem.function is not None:
        y = FUNCTIONS[problem.function].value(z)
        y_error = _STEEPEST * z_error + _ELEMENTWISE_ROUNDINGS * eps * (1 + np.abs(z))
    results = [Expected(y, y_error)]
    if problem.mode == "training":
        inputs["dy"][np.abs(z) <= z_error] = 0
        results += _gradients(problem, inputs, Expected(z, z_error), eps)
    return results


def _gradients(problem: Problem, inputs: Inputs, z: Expected, eps: float) -> list[Expected]:
    """Return dx, dW and db."""
    x, kernel, dy = (inputs[name].astype(np.float64) for name in ("x", "kernel", "dy"))
    dz, dz_error = dy, np.zeros_like(dy)
    if problem.function is not None:
        dz = dy * FUNCTIONS[problem.function].slope(z.value)
        steepness = 0 if problem.function == "relu" else 1  # of the slope
        rounding = _ELEMENTWISE_ROUNDINGS * eps * (1 + np.abs(z.value))
        dz_error = np.abs(dy) * (steepness * z.tolerance + rounding)
    dx = _product(dz, kernel.T, eps, dz_error)
    transposed = _product(dz.T, x, eps, dz_error.T)
    db_error = (len(dz) * eps * np.abs(dz) + dz_error).sum(axis=0)
    return [
        dx,
        Expected(transposed.value.T, transposed.tolerance.T),
        Expected(dz.sum(axis=0), db_error),
    ]


def _elementwise(problem: Problem, inputs: Inputs, eps: float) -> Expected:
    x, dy = inputs["x"].astype(np.float64), inputs["dy"].astype(np.float64)
    if problem.operation == "activation":
        function = FUNCTIONS[str(problem.function)]
        rounding = _ELEMENTWISE_ROUNDINGS * eps * (1 + np.abs(x))
        if problem.mode == "forward":
            return Expected(function.value(x), rounding)
        return Expected(dy * function.slope(x), np.abs(dy) * rounding)
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    y = exponentials / exponentials.sum(axis=-1, keepdims=True)
    rounding = (x.shape[-1] + _ELEMENTWISE_ROUNDINGS) * eps * y
    if problem.mode == "forward":
        return Expected(y, rounding)
    mean = (dy * y).sum(axis=-1, keepdims=True)
    largest = np.abs(dy).max(axis=-1, keepdims=True)
    return Expected((dy - mean) * y, 4 * rounding * largest)
