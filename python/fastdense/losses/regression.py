"""Losses of numbers: each is a mean over the last axis of a function of target and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastdense.losses.native import CoreLoss

if TYPE_CHECKING:
    from fastdense._typing import DTypeLike


class MeanSquaredError(CoreLoss):
    """``mean((y_true - y_pred)**2)`` over the last axis."""

    _CORE = "mean_squared_error"


class MeanAbsoluteError(CoreLoss):
    """``mean(|y_true - y_pred|)`` over the last axis; the derivative of ``|x|`` at 0 is 0."""

    _CORE = "mean_absolute_error"


class MeanAbsolutePercentageError(CoreLoss):
    """``100 * mean(|y_true - y_pred| / max(|y_true|, 1e-7))`` over the last axis."""

    _CORE = "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(CoreLoss):
    """``mean((log(1 + y_true) - log(1 + y_pred))**2)``, both at least 1e-7, over the last axis."""

    _CORE = "mean_squared_logarithmic_error"


class LogCosh(CoreLoss):
    """``mean(log(cosh(y_pred - y_true)))`` over the last axis."""

    _CORE = "log_cosh"


class Poisson(CoreLoss):
    """``mean(y_pred - y_true * log(y_pred + 1e-7))`` over the last axis."""

    _CORE = "poisson"


class Huber(CoreLoss):
    """``e**2 / 2`` for ``|e| <= delta``, else ``delta * |e| - delta**2 / 2``; mean over an axis.

    ``e`` is ``y_pred - y_true``, the axis is the last one.
    """

    _CORE = "huber"
    _NAME = "huber_loss"
    _FIELDS: ClassVar[tuple[str, ...]] = ("name", "reduction", "delta")

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta = float(delta)

    def _parameter(self) -> float:
        return self.delta


class CosineSimilarity(CoreLoss):
    """``-sum(u * v)`` along `axis`: u and v are y_true and y_pred divided by their lengths.

    Vectors shorter than 1e-7 are divided by that instead.
    """

    _CORE = "cosine_similarity"
    _FIELDS: ClassVar[tuple[str, ...]] = ("name", "reduction", "axis")

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.axis = axis
