"""Losses: values against NumPy in float64, reductions, weights, ranks, bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import fastdense
import reference_losses
from fastdense import losses
from loss_cases import ALL_CASES, CORE_CASES, SHAPES, LossCase
from reference import Array

by_case = pytest.mark.parametrize("case", ALL_CASES, ids=str)
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")


def tolerance(expected: Array, columns: int, dtype: Any) -> Array:
    """Sums of `columns` terms, each a few ulp off, whose sizes are those of logarithms of
    probabilities or of the values themselves; focal losses raise to a power as well."""
    return 2 * (columns + 60) * bounds.unit(dtype) * (4 + np.abs(expected))


def sample_values(case: LossCase, y_true: Array, y_pred: Array) -> Array:
    return np.asarray(reference_losses.values(case.function, y_true, y_pred, **case.params))


@pytest.mark.filterwarnings("ignore::UserWarning")
@by_case
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_loss_matches_reference(case: LossCase, dtype: Any, rng: np.random.Generator) -> None:
    for shape in SHAPES:
        y_true, y_pred = case.data(rng, shape, dtype)
        expected = sample_values(case, y_true, y_pred)
        allowed = tolerance(expected, shape[-1], dtype)
        got = getattr(losses, case.function)(y_true, y_pred, **case.params)
        assert got.dtype == dtype
        bounds.assert_within(got, expected, allowed, f"{case} {shape}")
        assert abs(case.make()(y_true, y_pred) - expected.mean()) <= allowed.mean()


@by_case
def test_loss_reduces_as_asked(case: LossCase, rng: np.random.Generator) -> None:
    y_true, y_pred = case.data(rng, (37, 5), np.float64)
    weights = rng.uniform(0, 2, 37)
    values = sample_values(case, y_true, y_pred)
    for weight, count in ((None, 37.0), (weights, float(weights.sum()))):
        weighted = values if weight is None else values * weight
        divisors = {"sum": 1.0, "mean_with_sample_weight": count}
        for reduction in REDUCTIONS:
            got = case.make(reduction=reduction)(y_true, y_pred, weight)
            assert got == pytest.approx(weighted.sum() / divisors.get(reduction, 37.0), rel=1e-12)
            assert isinstance(got, float)
        for reduction in (None, "none"):
            got = case.make(reduction=reduction)(y_true, y_pred, weight)
            np.testing.assert_allclose(got, weighted, rtol=1e-12, atol=1e-14)


@by_case
def test_loss_is_the_value_beside_the_gradient(case: LossCase, rng: np.random.Generator) -> None:
    y_true, y_pred = case.data(rng, (70, 9), np.float32)
    for weight in (None, rng.uniform(0, 2, 70)):
        loss = case.make()
        value, gradient = loss.value_and_gradient(y_true, y_pred, weight)
        assert value == loss(y_true, y_pred, weight)
        again, scaled = loss.value_and_gradient(y_true, y_pred, weight, 0.25)
        assert again == value
        np.testing.assert_array_equal(scaled, 0.25 * gradient)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 4), ()])
def test_sample_weights_of_rank_3_predictions_broadcast(
    shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    y_true, y_pred = rng.standard_normal((2, 3, 4, 5))
    weights = rng.uniform(1, 2, shape)
    # One weight per sample, whatever the other axes.
    full = np.broadcast_to(weights[:, None] if weights.shape == (3,) else weights, (3, 4))
    expected = np.mean((y_true - y_pred) ** 2, axis=-1) * full
    loss = losses.MeanSquaredError()
    value, gradient = loss.value_and_gradient(y_true, y_pred, weights)
    assert value == pytest.approx(expected.mean(), rel=1e-13)
    np.testing.assert_allclose(gradient, (y_pred - y_true) * full[..., None] / 30, rtol=1e-13)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape", "values_shape"),
    [
        ((6,), (6, 1), (6,)),
        ((6, 1), (6,), (6,)),
        ((6,), (6,), ()),
        ((5, 3), (5, 3, 1), (5,)),
        ((5, 3, 1), (5, 3), (5,)),
    ],
)
def test_targets_and_predictions_may_differ_by_an_axis_of_one(
    true_shape: tuple[int, ...],
    pred_shape: tuple[int, ...],
    values_shape: tuple[int, ...],
    rng: np.random.Generator,
) -> None:
    y_true, y_pred = rng.standard_normal(true_shape), rng.standard_normal(pred_shape)
    values = losses.mean_squared_error(y_true, y_pred)
    assert values.shape == values_shape
    squares = (y_true.ravel() - y_pred.ravel()) ** 2
    assert float(np.mean(values)) == pytest.approx(squares.mean(), rel=1e-13)
    _, gradient = losses.MeanSquaredError().value_and_gradient(y_true, y_pred)
    difference = y_pred - y_true.reshape(pred_shape)
    np.testing.assert_allclose(gradient, difference * 2 / y_pred.size, rtol=1e-13)


def test_crossentropy_runs_along_any_axis(rng: np.random.Generator) -> None:
    y_pred = rng.uniform(0.1, 1, (4, 5, 6))
    labels = rng.integers(0, 5, (4, 6))
    one_hot = np.moveaxis(np.eye(5)[labels], -1, 1)
    sparse = losses.SparseCategoricalCrossentropy(axis=1)
    moved = losses.SparseCategoricalCrossentropy()
    value, gradient = sparse.value_and_gradient(labels, y_pred)
    expected, expected_gradient = moved.value_and_gradient(labels, np.moveaxis(y_pred, 1, -1))
    assert value == expected == sparse(labels[:, None], y_pred)
    np.testing.assert_array_equal(gradient, np.moveaxis(expected_gradient, -1, 1))
    dense = losses.CategoricalCrossentropy(axis=1)
    assert dense(one_hot, y_pred) == pytest.approx(value, rel=1e-13)


def test_ignored_class_counts_for_nothing(rng: np.random.Generator) -> None:
    labels = np.array([[0, -1, 2], [1, -1, 0]])
    y_pred = rng.uniform(0.1, 1, (2, 3, 4))
    y_pred[0, 1] = np.nan
    weights = rng.uniform(1, 2, (2, 3))
    counts = labels != -1
    plain = reference_losses.values(
        "sparse_categorical_crossentropy", labels[counts], y_pred[counts]
    )
    expected = {
        "sum": np.sum(plain * weights[counts]),
        "mean": np.mean(plain * weights[counts]),
        "mean_with_sample_weight": np.average(plain, weights=weights[counts]),
    }
    for reduction, right in expected.items():
        loss = losses.SparseCategoricalCrossentropy(ignore_class=-1, reduction=reduction)
        value, gradient = loss.value_and_gradient(labels, y_pred, weights)
        assert value == pytest.approx(right, rel=1e-13) == loss(labels, y_pred, weights)
        assert not gradient[~counts].any() and gradient[counts].all()
    values = losses.sparse_categorical_crossentropy(labels, y_pred, ignore_class=-1)
    np.testing.assert_allclose(values[counts], plain, rtol=1e-13)
    assert not values[~counts].any()
    everything = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    assert everything(np.full((2, 3), -1), y_pred) == 0.0


def test_zero_weights_divide_by_nothing() -> None:
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    value, gradient = loss.value_and_gradient([[1.0]], [[2.0]], [0.0])
    assert value == 0.0
    np.testing.assert_array_equal(gradient, [[0.0]])


def test_hinge_takes_zeros_for_minus_ones_only_if_all_are_binary() -> None:
    p = [[0.5, -0.25, 2.0]]
    assert losses.Hinge()([[0.0, 1.0, 0.0]], p) == losses.Hinge()([[-1.0, 1.0, -1.0]], p)
    # With another number among them, 0 is a target of its own: max(1 - 0, 0) = 1.
    assert losses.Hinge()([[0.0, 2.0, 1.0]], p) == pytest.approx((1 + 1.5 + 0) / 3)


def test_probabilities_are_clipped_as_in_keras() -> None:
    worst = losses.BinaryCrossentropy()(np.float32([[0, 1]]), np.float32([[1, 0]]))
    assert worst == pytest.approx(16.03, abs=0.005)  # the upper bound is rounded in float32
    certain = losses.SparseCategoricalCrossentropy()([1], np.float64([[2.0, 0.0]]))
    assert certain == pytest.approx(-np.log(1e-7), rel=1e-13)
    scaled = losses.SparseCategoricalCrossentropy()([0], np.float64([[2.0, 6.0]]))
    assert scaled == pytest.approx(np.log(4), rel=1e-13)


@pytest.mark.parametrize("case", CORE_CASES, ids=str)
@pytest.mark.parametrize("shape", [(40_000, 10), (3_000, 100), (50_000, 1)])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_loss_has_the_same_bits_whatever_the_threads(
    case: LossCase, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    y_true, y_pred = case.data(rng, shape, np.float32)
    weights = rng.uniform(0, 2, shape[0]).astype(np.float32)
    for weight in (None, weights):
        fastdense.set_num_threads(1)
        value, gradient = case.make().value_and_gradient(y_true, y_pred, weight)
        for threads in (2, 5):
            fastdense.set_num_threads(threads)
            other, same = case.make().value_and_gradient(y_true, y_pred, weight)
            assert value == other
            np.testing.assert_array_equal(gradient, same)


def test_large_sums_are_exact_to_the_last_digits() -> None:
    # 2**24 + 1 is no float32: summed in it, nothing would come of adding ones to that many.
    y_pred = np.ones((2**24 + 3, 1), np.float32)
    y_true = np.zeros_like(y_pred)
    assert losses.MeanSquaredError(reduction="sum")(y_true, y_pred) == 2**24 + 3


def test_nan_spoils_its_own_sample_only(rng: np.random.Generator) -> None:
    for case in CORE_CASES:
        y_true, y_pred = case.data(rng, (20, 10), np.float32)
        y_pred[7, 3] = np.nan
        values = getattr(losses, case.function)(y_true, y_pred, **case.params)
        assert np.flatnonzero(np.isnan(values)).tolist() == [7]
        assert np.isnan(case.make()(y_true, y_pred))


def test_no_samples_have_no_loss() -> None:
    empty = np.empty((0, 4), np.float32)
    value, gradient = losses.MeanSquaredError().value_and_gradient(empty, empty)
    assert value == 0.0 and gradient.shape == (0, 4)
