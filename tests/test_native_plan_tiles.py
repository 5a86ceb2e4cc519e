"""Large batches go through small networks in tiles of samples: the bits are those of one piece.

A sample of `wide` is some 800 elements, forward and backward, so that a tile is 256 samples for one
thread and 2,048 for more.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import fastdense
from fastdense import Input, Model, Sequential, layers, losses
from twins import Array, Twins, assert_same

SPARSE = "sparse_categorical_crossentropy"
SIZES = (255, 256, 257, 600, 1024)


def wide(*more: Any, activation: Any = "softmax", dtype: Any = None) -> Sequential:
    """4-400-3, with more layers in the middle."""
    first = layers.Dense(400, "tanh", dtype=dtype)
    return Sequential(
        [Input((4,), dtype=dtype), first, *more, layers.Dense(3, activation, dtype=dtype)]
    )


def batch(rng: np.random.Generator, size: int, *shape: int) -> tuple[Array, Array]:
    """Inputs of 4, and labels of 3 classes."""
    x = rng.standard_normal((size, *shape, 4)).astype(np.float32)
    return x, rng.integers(0, 3, (size, *shape))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sizes_around_a_tile(size: int, dtype: str, rng: np.random.Generator) -> None:
    twins = Twins(wide(dtype=dtype), SPARSE, "adam", metrics=["accuracy"])
    x, labels = batch(rng, size)
    twins.train(x.astype(dtype), labels)
    twins.do(lambda model: model.test_on_batch(x, labels))
    twins.do(lambda model: model.predict_on_batch(x))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("features", "units"), [(1, 400), (2, 399), (3, 1), (17, 65), (65, 300)])
def test_every_way_of_a_product(
    features: int, units: int, threads: int, rng: np.random.Generator
) -> None:
    model = Sequential(
        [
            Input((features,)),
            layers.Dense(units, "relu"),
            layers.Dense(300, "tanh", use_bias=False),
            layers.Dense(2, "softmax"),
        ]
    )
    x, labels = rng.standard_normal((2500, features)).astype(np.float32), rng.integers(0, 2, 2500)
    with fastdense.num_threads(threads):
        Twins(model, SPARSE).train(x, labels)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(),
        losses.SquaredHinge(),  # what its targets mean depends on all of them
        losses.CosineSimilarity(),
        losses.BinaryCrossentropy(label_smoothing=0.25),
        losses.CategoricalCrossentropy(),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_losses(loss: Any, weighted: bool, rng: np.random.Generator) -> None:
    twins = Twins(wide(activation="sigmoid"), loss)
    x, labels = batch(rng, 700)
    y = np.eye(3, dtype=np.float32)[labels]
    y[:300] *= 2 if isinstance(loss, losses.SquaredHinge) else 1
    w = rng.uniform(0, 2, len(x)).astype(np.float32) if weighted else None
    twins.train(x, y, w)
    twins.do(lambda model: model.test_on_batch(x, y, w))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_dropout_and_any_number_of_threads(threads: int, rng: np.random.Generator) -> None:
    more = [layers.Dropout(0.5), layers.Dense(70, "gelu", kernel_regularizer="l2")]
    twins = Twins(wide(*more, layers.Dropout(0.25)), SPARSE, "adam", metrics=["accuracy"])
    with fastdense.num_threads(threads):
        for size in (5000, 300, 2049):
            twins.train(*batch(rng, size))


def test_rows_of_samples(rng: np.random.Generator) -> None:
    model = Sequential([Input((5, 4)), layers.Dense(90, "relu"), layers.Dense(3, "softmax")])
    twins = Twins(model, SPARSE)
    twins.train(*batch(rng, 700, 5))


def test_branches_and_outputs(rng: np.random.Generator) -> None:
    inputs = Input((4,))
    x = layers.Dense(300, "relu")(inputs)
    y = layers.Dense(300, "elu")(x)
    both = layers.Concatenate()([x + y, x])
    model = Model(inputs, [layers.Dense(3, "softmax")(both), layers.Dense(1)(y)])
    twins = Twins(model, [SPARSE, "mse"], "rmsprop", loss_weights=[1.0, 0.25])
    features, labels = batch(rng, 900)
    target = rng.standard_normal((900, 1)).astype(np.float32)
    twins.train(features, [labels, target])


def test_a_layer_that_is_used_twice(rng: np.random.Generator) -> None:
    shared = layers.Dense(400, "tanh")
    model = Sequential([Input((4,)), shared, layers.Dense(4), shared, layers.Dense(3, "softmax")])
    twins = Twins(model, SPARSE)
    twins.train(*batch(rng, 700))


def test_fit_gathers_tiles(rng: np.random.Generator) -> None:
    twins = Twins(wide(), SPARSE, "adam")
    twins.both[1]._shuffle_seeds.seed = twins.model._shuffle_seeds.seed
    x, labels = batch(rng, 2000)
    w = rng.uniform(0, 2, 2000)
    twins.do(
        lambda model: model.fit(
            x, labels, batch_size=900, epochs=2, sample_weight=w, verbose=0
        ).history["loss"]
    )


def test_a_bad_label_in_the_last_tile_changes_nothing(rng: np.random.Generator) -> None:
    twins = Twins(wide(), SPARSE, "adam")
    x, labels = batch(rng, 700)
    twins.train(x, labels)
    labels[-1] = 3
    twins.raises(ValueError, "label 3", lambda model: model.train_on_batch(x, labels))


def test_a_batch_does_not_see_the_gradients_of_the_one_before(rng: np.random.Generator) -> None:
    model = wide()
    fresh = copy.deepcopy(model)
    for each in (model, fresh):
        each.compile("sgd", SPARSE)
    weights = model.get_weights()
    large, small = batch(rng, 700), batch(rng, 3)
    model.train_on_batch(*large)
    model.set_weights(weights)
    assert_same("loss", model.train_on_batch(*small), fresh.train_on_batch(*small))
    assert_same("weights", model.get_weights(), fresh.get_weights())
