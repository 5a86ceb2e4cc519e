"""Models of every shape: stacks, branches, shared layers, models within models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from fastdense import Input, Model, Sequential, activations, layers


def stack() -> Model:
    return Sequential([Input((6,)), layers.Dense(5, "relu"), layers.Dense(2, "softmax")])


def frozen_stack() -> Model:
    model = Sequential([layers.Dense(5, input_shape=(6,)), layers.Dense(2)])
    model.layers[0].trainable = False
    return model


def frozen() -> Model:
    model = stack()
    model.trainable = False
    return model


def built_later() -> Model:
    model = Sequential([layers.Dense(5), layers.Dense(2)])
    model(np.zeros((3, 6), np.float32))
    return model


def branches() -> Model:
    x = Input((6,), name="x")
    hidden = layers.Dense(4, "tanh", kernel_regularizer="l2", bias_constraint="non_neg")(x)
    joined = layers.Concatenate()([hidden, x])
    return Model(x, layers.Dense(2)(joined) + layers.Dense(2)(hidden), name="branches")


def shared() -> Model:
    x = Input((6,))
    dense = layers.Dense(6, activation=partial(activations.leaky_relu, negative_slope=0.125))
    return Model(x, dense(dense(x)))


def nested() -> Model:
    x = Input((6,))
    inner = stack()
    outer = Model(x, inner(layers.Dense(6)(x)) + inner(x))
    y = Input((6,))
    return Model(y, Sequential([outer, layers.Dense(3)])(y))


def same_layer_twice() -> Model:
    dense = layers.Dense(6)
    return Sequential([Input((6,)), dense, dense])


def doubles() -> Model:
    return Sequential(
        [Input((6,), dtype="float64"), layers.Dense(5, dtype="float64"), layers.Dense(2)]
    )


def several_ends() -> Model:
    a, b = Input((6,), name="a"), Input((6,), name="b")
    total = a + b
    return Model([a, b], [layers.Dense(2, name="first")(total), layers.Dense(1)(total)])


MODELS: dict[str, Callable[[], Model]] = {
    make.__name__: make
    for make in (
        stack, frozen_stack, frozen, built_later, branches, shared, nested, same_layer_twice,
        doubles, several_ends,
    )
}  # fmt: skip
