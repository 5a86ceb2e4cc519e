"""The area under the curve that a classifier draws as its threshold moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastdense import activations
from fastdense.layers.loading import count_state
from fastdense.metrics import thresholds as at
from fastdense.metrics.base import Metric
from fastdense.metrics.operands import real

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, Config, DTypeLike, FloatArray

_EPSILON = 1e-7
_COUNT_BYTES = 8
_THRESHOLD_BYTES = 32  # of a float in a list
_CURVES = ("ROC", "PR", "PRGAIN")
_METHODS = ("interpolation", "majoring", "minoring")


class AUC(Metric):
    """Area under the ROC or precision-recall curve, as a Riemann sum over thresholds.

    Parameters
    ----------
    num_thresholds
        How many, at least 2: evenly spaced in [0, 1], the outer ones just beyond.
    curve
        ``"ROC"``: true positive rate over false positive rate. ``"PR"``: precision over recall.
        ``"PRGAIN"``: precision gain over recall gain.
    summation_method
        Of the rate between two thresholds: ``"interpolation"`` (for PR that of Davis and Goadrich,
        2006), ``"majoring"`` (the larger end) or ``"minoring"`` (the smaller end).
    thresholds
        Inner thresholds of your own, instead of `num_thresholds`.
    multi_label
        Whether columns have areas of their own, which are averaged; else all elements are one set.
    num_labels
        The number of columns if `multi_label`; taken from the first batch if not given.
    label_weights
        Weights of the columns, in the average or, without `multi_label`, of their elements.
    from_logits
        Whether predictions still have to go through a sigmoid.
    """

    _FIELDS = (
        "name", "dtype", "num_thresholds", "curve", "summation_method", "multi_label",
        "num_labels", "label_weights", "from_logits",
    )  # fmt: skip
    _STATE = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    _direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DTypeLike | Config = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        if str(curve).upper() not in _CURVES:
            raise ValueError(
                f'Invalid AUC curve value: "{curve}". Expected values are {list(_CURVES)}'
            )
        if str(summation_method).lower() not in _METHODS:
            raise ValueError(
                f'Invalid AUC summation method value: "{summation_method}". '
                f"Expected values are {list(_METHODS)}"
            )
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True.")
        self._own_thresholds = None if thresholds is None else sorted(at.parse(thresholds, 0.5))
        self.thresholds = _thresholds(num_thresholds, self._own_thresholds)
        self.num_thresholds = len(self.thresholds)
        self.curve = str(curve).upper()
        self.summation_method = str(summation_method).lower()
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(w) for w in label_weights]
        self.from_logits = from_logits
        self._start(num_labels)

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch; `y_true` and `y_pred` have one shape, `sample_weight` its leading axes.

        Raises
        ------
        ValueError
            If the shapes don't fit together or, with `multi_label`, aren't (n, labels).
        """
        if self.from_logits:
            y_pred = activations.sigmoid(real(y_pred, "y_pred"))
        labels, predictions, weights = at.elements(y_true, y_pred, sample_weight)
        predictions = np.clip(predictions, 0.0, 1.0)
        if self.multi_label:
            if labels.ndim != 2 or self._labels not in (None, labels.shape[1]):
                raise ValueError(
                    f"AUC of several labels expects shape (batch_size, {self._labels or 'labels'})."
                    f" Received: y_pred.shape={np.shape(y_pred)}"
                )
            if self._labels is None:
                self._start(labels.shape[1])
        else:
            if self.label_weights is not None:
                weights = weights * np.asarray(self._weights_of(labels.shape[-1]))
            labels, predictions, weights = labels.ravel(), predictions.ravel(), weights.ravel()
        counts = at.count(labels, predictions, weights, np.asarray(self.thresholds))
        for name in self._STATE:
            setattr(self, name, getattr(self, name) + getattr(counts, name))

    def result(self) -> float:
        """Return the area; 0 if nothing was added."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._over_labels(self._interpolated_precision())
        x, y = self._points()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2
        else:
            choose = np.minimum if self.summation_method == "minoring" else np.maximum
            heights = choose(y[:-1], y[1:])
        return self._over_labels(np.sum((x[:-1] - x[1:]) * heights, axis=0))

    def get_config(self) -> Config:
        """Return the constructor's arguments."""
        config = super().get_config()
        if self._own_thresholds is not None:
            config["thresholds"] = self._own_thresholds
        return config

    def _start(self, labels: int | None) -> None:
        """Make the counts zero, for so many labels."""
        self._labels = labels
        shape = (self.num_thresholds, labels) if labels else (self.num_thresholds,)
        count_state(len(self._STATE) * _COUNT_BYTES * math.prod(shape))
        for name in self._STATE:
            setattr(self, name, np.zeros(shape))

    def _counts(self) -> at.Counts:
        return at.Counts(*(getattr(self, name) for name in self._STATE))

    def _points(self) -> tuple[FloatArray, FloatArray]:
        """Return the curve, for ascending thresholds: both coordinates fall."""
        tp, fp, tn, fn = self._counts()
        if self.curve == "ROC":
            return at.ratio(fp, fp + tn), at.ratio(tp, tp + fn)
        if self.curve == "PR":
            return at.ratio(tp, tp + fn), at.ratio(tp, tp + fp)
        odds = at.ratio(tp + fn, tn + fp)
        recall_gain = np.where(tp == 0, 0.0, 1.0 - odds * at.ratio(fn, tp))
        precision_gain = np.where(tp == 0, 1.0, 1.0 - odds * at.ratio(fp, tp))
        return np.maximum(recall_gain, 0.0), precision_gain

    def _interpolated_precision(self) -> FloatArray:
        """Return the area under precision over recall, which isn't linear between two thresholds.

        There, true positives grow linearly with all positives: ``tp = slope p + intercept``. The
        integral of ``tp / p`` over tp is ``slope (dtp + intercept log(p_0 / p_1))``.
        """
        tp, fp, _, fn = self._counts()
        p = tp + fp
        dtp = tp[:-1] - tp[1:]
        slope = at.ratio(dtp, np.maximum(p[:-1] - p[1:], 0.0))
        intercept = tp[1:] - slope * p[1:]
        both = (p[:-1] > 0) & (p[1:] > 0)
        log_growth = np.log(np.divide(p[:-1], p[1:], out=np.ones_like(dtp), where=both))
        area = at.ratio(slope * (dtp + intercept * log_growth), tp[1:] + fn[1:])
        total: FloatArray = np.sum(area, axis=0)
        return total

    def _over_labels(self, areas: FloatArray) -> float:
        """Return the (weighted) mean of the labels' areas."""
        if not self.multi_label:
            return float(areas)
        if self.label_weights is None:
            return float(np.mean(areas))
        weights = np.asarray(self._weights_of(areas.size))
        return float(at.ratio(np.sum(areas * weights), np.sum(weights)))

    def _weights_of(self, labels: int) -> list[float]:
        """Return the weights of so many labels; ValueError if there are not as many."""
        weights = self.label_weights or []
        if len(weights) != labels:
            raise ValueError(f"{labels} labels, but label_weights has {len(weights)}: {weights}")
        return weights


def _thresholds(number: int, inner: list[float] | None) -> list[float]:
    """Return all thresholds, the outer ones beyond what probabilities can be."""
    if inner is None:
        if not isinstance(number, int) or number < 2:
            raise ValueError(
                f"Argument `num_thresholds` must be an integer > 1. "
                f"Received: num_thresholds={number}"
            )
        count_state(_THRESHOLD_BYTES * number)
        inner = [(i + 1) / (number - 1) for i in range(number - 2)]
    return [-_EPSILON, *inner, 1.0 + _EPSILON]
