"""What metrics are given, as arrays that fit together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastdense._arrays import as_float, plain

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray

_FLOAT64 = np.dtype(np.float64)


def real(value: ArrayLike, name: str) -> FloatArray:
    """Return `value` as an array of float32 or float64; other real numbers become float64.

    Raises
    ------
    TypeError
        If it isn't an array of real numbers; the message names `name`.
    """
    array = plain(value, name)
    return as_float(array, array.dtype if array.dtype == np.float32 else _FLOAT64, name)


def paired(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return targets and predictions of one shape, in the predictions' dtype.

    If one has an axis of length 1 more at its end, the other gets it too: nothing is broadcast.

    Raises
    ------
    ValueError
        If the shapes differ otherwise.
    """
    predictions = real(y_pred, "y_pred")
    targets = as_float(y_true, predictions.dtype, "y_true")
    if targets.ndim == predictions.ndim + 1 and targets.shape[-1] == 1:
        predictions = predictions[..., np.newaxis]
    elif predictions.ndim == targets.ndim + 1 and predictions.shape[-1] == 1:
        targets = targets[..., np.newaxis]
    if targets.shape != predictions.shape:
        raise ValueError(
            f"y_true has shape {np.shape(y_true)}, expected {np.shape(y_pred)}, that of y_pred"
        )
    return targets, predictions


class Weights(NamedTuple):
    """Sample weights, each of which belongs to a run of values."""

    array: FloatArray
    """float64; its shape broadcasts to that of the values."""
    run: int
    """How many values each of them weighs."""


def weights_for(shape: tuple[int, ...], sample_weight: ArrayLike | None) -> Weights:
    """Return the weights of values of `shape`; ones for None.

    Raises
    ------
    ValueError
        If the weights' shape, less any ones at its end, isn't that of the values' leading axes.
    """
    if sample_weight is None:
        return Weights(np.ones((1,) * len(shape)), 1)
    array = as_float(sample_weight, _FLOAT64, "sample_weight")
    axes = array.ndim
    while axes > 1 and array.shape[axes - 1] == 1:
        axes -= 1
    if array.shape[:axes] != shape[:axes]:
        raise ValueError(
            f"sample_weight has shape {array.shape}, expected the leading axes of {shape}, the "
            "shape of the values to be weighted"
        )
    free = len(shape) - axes
    return Weights(array.reshape(array.shape[:axes] + (1,) * free), math.prod(shape[axes:]))
