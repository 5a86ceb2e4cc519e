"""Models that the tests share, and their truth in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastdense import Input, Model, Sequential, layers


def set_integers(model: Any, rng: np.random.Generator) -> None:
    """Small integers for weights: sums of products of such are exact in float32, in any order."""
    model.set_weights([rng.integers(-3, 4, weight.shape) for weight in model.weights])


def integers(rng: np.random.Generator, *shape: int) -> Any:
    return rng.integers(-4, 5, shape).astype(np.float32)


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def residual(**arguments: Any) -> Model:
    """Dense, then relu and another Dense of the same, added up."""
    inputs = Input((5,), dtype=arguments.get("dtype"), name="inputs")
    t = layers.Dense(6, name="first", **arguments)(inputs)
    a = layers.Activation("relu", name="relu", dtype=arguments.get("dtype"))(t)
    b = layers.Dense(6, name="second", **arguments)(t)
    outputs = layers.Add(name="sum", dtype=arguments.get("dtype"))([a, b])
    return Model(inputs, outputs, name="residual")


def residual_in_numpy(x: Any, weights: Sequence[Any]) -> Any:
    kernel, bias, kernel_2, bias_2 = weights
    t = x @ kernel + bias
    return relu(t) + t @ kernel_2 + bias_2


def branched(**arguments: Any) -> Model:
    """Two inputs through one shared layer, a nested model used twice, two outputs."""
    dtype = arguments.get("dtype")
    a, b = Input((4,), name="a", dtype=dtype), Input((4,), name="b", dtype=dtype)
    shared = layers.Dense(3, "relu", name="shared", **arguments)
    inner = Sequential(
        [layers.Dense(3, name="inside", input_shape=(3,), **arguments)], name="inner"
    )
    u, v = shared(a), shared(b)
    joined = layers.Concatenate(name="joined", dtype=dtype)([inner(u), inner(inner(v)), u])
    return Model([a, b], [layers.Dense(2, name="head", **arguments)(joined), v], name="branched")


def branched_in_numpy(a: Any, b: Any, weights: Sequence[Any]) -> tuple[Any, Any]:
    shared, shared_bias, inside, inside_bias, head, head_bias = weights

    def inner(x: Any) -> Any:
        return x @ inside + inside_bias

    u, v = relu(a @ shared + shared_bias), relu(b @ shared + shared_bias)
    joined = np.concatenate([inner(u), inner(inner(v)), u], axis=-1)
    return joined @ head + head_bias, v
