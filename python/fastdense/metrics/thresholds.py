"""Counting positives and negatives above and below thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdense.metrics.operands import paired, weights_for

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray

BELOW_ALL = -1e10
"""What predictions outside of the top k are set to, and what the others are above."""


class Counts(NamedTuple):
    """Weighted numbers of elements, each an array of (thresholds,) or (thresholds, labels)."""

    true_positives: FloatArray
    false_positives: FloatArray
    true_negatives: FloatArray
    false_negatives: FloatArray


def parse(thresholds: float | Sequence[float] | None, default: float) -> list[float]:
    """Return a list of thresholds.

    Raises
    ------
    ValueError
        If one of them isn't a number in [0, 1].
    """
    if thresholds is None:
        return [default]
    given: Any = thresholds if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    invalid = [t for t in given if not isinstance(t, float | int | np.number) or not 0 <= t <= 1]
    if invalid or not len(given):
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {invalid or list(given)}")
    return [float(t) for t in given]


def elements(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None,
    top_k: int | None = None,
    class_id: int | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return labels, predictions and weights of one shape.

    Predictions that aren't among the `top_k` of the last axis are put below all thresholds; of
    those that tie the first ones are. `class_id` picks one column.

    Raises
    ------
    ValueError
        If the shapes don't fit together, or there is no such column or number of classes.
    """
    labels, predictions = paired(y_true, y_pred)
    if (top_k is not None or class_id is not None) and labels.ndim < 2:
        raise ValueError(
            "With `top_k` or `class_id`, y_pred must have shape (num_samples, num_classes). "
            f"Received: y_pred.shape={np.shape(y_pred)}"
        )
    if top_k is not None:
        predictions = _only_top(predictions, top_k)
    if class_id is not None:
        if not -labels.shape[-1] <= class_id < labels.shape[-1]:
            raise ValueError(
                f"class_id {class_id} is no column of y_pred of shape {np.shape(y_pred)}"
            )
        labels, predictions = labels[..., class_id], predictions[..., class_id]
    weights = weights_for(labels.shape, sample_weight).array
    return labels, predictions, np.broadcast_to(weights, labels.shape)


def _only_top(predictions: FloatArray, top_k: int) -> FloatArray:
    classes = predictions.shape[-1]
    if not 1 <= top_k <= classes:
        raise ValueError(f"Expected `top_k` in [1, {classes}], for {classes} classes: {top_k=}")
    order = np.argsort(-predictions, axis=-1, kind="stable")
    kept: FloatArray = predictions.copy()
    np.put_along_axis(kept, order[..., top_k:], BELOW_ALL, axis=-1)
    return kept


def count(
    labels: FloatArray, predictions: FloatArray, weights: FloatArray, thresholds: FloatArray
) -> Counts:
    """Return the counts for every threshold: of all elements, or of each column for rank 2.

    What isn't 0 is a positive label, what is greater than the threshold a positive prediction.
    Thresholds ascend.
    """
    columns = labels.shape[1] if labels.ndim == 2 else 1
    bins = len(thresholds) + 1
    # How many thresholds a prediction is greater than; they are rounded to its type first.
    above = np.searchsorted(thresholds.astype(predictions.dtype), predictions)
    above[np.isnan(predictions)] = 0
    cells = (above.reshape(-1, columns) + bins * np.arange(columns)).ravel()
    flat, positive = weights.ravel(), labels.ravel() != 0

    def histogram(of: Any) -> FloatArray:
        sums: FloatArray = np.bincount(cells[of], flat[of], bins * columns).reshape(columns, bins).T
        return sums if labels.ndim == 2 else sums[:, 0]

    positives, negatives = histogram(positive), histogram(~positive)
    return Counts(
        np.cumsum(positives[::-1], axis=0)[-2::-1],
        np.cumsum(negatives[::-1], axis=0)[-2::-1],
        np.cumsum(negatives, axis=0)[:-1],
        np.cumsum(positives, axis=0)[:-1],
    )


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, and 0 where whole is 0."""
    result: FloatArray = np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)
    return result
