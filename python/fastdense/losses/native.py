"""Losses that the core computes, along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from fastdense import _core
from fastdense._arrays import as_float
from fastdense.losses.base import Loss
from fastdense.losses.reduction import weighting
from fastdense.losses.targets import dense_targets, match_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._typing import ArrayLike, DTypeLike, FloatArray
    from fastdense.losses.base import Code


class Needs(NamedTuple):
    """Which arrays are asked for."""

    values: bool
    gradient: bool


class Evaluation(NamedTuple):
    """A loss, its samples' weighted values and its gradient, where they were asked for."""

    loss: float
    values: FloatArray | None
    gradient: FloatArray | None


class CoreLoss(Loss):
    """A loss of the core: its name there, its parameters and the axis along which it runs.

    Sums are made in float64 and have the same bits whatever the number of threads.
    """

    _CORE: ClassVar[str] = ""
    _NAME: ClassVar[str | None] = None  # in logs, where that isn't the one in the core

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name or self._NAME or self._CORE, reduction, dtype)

    def call(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the values of the samples: of y_pred's shape without the axis."""
        needs = Needs(True, False)
        return _asked_for(self._evaluate("none", y_true, y_pred, None, 1.0, needs).values)

    def gradient(self, y_true: Any, y_pred: FloatArray) -> FloatArray:
        """Return the derivative of each sample's value by its predictions, of y_pred's shape."""
        needs = Needs(False, True)
        return _asked_for(self._evaluate("sum", y_true, y_pred, None, 1.0, needs).gradient)

    def __call__(
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Any:
        """Return the loss: a float, or an array without a reduction; see `Loss`."""
        needs = Needs(self.reduction in {None, "none"}, False)
        found = self._evaluate(self.reduction, y_true, y_pred, sample_weight, 1.0, needs)
        return found.values if needs.values else found.loss

    def value_and_gradient(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
        scale: float = 1.0,
    ) -> tuple[float, FloatArray]:
        """Return the loss, and `scale` times its gradient for `y_pred`; see `Loss`."""
        self._require_reduction()
        needs = Needs(False, True)
        found = self._evaluate(self.reduction, y_true, y_pred, sample_weight, scale, needs)
        return found.loss, _asked_for(found.gradient)

    def lower(self) -> Code | None:
        """Return the core's code, if this is a mean over the samples of a last axis."""
        is_plain = self.axis == -1 and self.dtype is None and self._is_as_defined()
        is_mean = self.reduction in {"sum_over_batch_size", "mean"}
        return self._code() if is_plain and is_mean else None

    def prepare_targets(
        self, y_true: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> NDArray[Any]:
        """Return `y_true` in the shape and dtype of the predictions."""
        return dense_targets(self.name, y_true, shape, dtype)

    def _core_name(self) -> str:
        return self._CORE

    def _parameter(self) -> float:
        """Return what the core calls delta, or label smoothing."""
        return 0.0

    def _code(self) -> Code:
        return _core.LOSSES[self._core_name()], self._parameter(), 0.0

    def _is_as_defined(self) -> bool:
        """Whether no subclass outside of this package has changed what is computed."""
        ours = next(c for c in type(self).__mro__ if c.__module__.startswith("fastdense."))
        return all(
            getattr(type(self), name) is getattr(ours, name)
            for name in ("__call__", "call", "gradient", "value_and_gradient", "prepare_targets")
        )

    def _arrays(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], FloatArray, tuple[int, ...]]:
        predictions = self._predictions(y_pred)
        targets = as_float(y_true, predictions.dtype, f"{self.name}: y_true")
        targets, matched = match_ranks(targets, predictions)
        prepared = self.prepare_targets(targets, matched.shape, matched.dtype)
        return prepared, matched, predictions.shape

    def _evaluate(
        self,
        reduction: str | None,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None,
        scale: float,
        needs: Needs,
    ) -> Evaluation:
        """Check and convert the arrays, and move the axis to the end and back."""
        targets, predictions, shape = self._arrays(y_true, y_pred)
        axis = self._axis_of(predictions.shape)
        if targets.ndim == predictions.ndim:
            targets = np.moveaxis(targets, axis, -1)
        moved = np.moveaxis(predictions, axis, -1)
        found = self._evaluate_rows(reduction, targets, moved, sample_weight, scale, needs)
        if found.gradient is None:
            return found
        return found._replace(gradient=np.moveaxis(found.gradient, -1, axis).reshape(shape))

    def _evaluate_rows(
        self,
        reduction: str | None,
        targets: NDArray[Any],
        predictions: FloatArray,
        sample_weight: ArrayLike | None,
        scale: float,
        needs: Needs,
    ) -> Evaluation:
        """Do the same along the last axis, with arrays that fit."""
        how = weighting(reduction, predictions.shape[:-1], predictions.dtype, sample_weight)
        total, values, gradient = _core.loss(
            self._code(), targets, predictions, how.weights, how.scale(scale), *needs
        )
        return Evaluation(how.mean(total), values, gradient)


def _asked_for(array: FloatArray | None) -> FloatArray:
    assert array is not None
    return array
