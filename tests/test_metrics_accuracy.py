"""The accuracy family, counted in the core, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bounds
import fastdense
from fastdense import _core, metrics

SHAPES = [(0, 3), (1, 1), (5, 2), (64, 4), (33, 31), (7, 32), (6, 33), (3, 100), (2, 3, 5)]


def ragged(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Few different values, so that they tie, among them NaN and infinities."""
    values = np.array([0, 1, 1, 2, 2, 2, np.inf, -np.inf, np.nan], dtype)
    return rng.choice(values, shape, p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.02, 0.03, 0.03, 0.02])


def top_k_matches(labels: Any, y_pred: Any, k: int) -> np.ndarray:
    at_label = np.take_along_axis(y_pred, labels[..., np.newaxis], -1)
    return (np.sum(y_pred > at_label, -1) < k) & ~np.isnan(at_label[..., 0])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_class_is_that_of_numpys_argmax(
    shape: tuple[int, ...], dtype: Any, rng: np.random.Generator
) -> None:
    for _ in range(30):
        y_pred, targets = ragged(rng, shape, dtype), ragged(rng, shape, dtype)
        labels = rng.integers(0, shape[-1], shape[:-1])
        predicted = y_pred.argmax(-1)
        per_sample = np.prod(shape[1:-1], dtype=int)
        expected = [
            np.sum(predicted == labels) / per_sample,
            np.sum(predicted == targets.argmax(-1)) / per_sample,
            np.sum(top_k_matches(labels, y_pred, 2)) / per_sample,
            np.sum(top_k_matches(targets.argmax(-1), y_pred, 3)) / per_sample,
        ]
        assert _core.label_accuracy(labels, y_pred, None, 0) == (expected[0], shape[0])
        assert _core.one_hot_accuracy(targets, y_pred, None, 0) == (expected[1], shape[0])
        assert _core.label_accuracy(labels, y_pred, None, 2) == (expected[2], shape[0])
        assert _core.one_hot_accuracy(targets, y_pred, None, 3) == (expected[3], shape[0])


@pytest.mark.parametrize("shape", [(5,), (64, 1), (7, 3), (4, 3, 2)], ids=str)
@pytest.mark.parametrize("dtype", bounds.FLOATS)
def test_threshold_is_strict(shape: tuple[int, ...], dtype: Any, rng: np.random.Generator) -> None:
    for threshold in (0.5, 1.0, 0.1):
        y_pred = rng.choice(np.array([0, 0.1, 0.5, 0.6, 1, np.nan], dtype), shape)
        y_true = rng.choice(np.array([0, 1, 1, 0.5], dtype), shape)
        right = (y_pred > dtype(threshold)) == y_true
        metric = metrics.BinaryAccuracy(threshold=threshold)
        metric.update_state(y_true, y_pred)
        assert metric.result() == pytest.approx(np.mean(right), rel=1e-15)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 40), st.data())
def test_weighted_accuracy_is_the_weighted_mean(
    rows: int, steps: int, classes: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    y_pred = rng.random((rows, steps, classes), np.float32)
    labels = rng.integers(0, classes, (rows, steps))
    shape = data.draw(st.sampled_from([(rows,), (rows, 1), (rows, steps), (rows, steps, 1)]))
    weights = rng.random(shape)
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(labels, y_pred, weights)
    spread = np.broadcast_to(weights.reshape(rows, -1).astype(np.float32), (rows, steps))
    expected = np.average(y_pred.argmax(-1) == labels, weights=np.float64(spread))
    assert metric.result() == pytest.approx(expected, rel=1e-12)
    assert metric.count == pytest.approx(np.sum(np.mean(spread, 1)), rel=1e-5)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.float64, np.bool_])
def test_labels_may_have_any_type_and_layout(dtype: Any, rng: np.random.Generator) -> None:
    y_pred = rng.random((40, 2))
    labels = rng.integers(0, 2, 80).astype(dtype)[::2]
    expected = np.mean(y_pred.argmax(1) == labels)
    metric = metrics.SparseCategoricalAccuracy()
    assert metric(labels, y_pred) == expected
    metric.reset_state()
    assert metric(labels[:, np.newaxis], np.asfortranarray(y_pred)) == expected


@pytest.mark.parametrize("label", [-1, 2, 2**40, np.nan, np.inf, -np.inf, 0.5, -0.5, 1e30])
def test_label_that_is_no_class_is_wrong(label: float) -> None:
    assert _core.label_accuracy([label, 1], [[1, 0], [0, 1]], None, 0) == (1, 2)
    assert _core.label_accuracy([label, 1], [[1, 0], [0, 1]], None, 2) == (1, 2)


def test_scalar_weight_makes_one_sample_of_the_batch() -> None:
    assert _core.label_accuracy([0, 0, 0, 1], [[1, 0]] * 4, 0.5, 0) == (0.375, 0.5)


def test_accuracy_has_the_same_bits_for_all_threads(rng: np.random.Generator) -> None:
    y_pred, weights = rng.random((50_000, 8), np.float32), rng.random(50_000, np.float32)
    labels = rng.integers(0, 8, 50_000)
    found = set()
    for threads in (1, 2, 3):
        with fastdense.num_threads(threads):
            found.add(_core.label_accuracy(labels, y_pred, weights, 0))
    assert len(found) == 1
    total, count = found.pop()
    right = y_pred.argmax(1) == labels
    assert total == pytest.approx(np.sum(weights[right], dtype=np.float64), rel=1e-12)
    assert count == pytest.approx(np.sum(weights, dtype=np.float64), rel=1e-12)


def test_accuracy_leaves_its_arguments_alone(rng: np.random.Generator) -> None:
    arrays = [rng.integers(0, 3, 9), rng.random((9, 3)), rng.random(9)]
    before = [array.copy() for array in arrays]
    _core.label_accuracy(*arrays, 0)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy, strict=True)


@pytest.mark.parametrize(
    ("metric", "y_true", "y_pred", "weight", "error", "text"),
    [
        ("Sparse", [0, 1], [[1, 0]], None, ValueError, r"y_true has shape \(2,\), expected \(1,\)"),
        ("Sparse", [[0, 1]], [[1, 0]], None, ValueError, "y_true has shape"),
        ("Sparse", [0], [1, 0], None, ValueError, "y_pred has rank 1"),
        ("Sparse", [0], np.ones((1, 0)), None, ValueError, "y_pred has no classes"),
        ("Sparse", [0], [["a", "b"]], None, TypeError, "y_pred has dtype"),
        ("Sparse", ["a"], [[1, 0]], None, TypeError, "y_true has dtype"),
        ("Sparse", [0], [[1j, 0]], None, TypeError, "y_pred has dtype complex128"),
        ("Sparse", [0], [[1, 0]], [1, 2], ValueError, r"sample_weight has shape \(2,\)"),
        ("Sparse", [0, 0], np.eye(2), [1], ValueError, r"sample_weight has shape \(1,\)"),
        ("Sparse", [0], [[1, 0]], [[[1]], [[1]]], ValueError, "sample_weight has shape"),
        ("Sparse", [0], [[1, 0]], ["a"], TypeError, "sample_weight has dtype"),
        ("", [[1, 0, 0]], [[1, 0]], None, ValueError, r"y_true has shape \(1, 3\)"),
        ("", [1], [[1, 0]], None, ValueError, "y_true has shape"),
        ("Binary", [1, 0], [[1, 0]], None, ValueError, "y_true has shape"),
        ("Binary", 1, 1, None, ValueError, "y_pred has rank 0"),
    ],
)  # fmt: skip
def test_accuracy_refuses_what_does_not_fit_and_stays_as_it_was(
    metric: str, y_true: Any, y_pred: Any, weight: Any, error: type[Exception], text: str
) -> None:
    name = "BinaryAccuracy" if metric == "Binary" else f"{metric}CategoricalAccuracy"
    found = getattr(metrics, name)()
    with pytest.raises(error, match=text):
        found.update_state(y_true, y_pred, weight)
    assert (found.total, found.count) == (0, 0)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "2", None])
@pytest.mark.parametrize("name", ["TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"])
def test_top_k_refuses_what_is_no_number_of_classes(name: str, k: Any) -> None:
    with pytest.raises(ValueError, match="`k`"):
        getattr(metrics, name)(k=k)


@pytest.mark.parametrize("threshold", ["0.5", None, True])
def test_binary_accuracy_refuses_what_is_no_threshold(threshold: Any) -> None:
    with pytest.raises(ValueError, match="`threshold`"):
        metrics.BinaryAccuracy(threshold=threshold)
