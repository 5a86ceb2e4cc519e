"""How many samples are right. The core counts them: these run once per training step."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense import _core
from fastdense.metrics.operands import paired
from fastdense.metrics.reductions import Average

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, Config, DTypeLike


class Accuracy(Average):
    """How often predictions equal labels, element by element."""

    _direction = "up"

    def __init__(self, name: str = "accuracy", dtype: DTypeLike | Config = None) -> None:
        super().__init__(name, dtype)

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch; `y_true` and `y_pred` have one shape."""
        labels, predictions = paired(y_true, y_pred)
        self._add((labels == predictions).astype(np.float32), sample_weight)


class _Counted(Average):
    """A mean whose `_count(y_true, y_pred, sample_weight, _parameter)` is (total, count)."""

    _direction = "up"
    _count: ClassVar[Callable[..., tuple[float, float]]]
    _parameter: Any = 0

    def update_state(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add a batch; `sample_weight` has the shape of its leading axes."""
        total, count = self._count(y_true, y_pred, sample_weight, self._parameter)
        self.total += total
        self.count += count


class BinaryAccuracy(_Counted):
    """How often ``y_pred > threshold`` where the label is 1, and not where it is 0.

    Labels and predictions have one shape.

    Parameters
    ----------
    threshold
        A number; a prediction that equals it counts as 0.
    """

    _FIELDS = ("name", "dtype", "threshold")
    _count = staticmethod(_core.threshold_accuracy)

    def __init__(
        self,
        name: str = "binary_accuracy",
        dtype: DTypeLike | Config = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(name, dtype)
        if isinstance(threshold, bool) or not isinstance(threshold, float | int | np.number):
            raise ValueError(
                f"Expected `threshold` to be a number. Received: threshold={threshold!r}"
            )
        self._parameter = float(threshold)

    @property
    def threshold(self) -> float:
        """What predictions of 1 are above."""
        return float(self._parameter)


class CategoricalAccuracy(_Counted):
    """How often prediction and one-hot target have their maximum in the same place.

    Both have shape (..., classes). The place is that of `numpy.argmax`: the first NaN, else the
    first of the largest values.
    """

    _count = staticmethod(_core.one_hot_accuracy)

    def __init__(
        self, name: str = "categorical_accuracy", dtype: DTypeLike | Config = None
    ) -> None:
        super().__init__(name, dtype)


class SparseCategoricalAccuracy(_Counted):
    """How often the prediction has its maximum where the integer label says.

    Predictions have shape (..., classes), labels (...) or (..., 1). The place of the maximum is
    that of `numpy.argmax`; a label that is no class is wrong.
    """

    _count = staticmethod(_core.label_accuracy)

    def __init__(
        self, name: str = "sparse_categorical_accuracy", dtype: DTypeLike | Config = None
    ) -> None:
        super().__init__(name, dtype)


class _TopK(_Counted):
    """What is right if its class is among the k highest."""

    _FIELDS = ("name", "dtype", "k")

    def __init__(self, k: int, name: str, dtype: DTypeLike | Config) -> None:
        super().__init__(name, dtype)
        if isinstance(k, bool) or not hasattr(k, "__index__") or operator.index(k) < 1:
            raise ValueError(f"Expected `k` to be an integer >= 1. Received: k={k!r}")
        self._parameter = operator.index(k)

    @property
    def k(self) -> int:
        """How many classes are looked at."""
        return int(self._parameter)


class TopKCategoricalAccuracy(_TopK):
    """How often fewer than `k` classes are predicted higher than that of the one-hot target.

    Both have shape (..., classes). Classes that tie count for it; NaN is never among the highest.
    """

    _count = staticmethod(_core.one_hot_accuracy)

    def __init__(
        self,
        k: int = 5,
        name: str = "top_k_categorical_accuracy",
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(k, name, dtype)


class SparseTopKCategoricalAccuracy(_TopK):
    """How often fewer than `k` classes are predicted higher than that of the integer label.

    Predictions have shape (..., classes), labels (...) or (..., 1). Classes that tie count for it;
    NaN is never among the highest, and a label that is no class is wrong.
    """

    _count = staticmethod(_core.label_accuracy)

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: DTypeLike | Config = None,
    ) -> None:
        super().__init__(k, name, dtype)
