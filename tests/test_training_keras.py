"""`fit`, `evaluate`, `predict` and steps on batches against Keras itself, where it is installed.

One recipe makes and compiles a model of either library; both start with the same weights and see
the same batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import fastdense
from keras_backend import import_keras

keras = import_keras()
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

Array = np.ndarray[Any, np.dtype[Any]]
# Of losses and weights after some ten steps in float32. Rounding grows to some 1e-6; a wrong
# constant, factor or order makes 1e-3 and more.
TOLERANCE = 5e-5


def classifier(k: Any, **dense: Any) -> Any:
    return k.Sequential(
        [
            k.Input((6,), name="x"),
            k.layers.Dense(8, "tanh", name="hidden", **dense),
            k.layers.Dense(3, "softmax", name="out", **dense),
        ]
    )


def regression(k: Any) -> Any:
    return k.Sequential(
        [k.Input((6,), name="x"), k.layers.Dense(8, "relu", name="hidden"),
         k.layers.Dense(3, name="out")]
    )  # fmt: skip


def binary(k: Any) -> Any:
    x = k.Input((6,), name="x")
    hidden = k.layers.Dense(8, "tanh", name="hidden")(x)
    return k.Model(x, k.layers.Dense(1, "sigmoid", name="out")(hidden))


def of_sequences(k: Any) -> Any:
    x = k.Input((4, 6), name="x")
    hidden = k.layers.Dense(8, "tanh", name="hidden")(x)
    return k.Model(x, k.layers.Dense(3, "softmax", name="out")(hidden))


def of_several(k: Any) -> Any:
    x, z = k.Input((6,), name="x"), k.Input((2,), name="z")
    both = k.layers.Concatenate(name="both")([x, z])
    hidden = k.layers.Dense(5, "tanh", name="hidden", activity_regularizer="l2")(both)
    return k.Model(
        [x, z],
        [k.layers.Dense(3, "softmax", name="p", kernel_regularizer="l1")(hidden),
         k.layers.Dense(3, name="q")(hidden)],
    )  # fmt: skip


class Case(NamedTuple):
    """A model, what it is compiled with, and what `fit` gets besides."""

    make: Callable[[Any], Any]
    compiled: Callable[[Any], dict[str, Any]]
    targets: str = "labels"
    fit: dict[str, Any] = {}  # noqa: RUF012  # read only


def made(name: str, **arguments: Any) -> Callable[[Any], dict[str, Any]]:
    """With an optimizer by its class, and the crossentropy of labels."""
    return lambda k: {
        "optimizer": getattr(k.optimizers, name)(**arguments),
        "loss": "sparse_categorical_crossentropy",
    }


def said(**arguments: Any) -> Callable[[Any], dict[str, Any]]:
    """With arguments that are the same for both libraries."""
    return lambda k: {"optimizer": k.optimizers.SGD(0.1), **arguments}


OPTIMIZERS = {
    "sgd": made("SGD", learning_rate=0.1),
    "nesterov": made("SGD", learning_rate=0.05, momentum=0.9, nesterov=True),
    "rmsprop": made("RMSprop", learning_rate=0.01),
    "adam": made("Adam", learning_rate=0.01),
    "adam-clipnorm": made("Adam", learning_rate=0.01, clipnorm=0.1, weight_decay=0.01),
    "adamw": made("AdamW", learning_rate=0.01),
    "adagrad": made("Adagrad", learning_rate=0.1),
    "adamax": made("Adamax", learning_rate=0.01),
    "nadam": made("Nadam", learning_rate=0.01),
    "global-clipnorm": made("SGD", learning_rate=0.5, global_clipnorm=0.2),
}
LOSSES = {
    "mse": "dense", "mae": "dense", "huber": "dense", "kl_divergence": "shares",
    "categorical_crossentropy": "shares", "hinge": "signs",
}  # fmt: skip
CASES = {
    **{name: Case(classifier, compiled) for name, compiled in OPTIMIZERS.items()},
    **{
        loss: Case(classifier if kind == "shares" else regression, said(loss=loss), kind)
        for loss, kind in LOSSES.items()
    },
    "binary": Case(
        binary, said(loss="binary_crossentropy", metrics=["accuracy", "AUC"]), "binary"
    ),
    "ce": Case(classifier, said(loss="ce", metrics=["acc"]), "column"),
    "accuracy": Case(
        classifier,
        said(loss="sparse_categorical_crossentropy", metrics=["accuracy", "accuracy"],
             weighted_metrics=["accuracy"]),
        fit={"sample_weight": "yes"},
    ),
    "loss-weight": Case(
        regression, said(loss=["mse"], loss_weights=[0.5], metrics=["mae"]), "dense"
    ),
    "regularized": Case(
        lambda k: classifier(k, kernel_regularizer="l2", bias_regularizer="l1"),
        said(loss="sparse_categorical_crossentropy"),
    ),
    "constrained": Case(
        lambda k: classifier(k, kernel_constraint="max_norm", bias_constraint="non_neg"),
        said(loss="sparse_categorical_crossentropy"),
    ),
    "class-weight": Case(
        classifier,
        said(loss="sparse_categorical_crossentropy"),
        fit={"class_weight": {0: 2.0, 1: 0.5}},
    ),
    "class-weight-one-hot": Case(
        classifier,
        said(loss="categorical_crossentropy", metrics=["accuracy"]),
        "one-hot",
        {"class_weight": {0: 2.0, 1: 0.5}},
    ),
    "sequences": Case(
        of_sequences,
        said(loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
        "labels of steps",
        {"sample_weight": "yes"},
    ),
    "several": Case(
        of_several,
        said(
            loss=["sparse_categorical_crossentropy", "mse"],
            loss_weights=[1.0, 0.5],
            metrics=[["accuracy"], ["mae", "mse"]],
            weighted_metrics=[None, ["mae"]],
        ),
        "both",
        {"sample_weight": "yes"},
    ),
    "several-by-name": Case(
        of_several,
        said(
            loss={"q": "mae", "p": "categorical_crossentropy"},
            loss_weights={"q": 0.5, "p": 2.0},
            metrics={"q": "mse"},
        ),
        "both by name",
    ),
    "one-loss-for-several": Case(of_several, said(loss="mse"), "both dense"),
}  # fmt: skip
by_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
ROWS = 44


def inputs_of(model: Any, rng: np.random.Generator) -> Any:
    arrays = [
        rng.standard_normal((ROWS, *tensor.shape[1:])).astype(np.float32) for tensor in model.inputs
    ]
    return arrays if len(arrays) > 1 else arrays[0]


def targets_of(kind: str, rng: np.random.Generator) -> Any:
    labels, dense = rng.integers(0, 3, ROWS), rng.standard_normal((ROWS, 3)).astype(np.float32)
    shares = rng.dirichlet(np.ones(3), ROWS).astype(np.float32)
    return {
        "labels": labels,
        "column": labels[:, None],
        "one-hot": np.eye(3, dtype=np.float32)[labels],
        "binary": (labels > 0).astype(np.float32),
        "dense": dense,
        "signs": np.sign(dense),
        "shares": shares,
        "labels of steps": rng.integers(0, 3, (ROWS, 4)),
        "both": [labels, dense],
        "both by name": {"p": shares, "q": dense},
        "both dense": [shares, dense],
    }[kind]


class Pair:
    """The same model in both libraries, with data for it."""

    def __init__(self, case: Case, rng: np.random.Generator) -> None:
        self.models = [case.make(library) for library in (fastdense, keras)]
        ours = self.models[0]
        weights = [rng.uniform(-0.5, 0.5, w.shape).astype(np.float32) for w in ours.weights]
        for library, model in zip((fastdense, keras), self.models, strict=True):
            model.set_weights(weights)
            model.compile(**case.compiled(library))
        self.x, self.y = inputs_of(ours, rng), targets_of(case.targets, rng)
        self.fit = dict(case.fit)
        if "sample_weight" in self.fit:
            # Keras has no way from one weight per sample to those of its steps.
            shape = self.y.shape if case.targets == "labels of steps" else ROWS
            self.fit["sample_weight"] = rng.uniform(0.5, 2, shape).astype(np.float32)

    def assert_same_weights(self) -> None:
        ours, theirs = (model.get_weights() for model in self.models)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)


def assert_same(ours: Any, theirs: Any) -> None:
    """Numbers, lists and dicts of them, arrays: the same structure, and the same values."""
    assert type(ours) is type(theirs) or np.isscalar(ours)
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(ours, list):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)


@by_case
def test_fit_has_the_history_and_leaves_the_weights_of_keras(
    case: Case, rng: np.random.Generator
) -> None:
    pair = Pair(case, rng)
    splits = {} if "class_weight" in pair.fit else {"validation_split": 0.25}
    if isinstance(pair.y, dict):
        splits = {"validation_data": (pair.x, pair.y)}
    histories = [
        model.fit(
            pair.x, pair.y, batch_size=8, epochs=2, shuffle=False, verbose=0, **pair.fit, **splits
        )
        for model in pair.models
    ]
    ours, theirs = histories
    assert_same(ours.history, theirs.history)
    assert (ours.epoch, ours.params) == (theirs.epoch, theirs.params)
    pair.assert_same_weights()


@by_case
def test_evaluate_and_predict_say_what_keras_says(case: Case, rng: np.random.Generator) -> None:
    pair = Pair(case, rng)
    weights = {k: v for k, v in pair.fit.items() if k == "sample_weight"}
    for as_dict in (False, True):
        ours, theirs = (
            model.evaluate(pair.x, pair.y, batch_size=8, verbose=0, return_dict=as_dict, **weights)
            for model in pair.models
        )
        if case is not CASES["accuracy"] or as_dict:  # Keras' list repeats what is there twice
            assert_same(ours, theirs)
    for call in ("predict", "predict_on_batch"):
        arguments = {"batch_size": 8, "verbose": 0} if call == "predict" else {}
        assert_same(*(getattr(model, call)(pair.x, **arguments) for model in pair.models))


@by_case
def test_steps_on_batches_are_those_of_keras(case: Case, rng: np.random.Generator) -> None:
    pair = Pair(case, rng)
    weights = {k: v for k, v in pair.fit.items() if k == "sample_weight"}
    for _ in range(3):
        assert_same(
            *(
                model.train_on_batch(pair.x, pair.y, return_dict=True, **pair.fit)
                for model in pair.models
            )
        )
    assert_same(
        *(model.test_on_batch(pair.x, pair.y, return_dict=True, **weights) for model in pair.models)
    )
    pair.assert_same_weights()


def test_frozen_layers_are_as_in_keras(rng: np.random.Generator) -> None:
    pair = Pair(CASES["regularized"], rng)
    for library, model in zip((fastdense, keras), pair.models, strict=True):
        model.get_layer("hidden").trainable = False
        model.compile(library.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    histories = [
        model.fit(pair.x, pair.y, epochs=3, shuffle=False, verbose=0) for model in pair.models
    ]
    assert_same(*(history.history for history in histories))
    pair.assert_same_weights()


def test_generators_are_as_in_keras(rng: np.random.Generator) -> None:
    pair = Pair(CASES["accuracy"], rng)

    def batches() -> Any:
        while True:
            for start in range(0, ROWS, 8):
                yield pair.x[start : start + 8], pair.y[start : start + 8]

    histories = [
        model.fit(
            batches(), steps_per_epoch=4, epochs=3, validation_data=(pair.x, pair.y), verbose=0
        )
        for model in pair.models
    ]  # fmt: skip
    assert_same(*(history.history for history in histories))
    pair.assert_same_weights()


@pytest.mark.parametrize("batch_size", [None, 20])
@pytest.mark.parametrize("steps", [1, 3, 50])
def test_steps_are_those_of_keras(
    steps: int, batch_size: int | None, rng: np.random.Generator
) -> None:
    pair = Pair(CASES["accuracy"], rng)
    tests = {"steps": steps, "batch_size": batch_size, "verbose": 0}
    for call in ("predict", "evaluate"):
        data = (pair.x, pair.y) if call == "evaluate" else (pair.x,)
        more = {"return_dict": True} if call == "evaluate" else {}
        assert_same(*(getattr(model, call)(*data, **tests, **more) for model in pair.models))
    for validation in ({"validation_data": (pair.x, pair.y)}, {"validation_split": 0.5}):
        histories = [
            model.fit(
                pair.x, pair.y, shuffle=False, verbose=0, validation_steps=steps,
                validation_batch_size=batch_size, **validation,
            )
            for model in pair.models
        ]  # fmt: skip
        assert_same(*(history.history for history in histories))


def test_evaluate_goes_on_where_the_optimizer_does_not_fit_as_in_keras(
    rng: np.random.Generator,
) -> None:
    pair = Pair(CASES["regularized"], rng)
    found = []
    for model in pair.models:
        model.get_layer("hidden").trainable = False
        model.fit(pair.x, pair.y, shuffle=False, verbose=0)
        model.get_layer("hidden").trainable = True
        found.append(model.evaluate(pair.x, pair.y, verbose=0, return_dict=True))
        with pytest.raises(ValueError, match="Unknown variable"):
            model.fit(pair.x, pair.y, verbose=0)
    assert_same(*found)
