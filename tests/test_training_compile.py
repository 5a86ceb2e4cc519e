"""What `compile` takes, and what becomes of it for each output."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastdense import layers, losses, metrics, models, optimizers
from fastdense.models.native import NativeExecution

Array = np.ndarray[Any, np.dtype[Any]]


def classifier(units: int = 3) -> models.Sequential:
    last = layers.Dense(units, "softmax" if units > 1 else "sigmoid", name="out")
    return models.Sequential([layers.Input((4,)), last])


def of_two() -> models.Model:
    x = layers.Input((4,))
    return models.Model(x, [layers.Dense(2, name="p")(x), layers.Dense(3, "softmax", name="q")(x)])


def data(rng: np.random.Generator) -> tuple[Array, Array]:
    return rng.standard_normal((12, 4)).astype(np.float32), rng.integers(0, 3, 12)


def test_names_configs_objects_and_functions_mean_the_same(rng: np.random.Generator) -> None:
    x, y = data(rng)
    model = classifier()
    found = []
    for optimizer in ("rmsprop", "RMSprop", optimizers.RMSprop(), {"class_name": "RMSprop"}):
        for loss in (
            "sparse_categorical_crossentropy",
            "SparseCategoricalCrossentropy",
            losses.SparseCategoricalCrossentropy(),
            losses.sparse_categorical_crossentropy,
        ):
            model.compile(optimizer, loss)
            assert isinstance(model.optimizer, optimizers.RMSprop)
            assert model.loss is loss
            found.append(model.evaluate(x, y, verbose=0))
    assert len(set(found)) == 1


def test_accuracy_and_crossentropy_go_by_the_shapes(rng: np.random.Generator) -> None:
    x, y = data(rng)
    for units, targets, loss, metric in (
        (1, (y > 0), losses.BinaryCrossentropy, metrics.BinaryAccuracy),
        (3, y, losses.SparseCategoricalCrossentropy, metrics.SparseCategoricalAccuracy),
        (3, y[:, None], losses.SparseCategoricalCrossentropy, metrics.SparseCategoricalAccuracy),
        (3, np.eye(3)[y], losses.CategoricalCrossentropy, metrics.CategoricalAccuracy),
    ):
        for loss_name, metric_name in (("crossentropy", "accuracy"), ("ce", "acc")):
            model = classifier(units)
            model.compile("sgd", loss_name, metrics=[metric_name])
            found = model.evaluate(x, targets, verbose=0, return_dict=True)
            assert found["loss"] == pytest.approx(
                loss()(np.float32(targets), model.predict(x, verbose=0)), rel=1e-6
            )
            assert model.metrics_names == ["loss", metric_name]
            assert [type(each) for each in model.metrics] == [metric]


def test_metrics_have_the_names_that_they_were_asked_for_by(rng: np.random.Generator) -> None:
    def spread(y_true: Array, y_pred: Array) -> Array:
        return np.ptp(y_pred, axis=-1)

    model = of_two()
    model.compile(
        "sgd",
        ["mse", "sparse_categorical_crossentropy"],
        metrics={"q": ["acc", metrics.SparseTopKCategoricalAccuracy(2, name="top"), "acc"]},
        weighted_metrics=[spread, ["acc"]],
    )
    assert model.metrics == [] and model.metrics_names == []
    x, y = data(rng)
    model.evaluate(x, [np.zeros((12, 2)), y], verbose=0)
    assert model.metrics_names == [
        "loss", "p_loss", "q_loss",
        "p_spread", "q_acc", "q_acc_1", "q_top", "q_weighted_acc",
    ]  # fmt: skip


def test_one_loss_is_that_of_all_outputs_and_losses_may_be_given_by_name(
    rng: np.random.Generator,
) -> None:
    x, _ = data(rng)
    y = [rng.random((12, 2)), rng.random((12, 3))]
    model = of_two()
    found = []
    for loss, loss_weights in (
        ("mse", None),
        (["mse", "mse"], [1, 1]),
        ({"q": "mse", "p": "mse"}, {"q": 1.0, "p": 1.0}),
    ):
        model.compile("sgd", loss, loss_weights)
        found.append(model.evaluate(x, y, verbose=0))
    assert found[0] == found[1] == found[2]
    assert found[0][0] == pytest.approx(found[0][1] + found[0][2])


def test_the_logits_are_used_only_where_nothing_else_uses_the_output(
    rng: np.random.Generator,
) -> None:
    x = layers.Input((4,))
    p = layers.Dense(3, "softmax", name="p")(x)
    q = layers.Dense(3, "softmax", name="q", activity_regularizer="l2")(x)
    r = layers.Dense(3, "softmax", name="r")(x)
    model = models.Model(x, [p, layers.Dense(2, name="after")(p), q, r, r])
    crossentropy = losses.SparseCategoricalCrossentropy()
    model.compile("sgd", [crossentropy, "mse", crossentropy, crossentropy, crossentropy])
    labels = rng.integers(0, 3, 12)
    y = [labels, rng.random((12, 2)), labels, labels, labels]
    model.evaluate(rng.standard_normal((12, 4)), y, verbose=0)
    assert model._trained is not None
    assert model._trained.compiled.fused == (False,) * 5
    alone = classifier()
    alone.compile("sgd", crossentropy)
    alone.evaluate(rng.standard_normal((12, 4)), labels, verbose=0)
    assert alone._trained is not None and alone._trained.compiled.fused == (True,)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "optimizer": ({"optimizer": "sdg"}, "sdg"),
    "no-optimizer": ({"optimizer": None}, "Expected `optimizer` to be a name"),
    "loss": ({"loss": "mean_square"}, "Could not interpret loss identifier: mean_square"),
    "nested-loss": ({"loss": {"p": "mse", "q": "nope"}}, "nope"),
    "metric": ({"metrics": ["precise"]}, "Could not interpret metric identifier: precise"),
    "metrics": (
        {"metrics": "accuracy"}, "Expected `metrics` argument to be a list, tuple, or dict",
    ),
    "weighted-metrics": (
        {"weighted_metrics": "accuracy"},
        "Expected `weighted_metrics` argument to be a list, tuple, or dict",
    ),
    "loss-weights": ({"loss_weights": "heavy"}, "Expected `loss_weights` argument to be a float"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_compile_refuses_and_leaves_what_was_compiled(
    arguments: dict[str, Any], message: str
) -> None:
    model = of_two()
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match=re.escape(message)):
        model.compile(**{"optimizer": "sgd", "loss": "mse", **arguments})
    assert isinstance(model.optimizer, optimizers.Adam)


REFUSED_WITH_DATA: dict[str, tuple[dict[str, Any], str]] = {
    "no-loss": ({}, "No loss to compute. Provide a `loss` argument in `compile()`"),
    "losses": ({"loss": ["mse"]}, "`loss`: expected 2 of them, one for each of ['p', 'q']"),
    "loss-names": ({"loss": {"p": "mse"}}, "Expected keys ['p', 'q'] in the dict `loss`"),
    "weights": (
        {"loss": "mse", "loss_weights": [1.0]}, "`loss_weights`: expected 2 of them",
    ),
    "one-weight": (
        {"loss": "mse", "loss_weights": 1.0}, "Received: a single float",
    ),
    "text-for-a-weight": (
        {"loss": "mse", "loss_weights": [1.0, "2"]}, "`loss_weights`: expected numbers",
    ),
    "metrics": ({"loss": "mse", "metrics": ["mae"]}, "Invalid `metrics`. Expected a list"),
    "metric-names": (
        {"loss": "mse", "weighted_metrics": {"p": "mae", "z": "mae"}},
        "names of outputs as keys; they are ['p', 'q']",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED_WITH_DATA.values(), ids=REFUSED_WITH_DATA
)
@pytest.mark.parametrize(
    "call",
    [
        lambda m, x, y: m.fit(x, y, verbose=0),
        lambda m, x, y: m.evaluate(x, y, verbose=0),
        lambda m, x, y: m.train_on_batch(x, y),
    ],
    ids=["fit", "evaluate", "train_on_batch"],
)
def test_what_does_not_fit_the_outputs_is_refused_before_anything_is_trained(
    arguments: dict[str, Any],
    message: str,
    call: Callable[..., object],
    rng: np.random.Generator,
) -> None:
    model = of_two()
    model.compile("sgd", **arguments)
    before = model.get_weights()
    with pytest.raises(ValueError, match=re.escape(message)):
        call(model, rng.random((5, 4)), [rng.random((5, 2)), rng.random((5, 3))])
    for old, new in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, new)


def thawed(optimizer: Any, x: Array, y: Array) -> models.Sequential:
    """A layer that was frozen in the steps made so far."""
    model = classifier()
    model.layers[0].trainable = False
    model.add(layers.Dense(3, "softmax", kernel_regularizer="l2"))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = True
    return model


def added(optimizer: Any, x: Array, y: Array) -> models.Sequential:
    """A layer that came after the steps made so far."""
    model = classifier()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    model.add(layers.Dense(3, "softmax", kernel_regularizer="l2"))
    return model


def second(optimizer: Any, x: Array, y: Array) -> models.Sequential:
    """A model beside the one whose steps were made so far."""
    model = classifier()
    thawed(optimizer, x, y)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("optimizer", [optimizers.Adam, optimizers.SGD])
@pytest.mark.parametrize("case", [thawed, added, second])
def test_tests_go_on_where_the_optimizer_does_not_fit_the_weights(
    case: Callable[..., models.Sequential],
    optimizer: Callable[[], optimizers.Optimizer],
    rng: np.random.Generator,
) -> None:
    x, y = data(rng)
    model = case(optimizer(), x, y)
    found = [model.evaluate(x, y, verbose=0), model.test_on_batch(x, y)]
    assert model._trained is not None
    assert isinstance(model._trained.testing, NativeExecution)
    before = model.get_weights()
    for train in (model.train_on_batch, lambda x, y: model.fit(x, y, verbose=0)):
        with pytest.raises(ValueError, match="Unknown variable"):
            train(x, y)
    for old, new in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.evaluate(x, y, verbose=0) == found[0]
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    trained = model.train_on_batch(x, y)  # builds the optimizer, and says what was before the step
    model.set_weights(before)
    assert found == [model.evaluate(x, y, verbose=0), model.test_on_batch(x, y)]
    assert trained == found[1] and model._trained.testing is model._trained.training


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_test_does_not_build_the_optimizer_and_the_first_step_makes_nothing_ready_anew(
    run_eagerly: bool, rng: np.random.Generator
) -> None:
    x, y = data(rng)
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=run_eagerly)
    model.evaluate(x, y, verbose=0)
    ready = model._trained
    assert model.optimizer is not None and not model.optimizer.built
    model.train_on_batch(x, y)
    model.fit(x, y, verbose=0)
    assert model._trained is ready and model.optimizer.iterations == 2


def test_predictions_need_no_compile(rng: np.random.Generator) -> None:
    x, _ = data(rng)
    model = of_two()
    assert not model.compiled
    assert [y.shape for y in model.predict(x, verbose=0)] == [(12, 2), (12, 3)]
    assert [y.shape for y in model.predict_on_batch(x[:1])] == [(1, 2), (1, 3)]


class Scaled(layers.Layer):
    """A layer of the user's own, with a weight and a gradient."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((), "ones", name="scale")
        super().build(input_shape)

    def call(self, inputs: Array) -> Array:  # type: ignore[override]
        return inputs * self.scale

    def forward(self, inputs: Array) -> Any:  # type: ignore[override]
        def backprop(dy: Array, needs_input_grad: bool) -> Any:
            return dy * self.scale, {"scale": np.sum(dy * inputs)}

        return self.call(inputs), backprop


def absolute(y_true: Array, y_pred: Array) -> Array:
    """A loss of the user's own; its gradient follows."""
    return np.mean(np.abs(y_true - y_pred), axis=-1)


def test_parts_of_the_users_own_train_and_lack_of_a_gradient_says_so(
    rng: np.random.Generator,
) -> None:
    x = rng.standard_normal((64, 2)).astype(np.float32)
    model = models.Sequential([layers.Input((2,)), Scaled()])
    model.compile(optimizers.SGD(0.1), absolute)
    with pytest.raises(TypeError, match=r"absolute has no method `gradient\(y_true, y_pred\)`"):
        model.fit(x, 3 * x, verbose=0)
    assert model.evaluate(x, 3 * x, verbose=0) == pytest.approx(np.mean(np.abs(2 * x)), rel=1e-6)

    def gradient(y_true: Array, y_pred: Array) -> Array:
        return np.sign(y_pred - y_true) / y_pred.shape[-1]

    absolute.gradient = gradient  # type: ignore[attr-defined]
    model.compile(optimizers.SGD(0.1), absolute)
    history = model.fit(x, 3 * x, epochs=50, batch_size=16, verbose=0)
    assert history.history["loss"][-1] < 0.1 * history.history["loss"][0]
    assert float(model.layers[0].scale) == pytest.approx(3, abs=0.1)
