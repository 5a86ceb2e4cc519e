"""JAX: compiled functions on arrays that are on the device already, waited for.

https://docs.jax.dev/en/latest/benchmarking.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fastdense.bench.contenders.jax_settings import call_without_thread
from fastdense.bench.problem import Problem
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.inputs import Inputs

Array = Any
_FUNCTIONS: dict[str | None, Callable[[Array], Array]] = {
    None: lambda z: z,
    "relu": jax.nn.relu,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "silu": jax.nn.silu,
    "softplus": jax.nn.softplus,
    "elu": jax.nn.elu,
    "mish": jax.nn.mish,
    "softmax": partial(jax.nn.softmax, axis=-1),
}


class Library:
    """See `fastdense.bench.contenders.Contender`.

    The number of threads is the environment's, when the first array is made.
    """

    version = jax.__version__

    def __init__(self, threads: int) -> None:
        call_without_thread()

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return the call, compiled."""
        # Without this float64 arrays become float32; with it float32 problems draw 64 random bits.
        jax.config.update("jax_enable_x64", problem.dtype == "float64")
        arrays = {name: jnp.asarray(array) for name, array in inputs.items()}
        if problem.operation == "dense":
            return _dense(problem, **arrays)
        if problem.operation == "dropout":
            return _elementwise(problem, _dropout(problem), **arrays)
        return _elementwise(problem, _FUNCTIONS[problem.function or problem.operation], **arrays)

    def to_numpy(self, results: Any) -> Any:
        """Return copies of the arrays."""
        return [np.asarray(array) for array in results]


def _compiled(function: Callable[..., Any], *arguments: Array) -> Call:
    compiled = jax.jit(function)

    def call() -> tuple[Array, ...]:
        results: tuple[Array, ...] = compiled(*arguments)
        results[-1].block_until_ready()  # all are one executable's
        return results

    return call


def _dense(problem: Problem, x: Array, kernel: Array, bias: Array, dy: Array) -> Call:
    function = _FUNCTIONS[problem.function]

    def forward(x: Array, kernel: Array, bias: Array) -> Array:
        return function(x @ kernel + bias)

    def training(x: Array, kernel: Array, bias: Array, dy: Array) -> tuple[Array, ...]:
        y, pullback = jax.vjp(forward, x, kernel, bias)
        return y, *pullback(dy)

    match problem.mode:
        case "bare":
            return _compiled(lambda x, kernel: (x @ kernel,), x, kernel)
        case "dx":
            return _compiled(lambda dy, kernel: (dy @ kernel.T,), dy, kernel)
        case "dw":
            return _compiled(lambda x, dy: (x.T @ dy,), x, dy)
        case "forward":
            return _compiled(lambda *arrays: (forward(*arrays),), x, kernel, bias)
    return _compiled(training, x, kernel, bias, dy)


def _dropout(problem: Problem) -> Callable[[Array], Array]:
    rate = float(problem.rate or 0)
    key = jax.random.key(0)

    def dropout(x: Array) -> Array:
        kept = jax.random.bernoulli(key, 1 - rate, x.shape)
        return jnp.where(kept, x / (1 - rate), 0)

    return dropout


def _elementwise(problem: Problem, function: Callable[[Array], Array], x: Array, dy: Array) -> Call:
    if problem.mode == "forward":
        return _compiled(lambda x: (function(x),), x)
    y, pullback = jax.jit(partial(jax.vjp, function))(x)
    backward = _compiled(lambda pullback, dy: pullback(dy), pullback, dy)
    kept = (y,) if problem.operation == "dropout" else ()
    return lambda: (*backward(), *kept)
