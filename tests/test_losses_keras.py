"""Losses against Keras itself, where it is installed: values, reductions, weights, names, configs.

Keras computes in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
from fastdense import losses
from loss_cases import ALL_CASES, LossCase
from test_keras import import_keras, numpy

keras = import_keras()
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::SyntaxWarning"
)
TOLERANCE = 256 * bounds.unit(np.float32)
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", None)
by_case = pytest.mark.parametrize("case", ALL_CASES, ids=str)


def assert_equal(ours: Any, theirs: Any) -> None:
    expected = numpy(theirs)
    assert np.shape(ours) == expected.shape
    np.testing.assert_allclose(ours, expected, rtol=TOLERANCE, atol=TOLERANCE)


@by_case
@pytest.mark.parametrize("shape", [(6, 1), (64, 10), (3, 70), (4, 3, 5)], ids=str)
def test_loss_equals_keras(
    case: LossCase, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    y_true, y_pred = case.data(rng, shape, np.float32)
    per_batch = (shape[0],) + (1,) * (len(shape) - 2)
    for weights in (None, rng.uniform(0, 2, per_batch), rng.uniform(0, 2, shape[:-1]), 2.0):
        for reduction in REDUCTIONS:
            theirs = getattr(keras.losses, case.class_name)(reduction=reduction, **case.params)
            ours = case.make(reduction=reduction)
            assert_equal(ours(y_true, y_pred, weights), theirs(y_true, y_pred, weights))
    theirs = getattr(keras.losses, case.function)(y_true, y_pred, **case.params)
    assert_equal(getattr(losses, case.function)(y_true, y_pred, **case.params), theirs)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"),
    [((6,), (6, 1)), ((6, 1), (6,)), ((6,), (6,)), ((5, 3), (5, 3, 1)), ((5, 3, 1), (5, 3))],
)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_axes_of_one_are_matched_as_in_keras(
    true_shape: tuple[int, ...],
    pred_shape: tuple[int, ...],
    reduction: str | None,
    rng: np.random.Generator,
) -> None:
    y_true = rng.integers(0, 2, true_shape).astype(np.float32)
    y_pred = rng.uniform(0.1, 0.9, pred_shape).astype(np.float32)
    for name in ("MeanSquaredError", "BinaryCrossentropy", "Hinge", "KLDivergence"):
        ours, theirs = (
            getattr(module, name)(reduction=reduction) for module in (losses, keras.losses)
        )
        assert_equal(ours(y_true, y_pred), theirs(y_true, y_pred))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("ignored", [-1, 2])
def test_ignored_class_is_that_of_keras(
    ignored: int, reduction: str | None, rng: np.random.Generator
) -> None:
    labels = rng.integers(0, 4, (5, 3))
    labels[::2, 1] = ignored
    y_pred = rng.uniform(0.1, 1, (5, 3, 4)).astype(np.float32)
    ours, theirs = (
        module.SparseCategoricalCrossentropy(ignore_class=ignored, reduction=reduction)
        for module in (losses, keras.losses)
    )
    for weights in (None, rng.uniform(0.5, 1, (5, 3))):
        if ignored < 0 or weights is None or reduction != "mean_with_sample_weight":
            assert_equal(ours(labels, y_pred, weights), theirs(labels, y_pred, weights))


@pytest.mark.parametrize("value", [0.0, 1e-8, 1.0])
def test_clipping_is_that_of_keras(value: float) -> None:
    y_pred = np.float32([[value, 1 - value, 0.5]])
    for name in ("binary_crossentropy", "categorical_crossentropy", "kl_divergence"):
        for y_true in np.eye(3, dtype=np.float32)[:, None]:
            ours = getattr(losses, name)(y_true, y_pred)
            assert_equal(ours, getattr(keras.losses, name)(y_true, y_pred))


@by_case
def test_keras_reads_our_config_and_we_read_its(case: LossCase) -> None:
    ours = case.make(reduction="sum", name="mine")
    theirs = keras.losses.get(losses.serialize(ours))
    assert type(theirs).__name__ == case.class_name
    assert theirs.get_config().items() <= ours.get_config().items()
    original = getattr(keras.losses, case.class_name)()
    again = losses.get(keras.losses.serialize(original))
    assert type(again) is type(ours) and again.name == original.name
    for alias in ("mse", "MAE", "mape", "MSLE", "bce", "KLD", case.function, case.class_name):
        assert keras.losses.get(alias) is not None and losses.get(alias) is not None
