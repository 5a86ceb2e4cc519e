"""Dense layers, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastdense import _activation, _core
from fastdense._activation import LINEAR, SOFTMAX, Code, resolve, warn_if_constant
from fastdense.ops._activation import (
    ActivationLike,
    ActivationResiduals,
    activation_backward,
    activation_forward,
)
from fastdense.ops._checks import check_overlap, check_residuals

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray


class DenseResiduals(NamedTuple):
    """What `dense_backward` needs; opaque."""

    x: FloatArray
    kernel: FloatArray
    saved: FloatArray | None
    code: Code
    use_bias: bool
    then: ActivationResiduals | None


def dense(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    activation: ActivationLike = None,
    *,
    out: FloatArray | None = None,
) -> FloatArray:
    """Return ``activation(x @ kernel + bias)``; nothing is kept for a backward pass.

    Parameters
    ----------
    x
        ``(..., in_features)``, rank >= 1.
    kernel
        ``(in_features, units)``.
    bias
        ``(units,)`` or None.
    activation
        See `fastdense.ops`.
    out
        Array of the result's shape and dtype to write to, C-contiguous, overlapping no input.

    Returns
    -------
    ndarray
        ``(..., units)``, or `out`. Every row is computed the same way whatever the batch.

    Raises
    ------
    ValueError
        If the shapes don't fit, `out` doesn't or overlaps an input, or a name is unknown.
    TypeError
        If an array has a dtype that doesn't convert to float32 or float64.
    """
    resolved = resolve(activation)
    if isinstance(resolved, tuple):
        if resolved[0] == SOFTMAX:
            warn_if_constant(resolved, _output_shape(x, kernel))
        return _core.dense(x, kernel, bias, resolved, out)
    check_overlap("dense", out, {"x": x, "kernel": kernel, "bias": bias})
    return _activation.apply(resolved, _core.dense(x, kernel, bias, LINEAR, None), out)


def dense_forward(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    activation: ActivationLike = None,
) -> tuple[FloatArray, DenseResiduals]:
    """Return what `dense` returns, and the residuals for `dense_backward`."""
    resolved = resolve(activation)
    code = resolved if isinstance(resolved, tuple) else LINEAR
    if code[0] == SOFTMAX:
        warn_if_constant(code, _output_shape(x, kernel))
    y, x_used, kernel_used, saved = _core.dense_forward(x, kernel, bias, code)
    then = None
    if code is not resolved:
        y, then = activation_forward(y, resolved)
    return y, DenseResiduals(x_used, kernel_used, saved, code, bias is not None, then)


def dense_backward(
    dy: ArrayLike,
    residuals: DenseResiduals,
    *,
    needs_input_grad: bool = True,
    needs_weight_grads: bool = True,
) -> tuple[FloatArray | None, FloatArray | None, FloatArray | None]:
    """Return the gradients ``(dx, dkernel, dbias)`` of `dense_forward`.

    With ``dz = dy * activation'(z)``: ``dx = dz @ kernel.T``, ``dkernel = x.T @ dz``, and ``dbias``
    is the sum of dz over all but its last axis.

    Parameters
    ----------
    dy
        Gradient with respect to the output, of its shape.
    residuals
        From `dense_forward`.
    needs_input_grad, needs_weight_grads
        If False, dx, or dkernel and dbias, aren't computed and come back as None.

    Returns
    -------
    tuple of ndarray
        New arrays of the shapes of x, kernel and bias; dbias is None if there was no bias.

    Raises
    ------
    ValueError
        If dy has another shape than the output.
    TypeError
        If dy has a dtype that doesn't convert, the activation is a Python callable without a
        gradient, or `residuals` are another function's.
    """
    check_residuals(residuals, DenseResiduals, "dense_backward")
    x, kernel, saved, code, use_bias, then = residuals
    if then is not None:
        dy = activation_backward(dy, then)
    needs_bias_grad = use_bias and needs_weight_grads
    return _core.dense_backward(
        dy, x, kernel, saved, code, needs_input_grad, needs_weight_grads, needs_bias_grad
    )


def _output_shape(x: ArrayLike, kernel: ArrayLike) -> tuple[int, ...]:
    """Return the shape of ``x @ kernel``, which may yet turn out not to exist."""
    return *np.shape(x)[:-1], *np.shape(kernel)[1:]
