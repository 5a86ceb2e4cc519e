"""Dropout, forward and backward."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastdense import _core
from fastdense.ops._checks import as_output, check_residuals

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray


class DropoutResiduals(NamedTuple):
    """What `dropout_backward` needs to draw the same mask again; opaque."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    rate: float
    seed: int
    noise_shape: tuple[int, ...] | None


def dropout_forward(
    x: ArrayLike, rate: float, seed: int, *, noise_shape: Sequence[int | None] | None = None
) -> tuple[FloatArray, DropoutResiduals]:
    """Zero a share `rate` of x and scale the rest by ``1 / (1 - rate)``.

    An element's fate depends on `seed` and its index in the mask only, not on threads or values.

    Parameters
    ----------
    x
        Array of rank >= 1.
    rate
        In [0, 1]; with 1, the result and its gradient are zero.
    seed
        Integer in ``[0, 2**64)``.
    noise_shape
        The mask's shape, if not x's: it is broadcast against x; None stands for x's size there.
        ``(1, features)`` drops the same features in every sample.

    Returns
    -------
    tuple
        The result and the residuals for `dropout_backward`.

    Raises
    ------
    ValueError
        If `rate` or `seed` is out of range or `noise_shape` doesn't broadcast to x's shape.
    TypeError
        If x has a dtype that doesn't convert to float32 or float64, or `rate`, `seed` or
        `noise_shape` is no such thing.
    """
    mask_shape = None if noise_shape is None else _fill(noise_shape, np.shape(x))
    y = _core.dropout(x, rate, seed, mask_shape)
    return y, DropoutResiduals(y.shape, y.dtype, rate, seed, mask_shape)


def dropout_backward(dy: ArrayLike, residuals: DropoutResiduals) -> FloatArray:
    """Return the gradient with respect to x: dy through the same mask, which is drawn again.

    Parameters
    ----------
    dy
        Gradient with respect to the output, of its shape.
    residuals
        From `dropout_forward`.

    Returns
    -------
    ndarray
        A new array of x's shape and the output's dtype.

    Raises
    ------
    ValueError
        If dy has another shape than the output.
    TypeError
        If dy has a dtype that doesn't convert, or `residuals` are another function's.
    """
    check_residuals(residuals, DropoutResiduals, "dropout_backward")
    shape, dtype, rate, seed, noise_shape = residuals
    return _core.dropout(as_output("dropout", dy, shape, dtype), rate, seed, noise_shape)


def _fill(noise_shape: Sequence[int | None], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Replace each None by the size of the axis of `shape` that it is broadcast against."""
    try:
        given = tuple(None if size is None else operator.index(size) for size in noise_shape)
    except TypeError:
        raise TypeError(
            "dropout: noise_shape must be a sequence of integers and Nones. "
            f"Received: noise_shape={noise_shape!r}"
        ) from None
    aligned = shape[max(len(shape) - len(given), 0) :]
    if len(given) > len(shape) or any(
        size not in (None, 1, own) for size, own in zip(given, aligned, strict=True)
    ):
        raise ValueError(f"dropout: noise_shape {given} does not broadcast to x's shape {shape}")
    return tuple(own if size is None else size for size, own in zip(given, aligned, strict=True))
