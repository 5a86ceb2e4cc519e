"""The functional face: one function per operation, arrays in, arrays out.

Arrays are float32 or float64. C-contiguous ones in native byte order are used in place; anything
else that converts is converted once: other layouts copied, float16, integers and booleans taken to
float32, a mix of float32 and float64 to float64. Complex, object and string arrays raise TypeError.

``*_forward`` returns residuals for ``*_backward``: opaque, and referring to the arrays that went in
and came out, so leave those unchanged in between. All functions can be called from many threads.

`activation` is None, the name of a function in `fastdense.activations`, such a function, a
`functools.partial` of one with parameters bound, an activation layer, or any Python callable on
arrays. A callable has a gradient if it offers one as ``callable.backward(x, y, dy)``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from fastdense import _activation, _core
from fastdense._activation import LINEAR, Code, Resolved, resolve, warn_if_constant

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray

ActivationLike: TypeAlias = str | Callable[..., Any] | Resolved | None

__all__ = [
    "activation",
    "activation_backward",
    "activation_forward",
    "dense",
    "dense_backward",
    "dense_forward",
    "dropout_backward",
    "dropout_forward",
]


class ActivationResiduals(NamedTuple):
    """What `activation_backward` needs; opaque."""

    resolved: Resolved
    shape: tuple[int, ...]
    saved: Any


class DenseResiduals(NamedTuple):
    """What `dense_backward` needs; opaque."""

    x: FloatArray
    kernel: FloatArray
    saved: FloatArray | None
    code: Code
    use_bias: bool
    then: ActivationResiduals | None


class DropoutResiduals(NamedTuple):
    """What `dropout_backward` needs to draw the same mask again; opaque."""

    shape: tuple[int, ...]
    rate: float
    seed: int
    noise_shape: tuple[int, ...] | None


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
        See the module.
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
        y = _core.dense(x, kernel, bias, resolved, out)
        warn_if_constant(resolved, y.shape)
        return y
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
    y, x_used, kernel_used, saved = _core.dense_forward(x, kernel, bias, code)
    then = None
    if code is resolved:
        warn_if_constant(code, y.shape)
    else:
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
        If the activation is a Python callable without a gradient.
    """
    x, kernel, saved, code, use_bias, then = residuals
    if then is not None:
        dy = activation_backward(dy, then)
    needs_bias_grad = use_bias and needs_weight_grads
    return _core.dense_backward(
        dy, x, kernel, saved, code, needs_input_grad, needs_weight_grads, needs_bias_grad
    )


def activation(
    x: ArrayLike, activation: ActivationLike, *, out: FloatArray | None = None
) -> FloatArray:
    """Return ``activation(x)``, written to `out` if given; `out` may be x itself."""
    return _activation.apply(resolve(activation), x, out)


def activation_forward(
    x: ArrayLike, activation: ActivationLike
) -> tuple[FloatArray, ActivationResiduals]:
    """Return ``activation(x)`` and the residuals for `activation_backward`."""
    resolved = resolve(activation)
    y, saved = _activation.forward(resolved, x)
    return y, ActivationResiduals(resolved, y.shape, saved)


def activation_backward(dy: ArrayLike, residuals: ActivationResiduals) -> FloatArray:
    """Return the gradient with respect to the input of `activation_forward`.

    Raises
    ------
    ValueError
        If dy has another shape than the output.
    TypeError
        If the activation is a Python callable without a gradient.
    """
    resolved, shape, saved = residuals
    _check_gradient("activation", dy, shape)
    return _activation.backward(resolved, dy, saved)


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
    """
    mask_shape = None if noise_shape is None else _fill(noise_shape, np.shape(x))
    y = _core.dropout(x, rate, seed, mask_shape)
    return y, DropoutResiduals(y.shape, rate, seed, mask_shape)


def dropout_backward(dy: ArrayLike, residuals: DropoutResiduals) -> FloatArray:
    """Return the gradient with respect to x: dy through the same mask, which is drawn again."""
    shape, rate, seed, noise_shape = residuals
    _check_gradient("dropout", dy, shape)
    return _core.dropout(dy, rate, seed, noise_shape)


def _fill(noise_shape: Sequence[int | None], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Replace each None by the size of the axis of `shape` that it is broadcast against."""
    if any(size is not None and not hasattr(size, "__index__") for size in noise_shape):
        raise TypeError(f"dropout: noise_shape {noise_shape} must hold integers and Nones only")
    if len(noise_shape) > len(shape):
        raise ValueError(
            f"dropout: noise_shape {tuple(noise_shape)} has more dimensions than x, "
            f"which has shape {shape}"
        )
    aligned = shape[len(shape) - len(noise_shape) :]
    return tuple(
        size if given is None else operator.index(given)
        for given, size in zip(noise_shape, aligned, strict=True)
    )


def _check_gradient(name: str, dy: ArrayLike, shape: tuple[int, ...]) -> None:
    received = np.shape(dy)
    if received != shape:
        raise ValueError(f"{name}: dy has shape {received}, expected {shape}, the output's shape")
