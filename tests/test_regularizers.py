"""Regularizers: penalty, gradient, names and configs, and their effect in a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import differences
import reference
from fastdense import layers, regularizers

PENALTIES: list[tuple[str, dict[str, Any], Any]] = [
    ("L1", {"l1": 0.25}, reference.l1_l2_penalty),
    ("L2", {"l2": 0.5}, reference.l1_l2_penalty),
    ("L1L2", {"l1": 0.25, "l2": 0.5}, reference.l1_l2_penalty),
    ("OrthogonalRegularizer", {"factor": 0.25}, reference.orthogonal_penalty),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}, reference.orthogonal_penalty),
]
by_penalty = pytest.mark.parametrize(("name", "arguments", "truth"), PENALTIES)


@by_penalty
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_regularizer_matches_reference(
    name: str, arguments: dict[str, Any], truth: Any, dtype: Any, rng: np.random.Generator
) -> None:
    w = rng.standard_normal((7, 5)).astype(dtype)
    penalty = float(getattr(regularizers, name)(**arguments)(w))
    # All terms are positive: 35 squares or |w|, or 21 cosines of 7 terms, each rounded: 2 (35 + 10)
    # u relative.
    assert penalty == pytest.approx(truth(w, **arguments), rel=90 * bounds.unit(dtype))


@by_penalty
@pytest.mark.parametrize("use", ["kernel_regularizer", "bias_regularizer"])
def test_regularizer_adds_its_gradient_in_backward(
    use: str, name: str, arguments: dict[str, Any], truth: Any, rng: np.random.Generator
) -> None:
    if use == "bias_regularizer" and name == "OrthogonalRegularizer":
        use = "kernel_regularizer"
    regularizer = getattr(regularizers, name)(**arguments)
    layer = layers.Dense(5, dtype="float64", bias_initializer="random_normal", **{use: regularizer})
    plain = layers.Dense(5, dtype="float64")
    x, dy = rng.standard_normal((4, 6)), rng.standard_normal((4, 5))
    layer(x, training=True)
    plain.build(x.shape)
    plain.set_weights(layer.get_weights())
    plain(x, training=True)
    np.testing.assert_array_equal(layer.backward(dy), plain.backward(dy))
    index = 0 if use == "kernel_regularizer" else 1
    differences.assert_gradients(
        lambda w: truth(w, **arguments),
        [layer.get_weights()[index]],
        [layer.gradients[index] - plain.gradients[index]],
        f"{name} on {use}",
    )
    np.testing.assert_array_equal(layer.gradients[1 - index], plain.gradients[1 - index])
    assert float(layer.losses[0]) == pytest.approx(
        truth(layer.get_weights()[index], **arguments), rel=1e-14
    )


def test_activity_regularizer_adds_to_losses_and_gradients(rng: np.random.Generator) -> None:
    layer = layers.Dense(
        5, dtype="float64", activation="tanh", activity_regularizer=regularizers.L1L2(0.25, 0.5)
    )
    x, dy = rng.standard_normal((4, 6)), rng.standard_normal((4, 5))
    layer.build(x.shape)
    y = layer(x, training=True)
    assert len(layer.losses) == 1
    # Keras divides the penalty of the outputs by the batch size.
    assert float(layer.losses[0]) == pytest.approx(
        reference.l1_l2_penalty(y, 0.25, 0.5) / 4, rel=1e-13
    )
    dx = layer.backward(dy)

    def loss(x: Any, kernel: Any, bias: Any) -> float:
        out = np.tanh(reference.dense(x, kernel, bias)[0])
        return float(np.sum(dy * out)) + reference.l1_l2_penalty(out, 0.25, 0.5) / 4

    differences.assert_gradients(
        loss, [x, *layer.get_weights()], [dx, *layer.gradients], "activity"
    )


def test_losses_list_activity_first_then_each_regularized_trainable_weight(
    rng: np.random.Generator,
) -> None:
    layer = layers.Dense(
        5, dtype="float64", kernel_regularizer="l1", bias_regularizer="l2",
        bias_initializer="ones", activity_regularizer="l2",
    )  # fmt: skip
    x = rng.standard_normal((4, 6))
    y = layer(x)
    expected = [
        reference.l1_l2_penalty(y, l2=0.01) / 4,
        reference.l1_l2_penalty(layer.kernel, l1=0.01),
        reference.l1_l2_penalty(layer.bias, l2=0.01),
    ]
    np.testing.assert_allclose([float(value) for value in layer.losses], expected, rtol=1e-13)
    layer(x)
    assert len(layer.losses) == 3
    layer.trainable = False
    layer(x)
    np.testing.assert_allclose([float(value) for value in layer.losses], expected[:1], rtol=1e-13)


@by_penalty
def test_regularizer_round_trips_through_config(
    name: str, arguments: dict[str, Any], truth: Any
) -> None:
    regularizer = getattr(regularizers, name)(**arguments)
    assert regularizer.get_config().items() >= arguments.items()
    clone = type(regularizer).from_config(regularizer.get_config())
    assert clone.get_config() == regularizer.get_config()
    again = regularizers.get(regularizers.serialize(regularizer))
    assert type(again) is type(regularizer) and again.get_config() == regularizer.get_config()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("l1", {"l1": 0.01}),
        ("L1", {"l1": 0.01}),
        ("l2", {"l2": 0.01}),
        ("l1l2", {"l1": 0.0, "l2": 0.0}),
        ("orthogonal_regularizer", {"factor": 0.01, "mode": "rows"}),
    ],
)
def test_regularizer_name_has_keras_defaults(name: str, config: dict[str, Any]) -> None:
    assert regularizers.get(name).get_config() == config


def test_regularizer_may_be_any_callable_and_none() -> None:
    assert regularizers.get(None) is None
    layer = layers.Dense(
        2, kernel_regularizer=lambda w: float(np.sum(w)), kernel_initializer="ones"
    )
    layer(np.ones((1, 3), np.float32))
    assert float(layer.losses[0]) == 6.0


@pytest.mark.parametrize("value", [-1, -0.5, np.nan, np.inf, "1"])
@pytest.mark.parametrize(
    ("name", "argument"), [("L1", "l1"), ("L2", "l2"), ("L1L2", "l1"), ("L1L2", "l2")]
)
def test_regularizer_refuses_what_is_no_non_negative_number(
    name: str, argument: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=argument):
        getattr(regularizers, name)(**{argument: value})


def test_regularizer_refuses_unknown_name_and_mode_and_rank() -> None:
    with pytest.raises(ValueError, match="foo"):
        regularizers.get("foo")
    with pytest.raises(ValueError, match="mode"):
        regularizers.OrthogonalRegularizer(mode="both")
    with pytest.raises(ValueError, match="rank 2"):
        regularizers.OrthogonalRegularizer()(np.ones(3))
