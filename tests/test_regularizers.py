"""Regularizers: penalty, gradient, names and configs, and their effect in a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import differences
import fastdense
import reference
from fastdense import _core, layers, regularizers

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


# Around the vectors of every ISA, several parts of a sum (32,768 elements), empty ones.
SHAPES = [(0,), (0, 3), (3, 0), (1,), (7, 5), (31,), (33,), (129,), (300, 1), (257, 600)]


@pytest.mark.parametrize("dtype", bounds.FLOATS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("l1", "l2"), [(0.25, 0.0), (0.0, 0.5), (0.25, 0.5)])
def test_penalty_is_summed_in_float64(
    l1: float, l2: float, shape: tuple[int, ...], dtype: Any, rng: np.random.Generator
) -> None:
    w = rng.standard_normal(shape).astype(dtype)
    penalty = regularizers.L1L2(l1, l2)(w)
    assert type(penalty) is float
    # n terms, all positive, each rounded before it is added; twice for the reference.
    bound = 2 * (w.size + 2) * bounds.unit(np.float64)
    assert penalty == pytest.approx(reference.l1_l2_penalty(w, l1, l2), rel=bound, abs=0)


@pytest.mark.parametrize("dtype", bounds.FLOATS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.25, 0.0), (0.0, 0.5), (0.25, 0.375)])
def test_penalty_gradient_matches_reference(
    l1: float, l2: float, shape: tuple[int, ...], dtype: Any, rng: np.random.Generator
) -> None:
    w = rng.standard_normal(shape).astype(dtype)
    gradient = regularizers.L1L2(l1, l2).gradient(w)
    assert gradient.dtype == dtype
    exact = reference.l1_l2_gradient(w, l1, l2)
    # A product and a sum.
    tolerance = 2 * bounds.unit(dtype) * (l1 + 2 * l2 * np.abs(w))
    bounds.assert_within(gradient, exact, tolerance, "gradient")


@pytest.mark.parametrize("dtype", bounds.FLOATS)
@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.25, 0.0), (0.0, 0.5), (0.25, 0.5)])
def test_penalty_gradient_is_plus_zero_at_both_zeros(l1: float, l2: float, dtype: Any) -> None:
    gradient = regularizers.L1L2(l1, l2).gradient(np.array([0.0, -0.0], dtype))
    np.testing.assert_array_equal(gradient, 0)
    assert not np.any(np.signbit(gradient))


@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_penalty_of_nan_and_infinity(dtype: Any) -> None:
    w = np.array([1, np.nan, np.inf, -np.inf], dtype)
    l1, l2, both = regularizers.L1(0.5), regularizers.L2(0.5), regularizers.L1L2(0.5, 0.5)
    for regularizer in (l1, l2, both):
        assert np.isnan(regularizer(w))
        assert regularizer(w[2:]) == np.inf
    # What a factor of zero leaves out can't make a NaN of an infinity.
    np.testing.assert_array_equal(l1.gradient(w), np.array([0.5, np.nan, 0.5, -0.5]))
    np.testing.assert_array_equal(l2.gradient(w), np.array([1, np.nan, np.inf, -np.inf]))
    np.testing.assert_array_equal(both.gradient(w), np.array([1.5, np.nan, np.inf, -np.inf]))
    nothing = regularizers.L1L2(0, 0)
    assert nothing(w) == 0
    np.testing.assert_array_equal(nothing.gradient(w), 0)


def test_penalty_of_an_infinite_factor_is_numpys() -> None:
    # The constructor refuses it; an attribute can still be set to it.
    regularizer = regularizers.L1()
    regularizer.l1 = np.inf
    w = np.array([2.0, 0.0, -2.0])
    assert regularizer(w) == np.inf
    assert np.isnan(regularizer(np.zeros(3)))
    np.testing.assert_array_equal(regularizer.gradient(w), [np.inf, np.nan, -np.inf])


@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_penalty_takes_any_layout(dtype: Any, rng: np.random.Generator) -> None:
    w = rng.standard_normal((6, 8)).astype(dtype)
    regularizer = regularizers.L1L2(0.25, 0.5)
    for view in (w.T, w[::2, ::-3], w.astype(w.dtype.newbyteorder())):
        plain = np.ascontiguousarray(view, dtype)
        assert regularizer(view) == regularizer(plain)
        np.testing.assert_array_equal(regularizer.gradient(view), regularizer.gradient(plain))


@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_penalty_has_the_same_bits_whatever_the_threads(
    dtype: Any, rng: np.random.Generator
) -> None:
    w = rng.standard_normal(1_000_003).astype(dtype)
    regularizer = regularizers.L1L2(0.25, 0.3)
    with fastdense.num_threads(1):
        penalty, gradient = regularizer(w), regularizer.gradient(w)
    for threads in (2, 3, 2):
        with fastdense.num_threads(threads):
            assert regularizer(w) == penalty
            np.testing.assert_array_equal(regularizer.gradient(w), gradient)


def test_gradient_of_scales_and_keeps_the_dtype(rng: np.random.Generator) -> None:
    w = rng.standard_normal(9).astype(np.float32)
    regularizer = regularizers.L1L2(0.25, 0.3)
    scaled = regularizers.gradient_of(regularizer, w, 1 / 3)
    expected = regularizer.gradient(w) * np.float32(1 / 3)
    np.testing.assert_array_equal(scaled, expected, strict=True)
    np.testing.assert_array_equal(
        scaled, _core.penalty_gradient(w, 0.25, 0.3, scale=1 / 3), strict=True
    )


def test_lower_tells_the_factors_of_exact_types_only() -> None:
    class Mine(regularizers.L2):
        pass

    assert regularizers.L1(0.25).lower() == (0.25, 0.0)
    assert regularizers.L2(0.5).lower() == (0.0, 0.5)
    assert regularizers.L1L2(0.25, 0.5).lower() == (0.25, 0.5)
    for other in (Mine(0.5), regularizers.Regularizer(), regularizers.OrthogonalRegularizer()):
        assert other.lower() is None


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
