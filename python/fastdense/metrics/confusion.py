"""Metrics made of the numbers of true and false positives and negatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdense.metrics import thresholds as at
from fastdense.metrics.base import Metric

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, Config, DTypeLike, FloatArray
    from fastdense.metrics.base import Result

    Thresholds = float | Sequence[float] | None


class _Thresholded(Metric):
    """Counts, one for each threshold. `_STATE` names those that are kept, as in `at.Counts`."""

    def __init__(
        self,
        thresholds: Thresholds,
        top_k: int | None,
        class_id: int | None,
        name: str | None,
        dtype: DTypeLike | Config,
    ) -> None:
        super().__init__(name, dtype)
        self.top_k = top_k
        self.class_id = class_id
        self.init_thresholds = thresholds
        self.thresholds = at.parse(thresholds, 0.5 if top_k is None else at.BELOW_ALL)
        self._order = np.argsort(self.thresholds)
        for count in self._STATE:
            setattr(self, count, np.zeros(len(self.thresholds)))

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch; `y_true` and `y_pred` have one shape, `sample_weight` its leading axes."""
        labels, predictions, weights = at.elements(
            y_true, y_pred, sample_weight, self.top_k, self.class_id
        )
        ascending = np.asarray(self.thresholds)[self._order]
        counts = at.count(labels.ravel(), predictions.ravel(), weights.ravel(), ascending)
        for name in self._STATE:
            getattr(self, name)[self._order] += getattr(counts, name)

    def get_config(self) -> Config:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def _one_or_all(self, values: FloatArray) -> Result:
        return float(values[0]) if len(values) == 1 else values.copy()


class _Count(_Thresholded):
    """One of the four counts."""

    def __init__(
        self,
        thresholds: Thresholds = None,
        name: str | None = None,
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(thresholds, None, None, name, dtype)

    def result(self) -> Result:
        """Return the (weighted) number, or an array of one per threshold if there are several."""
        return self._one_or_all(getattr(self, self._STATE[0]))


class TruePositives(_Count):
    """Number of elements with a label other than 0 and a prediction above the threshold.

    Parameters
    ----------
    thresholds
        A number in [0, 1] or several; 0.5 if not given.
    """

    _STATE: ClassVar[tuple[str, ...]] = ("true_positives",)


class FalsePositives(_Count):
    """Number of elements with label 0 and a prediction above the threshold."""

    _STATE = ("false_positives",)


class TrueNegatives(_Count):
    """Number of elements with label 0 and a prediction not above the threshold."""

    _STATE = ("true_negatives",)


class FalseNegatives(_Count):
    """Number of elements with a label other than 0 and a prediction not above the threshold."""

    _STATE = ("false_negatives",)


class _Ratio(_Thresholded):
    """True positives over the sum of both counts in `_STATE`."""

    _FIELDS = ("name", "dtype", "top_k", "class_id")
    _direction = "up"

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(thresholds, top_k, class_id, name, dtype)

    def result(self) -> Result:
        """Return the ratio, 0 for 0 / 0; an array of one per threshold if there are several."""
        true_positives, others = (getattr(self, name) for name in self._STATE)
        return self._one_or_all(at.ratio(true_positives, true_positives + others))


class Precision(_Ratio):
    """How many of the positive predictions are right: TP / (TP + FP).

    Parameters
    ----------
    thresholds
        A number in [0, 1] or several; 0.5 if not given. Predictions above it are positive.
    top_k
        If given, only the k highest predictions of the last axis are positive, whatever they are
        unless thresholds are given too.
    class_id
        If given, only this column counts.
    """

    _STATE = ("true_positives", "false_positives")


class Recall(_Ratio):
    """How many of the positive labels are predicted: TP / (TP + FN). Arguments as of Precision."""

    _STATE = ("true_positives", "false_negatives")
