"""A step in one call of the core gives the bits of the same step layer by layer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import fastdense
from cases import ALL_CASES, Case
from fastdense import Input, Model, Sequential, layers, losses, optimizers, regularizers
from fastdense.optimizers import schedules
from optimizer_cases import CASES, label, make
from twins import Array, Twins, assert_same

SPARSE = "sparse_categorical_crossentropy"
RATES: dict[str, Callable[[], Any]] = {
    "exponential": lambda: schedules.ExponentialDecay(0.05, 3, 0.5),
    "cosine": lambda: schedules.CosineDecay(0.01, 6, warmup_target=0.1, warmup_steps=2),
    "piecewise": lambda: schedules.PiecewiseConstantDecay([1, 3], [0.1, 0.01, 0.2]),
    "callable": lambda: lambda: 0.03,
}


def stack(last: int = 3, activation: Any = "softmax", **dense: Any) -> Sequential:
    """5-7-last."""
    first = layers.Dense(7, "relu", input_shape=(5,), **dense)
    return Sequential([first, layers.Dense(last, activation, **dense)])


def batches(rng: np.random.Generator, *sizes: int) -> Iterator[tuple[Array, Array]]:
    """Inputs of 5, and labels of 3 classes."""
    for size in sizes:
        yield rng.standard_normal((size, 5)).astype(np.float32), rng.integers(0, 3, size)


def train(twins: Twins, rng: np.random.Generator, *sizes: int, **options: Any) -> None:
    for x, labels in batches(rng, *sizes or (9, 9, 9)):
        twins.train(x, labels, **options)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_every_optimizer(case: tuple[str, dict[str, Any]], rng: np.random.Generator) -> None:
    train(Twins(stack(), SPARSE, lambda: make(*case, learning_rate=0.05)), rng)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["SGD", "Adam", "Nadam"])
def test_learning_rates_that_change(name: str, rate: str, rng: np.random.Generator) -> None:
    train(Twins(stack(), SPARSE, lambda: make(name, {}, RATES[rate]())), rng, 9, 9, 9, 9, 9)


def test_weights_that_are_excluded_from_decay(rng: np.random.Generator) -> None:
    def optimizer() -> Any:
        made = optimizers.AdamW(0.05, weight_decay=0.1)
        made.exclude_from_weight_decay(var_names=["bias"])
        return made

    train(Twins(stack(bias_initializer="ones"), SPARSE, optimizer), rng)


LOSSES: list[Any] = [
    *(losses.get(name) for name in ("mse", "mae", "mape", "msle", "hinge", "squared_hinge")),
    *(losses.get(name) for name in ("log_cosh", "kl_divergence", "poisson")),
    losses.Huber(0.25),
    losses.CosineSimilarity(),
    losses.CategoricalHinge(),
    losses.MeanSquaredError(reduction="mean"),
    losses.BinaryCrossentropy(),
    losses.BinaryCrossentropy(label_smoothing=0.25),
    losses.BinaryCrossentropy(from_logits=True),
    losses.CategoricalCrossentropy(),
    losses.CategoricalCrossentropy(label_smoothing=0.25),
    losses.CategoricalCrossentropy(from_logits=True),
    losses.SparseCategoricalCrossentropy(),
    losses.SparseCategoricalCrossentropy(from_logits=True),
]


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_every_loss_with_and_without_fusing(
    loss: Any, activation: str, weighted: bool, rng: np.random.Generator
) -> None:
    twins = Twins(stack(3, activation), loss, "rmsprop", metrics=["mae"] if weighted else None)
    takes_labels = isinstance(loss, losses.SparseCategoricalCrossentropy)
    if takes_labels and weighted:
        twins = Twins(stack(3, activation), loss, "rmsprop", weighted_metrics=["accuracy"])
    for x, labels in batches(rng, 9, 4, 11):
        y = labels if takes_labels else np.eye(3, dtype=np.float32)[labels]
        w = rng.uniform(0, 2, len(x)).astype(np.float32) if weighted else None
        twins.train(x, y, w)
        twins.do(lambda model, x=x, y=y, w=w: model.test_on_batch(x, y, w))


@pytest.mark.parametrize("way", ["layer", "part of Dense", "Softmax"])
def test_fusing_whatever_layer_ends_the_model(way: str, rng: np.random.Generator) -> None:
    ends: dict[str, list[Any]] = {
        "layer": [layers.Dense(3), layers.Activation("softmax")],
        "part of Dense": [layers.Dense(3, "softmax")],
        "Softmax": [layers.Dense(3), layers.Softmax()],
    }
    model = Sequential([Input((5,)), layers.Dense(7, "tanh"), *ends[way]])
    twins = Twins(model, SPARSE, "adam", metrics=["accuracy"])
    train(twins, rng, 9, 4, 11)
    assert twins.model._trained is not None and twins.model._trained.compiled.fused == (True,)


PENALTIES: list[dict[str, Any]] = [
    {"kernel_regularizer": "l2"},
    {"kernel_regularizer": "l1", "bias_regularizer": "l2"},
    {"kernel_regularizer": regularizers.L1L2(0.01, 0.1)},
    {"kernel_regularizer": regularizers.L2(0.0)},
]
CONSTRAINTS: list[dict[str, Any]] = [
    {"kernel_constraint": "max_norm"},
    {"kernel_constraint": "unit_norm", "bias_constraint": "non_neg"},
    {"kernel_constraint": fastdense.constraints.MinMaxNorm(0.5, 0.75, rate=0.5)},
    {"kernel_constraint": "non_neg", "bias_constraint": "max_norm"},
]


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("options", [*PENALTIES, *CONSTRAINTS, PENALTIES[2] | CONSTRAINTS[1]])
def test_penalties_and_constraints(
    options: dict[str, Any], optimizer: str, rng: np.random.Generator
) -> None:
    twins = Twins(stack(**options), SPARSE, optimizer)
    train(twins, rng)
    (x, labels), *_ = batches(rng, 9)
    twins.do(lambda model: model.evaluate(x, labels, batch_size=4, verbose=0))


@pytest.mark.parametrize("ending", ["part of Dense", "layer"])
@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_every_activation(case: Case, ending: str, rng: np.random.Generator) -> None:
    native = case.name != "glu"
    width = 10 if case.name == "glu" else 7
    middle: list[Any] = [layers.Dense(width, case.spec)]
    if ending == "layer":
        middle = [layers.Dense(width), layers.Activation(case.spec)]
    model = Sequential([Input((5,)), *middle, layers.Dense(3, "softmax")])
    twins = Twins(model, SPARSE, "sgd", native=native)
    train(twins, rng)
    (x, _), *_ = batches(rng, 20)
    assert_same("outputs", model(x), model._built_graph().run([x])[0])


def test_layers_of_activations(rng: np.random.Generator) -> None:
    model = Sequential(
        [
            Input((5,)),
            layers.ReLU(max_value=2.0, negative_slope=0.125),
            layers.Dense(7, use_bias=False),
            layers.LeakyReLU(0.25),
            layers.ELU(),
            layers.Dropout(0.25),
            layers.Activation("gelu"),
            layers.Dense(3),
            layers.Identity(),
            layers.Softmax(),
        ]
    )
    train(Twins(model, SPARSE, "adam"), rng)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_dropout_that_is_used_twice(rate: float, rng: np.random.Generator) -> None:
    x = Input((5,))
    shared = layers.Dropout(rate, seed=3)
    h = layers.Dropout(0.1)(layers.Dense(6, "relu")(shared(x)))
    model = Model(x, layers.Dense(3, "softmax")(shared(h)))
    twins = Twins(model, SPARSE, "adam")
    train(twins, rng, 9, 300, 2)
    assert shared._seeds.counter == (6 if rate else 0)


@pytest.mark.parametrize("name", ["layer", "bias only", "first", "all"])
def test_frozen_weights(name: str, rng: np.random.Generator) -> None:
    model = stack(kernel_regularizer="l2", kernel_constraint="max_norm")
    first, last = model.layers
    if name == "bias only":
        first._weights["kernel"].trainable = last._weights["kernel"].trainable = False
    frozen = {"layer": [last], "bias only": [], "first": [first], "all": [first, last]}[name]
    for layer in frozen:
        layer.trainable = False
    twins = Twins(model, SPARSE, "nadam")
    train(twins, rng)
    steps = twins.model.optimizer
    assert steps is not None and steps.iterations == (0 if name == "all" else 3)


def test_class_weights(rng: np.random.Generator) -> None:
    twins = Twins(stack(), SPARSE, "sgd", metrics=["accuracy"])
    train(twins, rng, 9, 4, class_weight={0: 2.0, 2: 0.3})


@pytest.mark.parametrize("weight", [0.3, 2.0, 0.0, -1.7])
def test_loss_weights(weight: float, rng: np.random.Generator) -> None:
    train(Twins(stack(), SPARSE, "sgd", loss_weights=weight), rng, 9, 7, 3)


@pytest.mark.parametrize("dense", [{"dtype": "float64"}, {"use_bias": False}], ids=str)
def test_kinds_of_dense(dense: dict[str, Any], rng: np.random.Generator) -> None:
    twins = Twins(stack(kernel_regularizer="l2", **dense), SPARSE, "adam")
    train(twins, rng)
    assert all(w.dtype == dense.get("dtype", "float32") for w in twins.model.weights)


def test_batches_that_grow_and_shrink(rng: np.random.Generator) -> None:
    train(Twins(stack(), SPARSE, "adam"), rng, 3, 1, 50, 16, 17, 400, 2)


@pytest.mark.parametrize("order", [False, True, "batch"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_fit_gathers_the_rows(order: Any, weighted: bool, rng: np.random.Generator) -> None:
    twins = Twins(stack(), SPARSE, "adam", weighted_metrics=["accuracy"])
    (x, labels), *_ = batches(rng, 50)
    w = rng.uniform(0, 2, 50) if weighted else None
    seed = twins.model._shuffle_seeds.seed
    twins.both[1]._shuffle_seeds.seed = seed

    def fit(model: Model) -> list[Any]:
        history = model.fit(
            x, labels, batch_size=16, epochs=3, shuffle=order, sample_weight=w, verbose=0
        ).history
        return [history["loss"], history["accuracy"]]

    twins.do(lambda model: fit(model)[0])
    twins.do(lambda model: fit(model)[1])
    twins.do(lambda model: model.predict(x, batch_size=16, verbose=0))
    twins.do(lambda model: model.evaluate(x, labels, batch_size=16, sample_weight=w, verbose=0))


@pytest.mark.parametrize("shape", [(5, 7, 3), (20, 70, 10), (784, 300, 10)], ids=str)
def test_any_number_of_threads(shape: tuple[int, int, int], rng: np.random.Generator) -> None:
    features, hidden, classes = shape
    model = Sequential(
        [
            layers.Dense(hidden, "relu", input_shape=(features,), kernel_regularizer="l2"),
            layers.Dropout(0.5),
            layers.Dense(hidden, "tanh", kernel_constraint="max_norm"),
            layers.Dense(classes, "softmax"),
        ]
    )
    all_twins = {threads: Twins(copy.deepcopy(model), SPARSE, "adam") for threads in (1, 2, 3)}
    data = [
        (rng.standard_normal((size, features)).astype(np.float32), rng.integers(0, classes, size))
        for size in (200, 333, 1)
    ]
    found = []
    for threads, twins in all_twins.items():
        with fastdense.num_threads(threads):
            for x, labels in data:
                twins.train(x, labels)
            found.append([twins.model(data[1][0]), *twins.model.get_weights()])
    for other in found[1:]:
        assert_same("with more threads", other, found[0])


@pytest.mark.parametrize("rows", [1, 2, 5, 191, 192, 193, 385, 2000])
def test_predictions_are_those_of_the_layers(rows: int, rng: np.random.Generator) -> None:
    model = Sequential(
        [
            layers.Dense(300, "relu", input_shape=(20,)),
            layers.Dense(200, "gelu"),
            layers.Dropout(0.5),
            layers.Dense(10, "softmax"),
        ]
    )
    x = rng.standard_normal((rows, 20)).astype(np.float32)
    expected = model._built_graph().run([x])[0]
    for threads in (1, 2, 3):
        with fastdense.num_threads(threads):
            assert_same("outputs", model(x), expected)
            assert_same("outputs", model.predict(x, batch_size=512, verbose=0), expected)
    assert model._in_core[1] is not None
