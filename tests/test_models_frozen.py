"""Frozen models: snapshots with the model's bits, from any thread, and what can't be one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastdense import Input, Model, Sequential, layers


def branched() -> Model:
    """Two inputs and two outputs."""
    a, b = Input((5,)), Input((3,))
    joined = layers.Concatenate()([layers.Dense(7, "tanh")(a), layers.Dropout(0.5)(b)])
    return Model([a, b], [layers.Dense(4, "softmax")(joined), layers.Dense(2)(joined)])


def stack() -> Sequential:
    return Sequential([Input((6, 5)), layers.Dense(40, "relu"), layers.Dense(3)])


def test_frozen_model_has_the_bits_of_the_model(rng: np.random.Generator) -> None:
    model = branched()
    inputs = [rng.random((9, 5), np.float32), rng.random((9, 3), np.float32)]
    for ours, theirs in zip(model.freeze()(inputs), model(inputs), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("features", [1, 127, 128, 1000])
def test_frozen_model_of_one_output_has_the_bits_of_the_model(
    features: int, rng: np.random.Generator
) -> None:
    model = Sequential([Input((features,)), layers.Dense(1, "sigmoid")])
    x = rng.random((37, features), np.float32)
    np.testing.assert_array_equal(model.freeze()(x), model(x))


@pytest.mark.parametrize("rows", [0, 1, 33])
def test_frozen_model_converts_what_the_model_converts(rows: int, rng: np.random.Generator) -> None:
    model = stack()
    x = rng.random((rows, 5, 6)).transpose(0, 2, 1)  # float64, with strides
    y = model.freeze()(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, model(x))


def test_frozen_model_is_a_snapshot(rng: np.random.Generator) -> None:
    model = stack()
    x = rng.random((4, 6, 5), np.float32)
    frozen, before = model.freeze(), model(x)
    for weight in model.weights:
        weight += 1
    np.testing.assert_array_equal(frozen(x), before)
    assert (model(x) != before).any()


def test_frozen_model_may_be_called_by_many_threads(rng: np.random.Generator) -> None:
    model = stack()
    frozen = model.freeze()
    xs = rng.random((64, 8, 6, 5), np.float32)
    with ThreadPoolExecutor(8) as pool:
        for x, y in zip(xs, pool.map(frozen, xs), strict=True):
            np.testing.assert_array_equal(y, model(x))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Sequential([layers.Dense(3)]), "is not built"),
        (lambda: Sequential([Input((4,)), layers.PReLU()]), "layer by layer: PReLU"),
        (
            lambda: Sequential([Input((4,)), layers.Activation(lambda x: 2 * x)]),
            "layer by layer: an activation",
        ),
    ],
)
def test_freeze_refuses(make: Callable[[], Model], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make().freeze()


def test_frozen_model_refuses_inputs_that_do_not_fit() -> None:
    frozen = branched().freeze()
    with pytest.raises(ValueError, match="same number of samples"):
        frozen([np.ones((2, 5)), np.ones((3, 3))])
    with pytest.raises(ValueError, match="expects 2 input"):
        frozen(np.ones((2, 5)))
    with pytest.raises(ValueError, match="incompatible"):
        frozen([np.ones((2, 5)), np.ones((2, 4))])
