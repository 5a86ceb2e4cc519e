"""Activations, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from fastdense import _activation
from fastdense._activation import Resolved, resolve
from fastdense.ops._checks import as_output, check_residuals

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray

ActivationLike: TypeAlias = str | Callable[..., Any] | Resolved | None


class ActivationResiduals(NamedTuple):
    """What `activation_backward` needs; opaque."""

    resolved: Resolved
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    saved: Any


def activation(
    x: ArrayLike, activation: ActivationLike, *, out: FloatArray | None = None
) -> FloatArray:
    """Return ``activation(x)``; nothing is kept for a backward pass.

    Parameters
    ----------
    x
        Array of rank >= 1.
    activation
        See `fastdense.ops`.
    out
        Array of the result's shape and dtype to write to, C-contiguous: x itself, or overlapping
        it nowhere.

    Returns
    -------
    ndarray
        An array of x's shape (glu halves its axis), or `out`.

    Raises
    ------
    ValueError
        If x hasn't got the activation's axis, `out` doesn't fit, or a name is unknown.
    TypeError
        If x has a dtype that doesn't convert to float32 or float64.
    """
    return _activation.apply(resolve(activation), x, out)


def activation_forward(
    x: ArrayLike, activation: ActivationLike
) -> tuple[FloatArray, ActivationResiduals]:
    """Return what `activation` returns, and the residuals for `activation_backward`.

    Raises
    ------
    ValueError
        If x hasn't got the activation's axis, or a name is unknown.
    TypeError
        If x has a dtype that doesn't convert to float32 or float64.
    """
    resolved = resolve(activation)
    y, saved = _activation.forward(resolved, x)
    return y, ActivationResiduals(resolved, y.shape, y.dtype, saved)


def activation_backward(dy: ArrayLike, residuals: ActivationResiduals) -> FloatArray:
    """Return the gradient with respect to the input of `activation_forward`.

    Parameters
    ----------
    dy
        Gradient with respect to the output, of its shape.
    residuals
        From `activation_forward`.

    Returns
    -------
    ndarray
        A new array of x's shape and the output's dtype.

    Raises
    ------
    ValueError
        If dy has another shape than the output.
    TypeError
        If dy has a dtype that doesn't convert, the activation is a Python callable without a
        gradient, or `residuals` are another function's.
    """
    check_residuals(residuals, ActivationResiduals, "activation_backward")
    resolved, shape, dtype, saved = residuals
    return _activation.backward(resolved, as_output("activation", dy, shape, dtype), saved)
