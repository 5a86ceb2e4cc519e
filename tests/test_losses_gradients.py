"""Gradients of losses against central differences, and where others' vanish."""

from __future__ import annotations

import numpy as np
import pytest

import differences
import reference_losses
from fastdense import losses
from loss_cases import ALL_CASES, LossCase
from reference import Array


@pytest.mark.parametrize("shape", [(5, 1), (7, 4), (3, 10), (2, 70), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("case", ALL_CASES, ids=str)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gradient_agrees_with_central_differences(
    case: LossCase, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    y_true, y_pred = case.data(rng, shape, np.float64)
    if case.predictions == "probability":  # third derivatives like 2 / p**3 make differences coarse
        y_pred = 0.35 + 0.3 * y_pred
    if case.class_name == "MeanAbsolutePercentageError":
        y_true = np.sign(y_true) * (0.5 + np.abs(y_true))
    weights = rng.uniform(0.5, 2, shape[:-1])

    def loss(p: Array) -> float:
        values = reference_losses.values(case.function, y_true, p, **case.params)
        return float(np.sum(values * weights) / weights.size)

    for reduction, factor in (("mean", 1.0), ("sum", weights.size)):
        _, gradient = case.make(reduction=reduction).value_and_gradient(y_true, y_pred, weights)
        differences.assert_gradients(loss, [y_pred], [gradient / factor], str(case))


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_gradient_of_values_has_no_weights_and_no_mean(
    case: LossCase, rng: np.random.Generator
) -> None:
    y_true, y_pred = case.data(rng, (6, 5), np.float64)
    _, gradient = case.make(reduction="sum").value_and_gradient(y_true, y_pred)
    np.testing.assert_allclose(case.make().gradient(y_true, y_pred), gradient, rtol=1e-14)
    np.testing.assert_array_equal(
        case.make().call(y_true, y_pred), case.make(reduction=None)(y_true, y_pred)
    )


@pytest.mark.parametrize("columns", [2, 10, 64, 65, 200])
@pytest.mark.parametrize("distance", [30.0, 200.0, 3e4])
def test_saturated_softmax_has_a_gradient_from_logits(distance: float, columns: int) -> None:
    x = np.zeros((1, columns), np.float32)
    x[0, 0] = distance
    one_hot = np.eye(columns, dtype=np.float32)[[1]]
    expected = np.eye(columns)[0] - np.eye(columns)[1]
    for loss, y_true in (
        (losses.SparseCategoricalCrossentropy(from_logits=True), np.array([1])),
        (losses.CategoricalCrossentropy(from_logits=True), one_hot),
    ):
        value, gradient = loss.value_and_gradient(y_true, x)
        assert value == pytest.approx(distance, rel=1e-6)
        np.testing.assert_allclose(gradient[0], expected, atol=1e-6)
    # Where probabilities are clipped there is none.
    probabilities = np.eye(columns, dtype=np.float32)[[0]]
    _, clipped = losses.CategoricalCrossentropy().value_and_gradient(one_hot, probabilities)
    assert not clipped.any()


@pytest.mark.parametrize("x", [-3e4, -90.0, -20.0, 20.0, 90.0, 3e4])
def test_saturated_sigmoid_has_a_gradient_from_logits(x: float) -> None:
    loss = losses.BinaryCrossentropy(from_logits=True)
    wrong, right = float(x < 0), float(x > 0)
    value, gradient = loss.value_and_gradient([[wrong]], [[x]])
    assert value == pytest.approx(abs(x), rel=1e-6)
    assert gradient[0, 0] == pytest.approx(np.sign(x), rel=1e-6)
    value, _ = loss.value_and_gradient(np.float64([[right]]), np.float64([[x]]))
    assert value == pytest.approx(np.log1p(np.exp(-abs(x))), rel=1e-13)


def test_impossible_classes_leave_no_trace() -> None:
    x = np.float32([[0.0, -np.inf, 0.0]])
    value, gradient = losses.SparseCategoricalCrossentropy(from_logits=True).value_and_gradient(
        [2], x
    )
    assert value == pytest.approx(np.log(2), rel=1e-6)
    np.testing.assert_allclose(gradient, [[0.5, 0.0, -0.5]], rtol=1e-6)


def test_derivative_at_a_kink_is_zero() -> None:
    for loss, y_true in (
        (losses.MeanAbsoluteError(), [[2.0]]),
        (losses.MeanAbsolutePercentageError(), [[2.0]]),
        (losses.Hinge(), [[0.5]]),
    ):
        _, gradient = loss.value_and_gradient(y_true, [[2.0]])
        assert gradient[0, 0] == 0.0
