"""NumPy, in place wherever it can: every step writes to an array that is already there.

It has no error function, so nothing here computes gelu.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.bench.problem import Problem
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.inputs import Inputs

Array = Any  # of either dtype
# forward(x, out), out may be x; backward(dy, x, y, out): dy times the slope.
Forward = Callable[[Array, Array], None]
Backward = Callable[[Array, Array, Array, Array], None]


def _relu(x: Array, out: Array) -> None:
    np.maximum(x, 0, out=out)


def _relu_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    np.multiply(dy, y > 0, out=out)


def _tanh(x: Array, out: Array) -> None:
    np.tanh(x, out=out)


def _tanh_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    np.multiply(y, y, out=out)
    np.subtract(1, out, out=out)
    out *= dy


def _sigmoid(x: Array, out: Array) -> None:
    np.negative(x, out=out)
    np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)


def _sigmoid_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    np.subtract(1, y, out=out)
    out *= y
    out *= dy


def _silu(x: Array, out: Array) -> None:
    sigmoid = np.empty_like(x)
    _sigmoid(x, sigmoid)
    np.multiply(x, sigmoid, out=out)


def _silu_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    sigmoid = np.empty_like(x)
    _sigmoid(x, sigmoid)
    np.subtract(x, y, out=out)
    out += 1
    out *= sigmoid
    out *= dy


def _softplus(x: Array, out: Array) -> None:
    positive = np.maximum(x, 0)
    np.abs(x, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.log1p(out, out=out)
    out += positive


def _softplus_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    _sigmoid(x, out)
    out *= dy


def _elu(x: Array, out: Array) -> None:
    positive = np.maximum(x, 0)
    np.minimum(x, 0, out=out)
    np.expm1(out, out=out)
    out += positive


def _elu_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    np.minimum(y, 0, out=out)
    out += 1
    out *= dy


def _mish(x: Array, out: Array) -> None:
    # tanh(softplus(x)) = n / (n + 2) with n = e^x (e^x + 2); from 20 on it is 1.
    exponential = np.minimum(x, 20)
    np.exp(exponential, out=exponential)
    n = exponential + 2
    n *= exponential
    np.multiply(x, n, out=out)
    n += 2
    out /= n


def _mish_backward(dy: Array, x: Array, y: Array, out: Array) -> None:
    softplus = np.empty_like(x)
    _softplus(x, softplus)
    t = np.tanh(softplus, out=softplus)
    sigmoid = np.empty_like(x)
    _sigmoid(x, sigmoid)
    np.multiply(t, t, out=out)
    np.subtract(1, out, out=out)
    out *= x
    out *= sigmoid
    out += t
    out *= dy


_FUNCTIONS: dict[str | None, tuple[Forward, Backward]] = {
    "relu": (_relu, _relu_backward),
    "tanh": (_tanh, _tanh_backward),
    "sigmoid": (_sigmoid, _sigmoid_backward),
    "silu": (_silu, _silu_backward),
    "softplus": (_softplus, _softplus_backward),
    "elu": (_elu, _elu_backward),
    "mish": (_mish, _mish_backward),
}
# Those whose slope is computed from the output alone.
_FROM_OUTPUT = {"relu", "tanh", "sigmoid", "elu"}


class Library:
    """See `fastdense.bench.contenders.Contender`."""

    version = np.__version__

    def __init__(self, threads: int) -> None:
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads, user_api="blas")

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return the call."""
        if problem.function is not None and problem.function not in _FUNCTIONS:
            return None
        match problem.operation:
            case "dense":
                return _dense(problem, **inputs)
            case "activation":
                return _activation(problem, **inputs)
            case "softmax":
                return _softmax(problem, **inputs)
            case _:
                return _dropout(problem, **inputs)

    def to_numpy(self, results: Any) -> Any:
        """Return the arrays as they are."""
        return results


def _dense(problem: Problem, x: Array, kernel: Array, bias: Array, dy: Array) -> Call:
    y, dx, dkernel = np.empty_like(dy), np.empty_like(x), np.empty_like(kernel)
    match problem.mode:
        case "bare":
            return lambda: (np.matmul(x, kernel, out=y),)
        case "dx":
            return lambda: (np.matmul(dy, kernel.T, out=dx),)
        case "dw":
            return lambda: (np.matmul(x.T, dy, out=dkernel),)
    forward, backward = _FUNCTIONS.get(problem.function, (None, None))
    keeps_z = problem.mode == "training" and problem.function not in _FROM_OUTPUT
    z = np.empty_like(dy) if keeps_z and forward is not None else y

    def run_forward() -> tuple[Array, ...]:
        np.matmul(x, kernel, out=z)
        np.add(z, bias, out=z)
        if forward is not None:
            forward(z, y)
        return (y,)

    def run_training() -> tuple[Array, ...]:
        run_forward()
        dz = dy
        if backward is not None:
            dz = np.empty_like(dy)
            backward(dy, z, y, dz)
        np.matmul(dz, kernel.T, out=dx)
        np.matmul(x.T, dz, out=dkernel)
        return y, dx, dkernel, dz.sum(axis=0)

    return run_forward if problem.mode == "forward" else run_training


def _activation(problem: Problem, x: Array, dy: Array) -> Call:
    forward, backward = _FUNCTIONS[problem.function]
    y, dx = np.empty_like(x), np.empty_like(x)
    forward(x, y)

    def run_forward() -> tuple[Array, ...]:
        forward(x, y)
        return (y,)

    def run_backward() -> tuple[Array, ...]:
        backward(dy, x, y, dx)
        return (dx,)

    return run_forward if problem.mode == "forward" else run_backward


def _softmax(problem: Problem, x: Array, dy: Array) -> Call:
    y, dx = np.empty_like(x), np.empty_like(x)

    def run_forward() -> tuple[Array, ...]:
        np.subtract(x, x.max(axis=-1, keepdims=True), out=y)
        np.exp(y, out=y)
        np.divide(y, y.sum(axis=-1, keepdims=True), out=y)
        return (y,)

    def run_backward() -> tuple[Array, ...]:
        np.multiply(dy, y, out=dx)
        np.subtract(dy, dx.sum(axis=-1, keepdims=True), out=dx)
        np.multiply(dx, y, out=dx)
        return (dx,)

    run_forward()
    return run_forward if problem.mode == "forward" else run_backward


def _dropout(problem: Problem, x: Array, dy: Array) -> Call:
    rate = float(problem.rate or 0)
    rng = np.random.default_rng(0)
    bits, mask = np.empty_like(x), np.empty(x.shape, bool)
    y, dx = np.empty_like(x), np.empty_like(x)

    def run_forward() -> tuple[Array, ...]:
        rng.random(dtype=x.dtype, out=bits)
        np.greater_equal(bits, rate, out=mask)
        np.multiply(x, mask, out=y)
        np.divide(y, 1 - rate, out=y)
        return (y,)

    def run_backward() -> tuple[Array, ...]:
        np.multiply(dy, mask, out=dx)
        np.divide(dx, 1 - rate, out=dx)
        return dx, y

    run_forward()
    return run_forward if problem.mode == "forward" else run_backward
