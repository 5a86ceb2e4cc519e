"""Focal losses (Lin et al., Focal loss for dense object detection, 2017), in NumPy.

Crossentropies in which what is predicted well counts for less, by a power `gamma` of the
probability of being wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense import activations
from fastdense.losses.base import Loss
from fastdense.losses.targets import dense_targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._typing import ArrayLike, DTypeLike, FloatArray

_EPSILON = 1e-7


class FocalCrossentropy(Loss):
    """What the focal losses have in common; see `CategoricalFocalCrossentropy`."""

    _FIELDS: ClassVar[tuple[str, ...]] = (
        "name",
        "reduction",
        "alpha",
        "gamma",
        "from_logits",
        "label_smoothing",
        "axis",
    )

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def prepare_targets(
        self, y_true: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """Return `y_true` in the shape and dtype of the predictions."""
        return dense_targets(self.name, y_true, shape, dtype)

    def _arrays(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], FloatArray, tuple[int, ...]]:
        targets, predictions, shape = super()._arrays(y_true, y_pred)
        self._axis_of(predictions.shape)
        targets = self.prepare_targets(targets, predictions.shape, predictions.dtype)
        return targets, predictions, shape

    def _odds(self, y_true: FloatArray, even: float) -> FloatArray:
        """Return smoothed targets."""
        return y_true * (1.0 - self.label_smoothing) + even * self.label_smoothing


class BinaryFocalCrossentropy(FocalCrossentropy):
    """``mean(w * (1 - p_t)**gamma * binary_crossentropy(t, p))`` along `axis`.

    ``p_t = t * p + (1 - t) * (1 - p)``. w is ``t * alpha + (1 - t) * (1 - alpha)`` with
    `apply_class_balancing`, else 1.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = (*FocalCrossentropy._FIELDS, "apply_class_balancing")

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(alpha, gamma, from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing

    def call(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the values of the samples."""
        t, p, weight = self._terms(y_true, y_pred)
        wrong = t + p - 2 * t * p  # 1 - p_t
        q = np.clip(p, _EPSILON, 1 - _EPSILON)
        crossentropy = -t * np.log(q) - (1 - t) * np.log(1 - q)
        values: FloatArray = np.mean(weight * wrong**self.gamma * crossentropy, axis=self.axis)
        return values

    def gradient(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the derivative of each sample's value by its predictions."""
        t, p, weight = self._terms(y_true, y_pred)
        wrong = t + p - 2 * t * p
        q = np.clip(p, _EPSILON, 1 - _EPSILON)
        crossentropy = -t * np.log(q) - (1 - t) * np.log(1 - q)
        slope: FloatArray = self.gamma * wrong ** (self.gamma - 1) * (1 - 2 * t) * crossentropy
        slope += wrong**self.gamma * np.where(p == q, (q - t) / (q * (1 - q)), 0)
        slope *= weight / y_pred.shape[self.axis]
        return slope * p * (1 - p) if self.from_logits else slope

    def _terms(self, y_true: Any, y_pred: FloatArray) -> tuple[FloatArray, FloatArray, Any]:
        """Return smoothed targets, probabilities and weights."""
        t = self._odds(y_true, 0.5)
        p = activations.sigmoid(y_pred) if self.from_logits else y_pred
        balance = t * self.alpha + (1 - t) * (1 - self.alpha)
        return t, p, balance if self.apply_class_balancing else 1.0


class CategoricalFocalCrossentropy(FocalCrossentropy):
    """``-sum(alpha * (1 - q)**gamma * t * log(q))`` along `axis`, with ``q = p / sum(p)``.

    Parameters
    ----------
    alpha
        What all is multiplied by.
    gamma
        How much less right predictions count: not at all for 0.
    from_logits
        Whether ``p`` is the softmax of the predictions rather than these themselves.
    label_smoothing
        Makes ``t * (1 - s) + s / classes`` of the targets t.
    axis
        Of the classes.
    """

    def call(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the values of the samples."""
        t, q, _ = self._terms(y_true, y_pred)
        o = np.clip(q, _EPSILON, 1 - _EPSILON)
        terms = -self.alpha * (1 - o) ** self.gamma * t * np.log(o)
        values: FloatArray = np.sum(terms, axis=self.axis)
        return values

    def gradient(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the derivative of each sample's value by its predictions."""
        t, q, total = self._terms(y_true, y_pred)
        o = np.clip(q, _EPSILON, 1 - _EPSILON)
        slope = self.gamma * (1 - o) ** (self.gamma - 1) * np.log(o) - (1 - o) ** self.gamma / o
        slope = np.where(q == o, self.alpha * t * slope, 0)
        slope -= np.sum(slope * q, axis=self.axis, keepdims=True)
        return slope * q if self.from_logits else slope / total

    def _terms(self, y_true: Any, y_pred: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return smoothed targets, probabilities that add up to 1, and what to before."""
        p = activations.softmax(y_pred, axis=self.axis) if self.from_logits else y_pred
        total = np.sum(p, axis=self.axis, keepdims=True)
        return self._odds(y_true, 1 / y_pred.shape[self.axis]), p / total, total
