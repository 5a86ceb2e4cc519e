"""Metrics that are means over samples of what the loss of the same name gives for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense import losses
from fastdense._naming import to_snake_case
from fastdense.metrics.reductions import Average

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, Config, DTypeLike


class _MeanLoss(Average):
    """A mean of what the loss `_LOSS` gives for each sample; `_per_sample` is one of that class."""

    _direction = "down"
    _LOSS: ClassVar[Callable[..., Any]]

    def __init__(self, name: str | None = None, dtype: DTypeLike | Config = None) -> None:
        super().__init__(to_snake_case(type(self).__name__) if name is None else name, dtype)
        self._per_sample = self._LOSS(reduction=None)

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch; `sample_weight` has the shape of its leading axes."""
        self._add(self._per_sample(y_true, y_pred), sample_weight)


class MeanSquaredError(_MeanLoss):
    """Mean of ``(y_true - y_pred)**2``."""

    _LOSS = losses.MeanSquaredError


class RootMeanSquaredError(_MeanLoss):
    """Square root of the mean of ``(y_true - y_pred)**2`` over all samples."""

    _LOSS = losses.MeanSquaredError

    def result(self) -> float:
        """Return the root of the mean; 0 if nothing was added."""
        return float(np.sqrt(super().result()))


class MeanAbsoluteError(_MeanLoss):
    """Mean of ``|y_true - y_pred|``."""

    _LOSS = losses.MeanAbsoluteError


class MeanAbsolutePercentageError(_MeanLoss):
    """Mean of ``100 |y_true - y_pred| / max(|y_true|, 1e-7)``."""

    _LOSS = losses.MeanAbsolutePercentageError


class MeanSquaredLogarithmicError(_MeanLoss):
    """Mean of ``(log(y_true + 1) - log(y_pred + 1))**2``, values below 1e-7 raised to it."""

    _LOSS = losses.MeanSquaredLogarithmicError


class LogCoshError(_MeanLoss):
    """Mean of ``log(cosh(y_pred - y_true))``."""

    _LOSS = losses.LogCosh

    def __init__(self, name: str = "logcosh", dtype: DTypeLike | Config = None) -> None:
        super().__init__(name, dtype)


class Hinge(_MeanLoss):
    """Mean of ``max(1 - y_true y_pred, 0)``; labels that are all 0 or 1 become -1 and 1."""

    _LOSS = losses.Hinge


class SquaredHinge(_MeanLoss):
    """Mean of ``max(1 - y_true y_pred, 0)**2``; labels that are all 0 or 1 become -1 and 1."""

    _LOSS = losses.SquaredHinge


class CategoricalHinge(_MeanLoss):
    """Mean of ``max(max((1 - y_true) y_pred) - sum(y_true y_pred) + 1, 0)`` over the classes."""

    _LOSS = losses.CategoricalHinge


class KLDivergence(_MeanLoss):
    """Mean of ``sum(y_true log(y_true / y_pred))``, both clipped to [1e-7, 1]."""

    _LOSS = losses.KLDivergence

    def __init__(self, name: str = "kl_divergence", dtype: DTypeLike | Config = None) -> None:
        super().__init__(name, dtype)


class Poisson(_MeanLoss):
    """Mean of ``y_pred - y_true log(y_pred + 1e-7)``."""

    _LOSS = losses.Poisson


class CosineSimilarity(_MeanLoss):
    """Mean cosine of the angle between targets and predictions: 1 if they point the same way."""

    _direction = "up"
    _LOSS = losses.CosineSimilarity
    _FIELDS = ("name", "dtype", "axis")

    def __init__(
        self,
        name: str = "cosine_similarity",
        dtype: DTypeLike | Config = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.axis = axis
        self._per_sample = self._LOSS(reduction=None, axis=axis)

    def result(self) -> float:
        """Return the mean; 0 if nothing was added."""
        return -super().result()  # the loss falls as the cosine grows


class BinaryCrossentropy(_MeanLoss):
    """Mean of ``-y_true log(y_pred) - (1 - y_true) log(1 - y_pred)``."""

    _LOSS = losses.BinaryCrossentropy
    _FIELDS = ("name", "dtype", "from_logits", "label_smoothing")

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: DTypeLike | Config = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self._per_sample = self._LOSS(
            reduction=None, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(_MeanLoss):
    """Mean of ``-sum(y_true log(y_pred))`` over the classes of one-hot targets."""

    _LOSS = losses.CategoricalCrossentropy
    _FIELDS = ("name", "dtype", "from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: DTypeLike | Config = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
        self._per_sample = self._LOSS(
            reduction=None, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
        )


class SparseCategoricalCrossentropy(_MeanLoss):
    """Mean of ``-log(y_pred[label])``."""

    _LOSS = losses.SparseCategoricalCrossentropy
    _FIELDS = ("name", "dtype", "from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: DTypeLike | Config = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis
        self._per_sample = self._LOSS(
            reduction=None, from_logits=from_logits, ignore_class=ignore_class, axis=axis
        )
