"""JAX: weights on the device, one compiled function per call, which takes over the old state.

https://docs.jax.dev/en/latest/benchmarking.html
https://docs.jax.dev/en/latest/buffer_donation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.example_libraries import optimizers

from fastdense.bench.contenders.jax_settings import call_without_thread
from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.network_reference import BETA_1, BETA_2, EPSILON, LEARNING_RATE
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers

Array = Any


class Library(NetworkLibrary):
    """See `NetworkLibrary`.

    The number of threads is the environment's, when the first array is made.
    """

    version = jax.__version__

    def __init__(self, threads: int) -> None:
        call_without_thread()

    def inference(self, x: Array, layers: Layers) -> Call:
        """Call a function that knows the weights as constants."""
        weights = _on_device(layers)
        forward = jax.jit(lambda x: _forward(weights, x))
        return lambda: np.asarray(forward(x))

    def training(self, x: Array, labels: Array, layers: Layers) -> Call:
        """Call a step that returns the state after it and the loss before it."""
        init, update, weights_of = optimizers.adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)
        batch = jnp.asarray(x), jnp.asarray(labels)
        number, state = jnp.asarray(0), init(_on_device(layers))

        def step(number: Array, state: Any, x: Array, labels: Array) -> tuple[Array, Any, Array]:
            loss, gradients = jax.value_and_grad(_loss)(weights_of(state), x, labels)
            return number + 1, update(number, gradients, state), loss

        compiled = jax.jit(step, donate_argnums=(0, 1))

        def call() -> Array:
            nonlocal number, state
            number, state, loss = compiled(number, state, *batch)
            return loss.block_until_ready()  # all are one executable's

        return call


def _on_device(layers: Layers) -> list[tuple[Array, ...]]:
    return [tuple(map(jnp.array, layer)) for layer in layers]


def _forward(weights: list[tuple[Array, ...]], x: Array) -> Array:
    for kernel, bias in weights[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    kernel, bias = weights[-1]
    return x @ kernel + bias


def _loss(weights: list[tuple[Array, ...]], x: Array, labels: Array) -> Array:
    logits = _forward(weights, x)
    # One-hot labels turn the gradient into arithmetic; to pick elements takes a third longer.
    picked = (logits * jax.nn.one_hot(labels, logits.shape[1])).sum(axis=1)
    return (jax.nn.logsumexp(logits, axis=1) - picked).mean()
