"""Harmonic means of precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdense.metrics.base import Metric
from fastdense.metrics.operands import paired, weights_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._typing import ArrayLike, Config, DTypeLike, FloatArray
    from fastdense.metrics.base import Result

_AVERAGES = (None, "micro", "macro", "weighted")
_EPSILON = 1e-7


class FBetaScore(Metric):
    """``(1 + beta**2) precision recall / (beta**2 precision + recall)`` of each class.

    Parameters
    ----------
    average
        None for an array of one score per class; ``"micro"``: the score of all classes' counts
        together; ``"macro"``: the mean; ``"weighted"``: the mean weighted by positive labels.
    beta
        How much more recall counts than precision.
    threshold
        Predictions above it are positive; if None, the largest ones of each row.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = ("name", "dtype", "average", "beta", "threshold")
    _STATE = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")
    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(name, dtype)
        if average not in _AVERAGES:
            raise ValueError(
                f"Invalid `average` argument value. Expected one of: {_AVERAGES}. "
                f"Received: average={average}"
            )
        if not isinstance(beta, float) or not beta > 0:
            raise ValueError(
                f"Invalid `beta` argument value. It should be a float > 0. Received: beta={beta!r}"
            )
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(
                "Invalid `threshold` argument value. It should be a float with 0 < threshold <= 1. "
                f"Received: threshold={threshold!r}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._classes: int | None = None
        self.true_positives: FloatArray = np.zeros(())
        self.false_positives: FloatArray = np.zeros(())
        self.false_negatives: FloatArray = np.zeros(())
        self.intermediate_weights: FloatArray = np.zeros(())  # of the positive labels

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch of shape (n, classes).

        Raises
        ------
        ValueError
            If there are other axes, or another number of classes than before.
        """
        labels, predictions = paired(y_true, y_pred)
        if labels.ndim != 2 or self._classes not in (None, labels.shape[1]):
            classes = "output_dim" if self._classes is None else self._classes
            raise ValueError(
                f"{type(self).__name__} expects 2D inputs with shape (batch_size, {classes}). "
                f"Received: y_true.shape={np.shape(y_true)}, y_pred.shape={np.shape(y_pred)}"
            )
        weights = weights_for(labels.shape, sample_weight).array
        self._classes = labels.shape[1]
        positive = self._positive(predictions).astype(np.float64)
        axis = None if self.average == "micro" else 0

        def add(state: FloatArray, terms: FloatArray) -> FloatArray:
            total: FloatArray = state + np.sum(terms * weights, axis=axis)
            return total

        self.true_positives = add(self.true_positives, positive * labels)
        self.false_positives = add(self.false_positives, positive * (1 - labels))
        self.false_negatives = add(self.false_negatives, (1 - positive) * labels)
        self.intermediate_weights = add(self.intermediate_weights, labels.astype(np.float64))

    def result(self) -> Result:
        """Return the score, or an array of one per class without an average."""
        precision = self.true_positives / (self.true_positives + self.false_positives + _EPSILON)
        recall = self.true_positives / (self.true_positives + self.false_negatives + _EPSILON)
        square = self.beta**2
        scores = (1 + square) * precision * recall / (square * precision + recall + _EPSILON)
        if self.average is None:
            return scores
        if self.average == "weighted":
            weights = self.intermediate_weights
            return float(np.sum(scores * weights / (np.sum(weights) + _EPSILON)))
        return float(np.mean(scores))

    def _positive(self, predictions: FloatArray) -> NDArray[np.bool_]:
        if self.threshold is not None:
            return predictions > self.threshold
        largest = np.max(predictions, axis=-1, keepdims=True)
        found: NDArray[np.bool_] = (predictions >= largest) & (np.abs(predictions) > 1e-9)
        return found


class F1Score(FBetaScore):
    """``2 precision recall / (precision + recall)`` of each class; arguments as of FBetaScore."""

    _FIELDS = ("name", "dtype", "average", "threshold")

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
