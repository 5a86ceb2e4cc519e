"""From the values of samples to one number: reductions, and what sample weights mean to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdense._arrays import as_float

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def check_reduction(reduction: str | None) -> str | None:
    """Return `reduction`; ValueError if there is none of that name."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. "
            f"Received: reduction={reduction}"
        )
    return reduction


class Weighting(NamedTuple):
    """How values are summed: each times its weight, the sum divided by `divisor`.

    Attributes
    ----------
    weights
        An array of the values' shape, or None for ones.
    divisor
        Where it is 0, the sum is taken as 0.
    """

    weights: FloatArray | None
    divisor: float

    def mean(self, total: float) -> float:
        """Return a weighted sum divided by the divisor."""
        return total / self.divisor if self.divisor else 0.0

    def scale(self, scale: float) -> float:
        """Return `scale` times the derivative of `mean`."""
        return scale / self.divisor if self.divisor else 0.0


def weighting(
    reduction: str | None,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    sample_weight: ArrayLike | None,
) -> Weighting:
    """Return how values of `shape` are summed.

    Parameters
    ----------
    reduction
        ``"mean_with_sample_weight"`` divides by the sum of the weights as they are given,
        ``"sum_over_batch_size"`` and ``"mean"`` by the number of values, the others by 1.
    shape
        Of the values: the predictions' without the axis along which losses are summed.
    dtype
        float32 or float64.
    sample_weight
        A number, one weight per sample (rank 1), or an array that broadcasts to `shape`.

    Raises
    ------
    ValueError
        If `sample_weight` fits `shape` in none of these ways.
    """
    count = float(np.prod(shape))
    weights, weight_sum = None, count
    if sample_weight is not None:
        given = as_float(sample_weight, dtype, "sample_weight")
        weight_sum = float(np.sum(given, dtype=np.float64))
        weights = np.ascontiguousarray(_broadcast(given, shape))
        weights = weights.reshape(shape)  # NumPy makes scalars contiguous at rank 1
    if reduction == "mean_with_sample_weight":
        return Weighting(weights, weight_sum)
    return Weighting(weights, count if reduction in {"sum_over_batch_size", "mean"} else 1.0)


def _broadcast(given: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return weights of the values' shape, as a view."""
    aligned = given
    if given.ndim == len(shape) + 1 and given.shape[-1] == 1:
        aligned = given[..., 0]
    elif given.ndim == 1 and shape and given.size == shape[0]:
        aligned = given.reshape(-1, *(1 for _ in shape[1:]))
    try:
        return np.broadcast_to(aligned, shape)
    except ValueError:
        raise ValueError(
            f"sample_weight has shape {given.shape}, expected {shape}, that of the values of the "
            "samples, one weight per sample, or a shape that broadcasts"
        ) from None
