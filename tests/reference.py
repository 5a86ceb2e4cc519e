"""The float64 NumPy truth that every test compares with; imports nothing of the library.

Shapes and names are Keras': x (..., in_features), kernel (in_features, units), bias (units,).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_activations import ELEMENTWISE, sigmoid, sigmoid_slope

Array = np.ndarray[Any, np.dtype[Any]]

OVER_AXIS = ("softmax", "log_softmax", "sparsemax", "glu")
KERAS_EPSILON = 1e-7


def wide(x: Any) -> Array:
    """x in the computing type: extended precision stays, everything else becomes float64."""
    array = np.asarray(x)
    return array if array.dtype == np.longdouble else array.astype(np.float64)


def widest(x: Any) -> Array:
    """x in the widest type there is, so that float64 results aren't judged by float64 roundings."""
    return np.asarray(x).astype(np.longdouble)


def activation(name: str, x: Any, axis: int = -1, **params: Any) -> Array:
    """Value of the named activation (over `axis` for the softmax family)."""
    with np.errstate(all="ignore"):
        if name in OVER_AXIS:
            return _OVER_AXIS_VALUE[name](wide(x), axis)
        return np.asarray(ELEMENTWISE[name].value(wide(x), **params))


def activation_slope(name: str, x: Any, **params: Any) -> Array:
    """Derivative of the named elementwise activation at x."""
    with np.errstate(all="ignore"):
        return np.asarray(ELEMENTWISE[name].slope(wide(x), **params))


def activation_backward(name: str, x: Any, dy: Any, axis: int = -1, **params: Any) -> Array:
    """Gradient with respect to x of sum(dy * activation(x))."""
    with np.errstate(all="ignore"):
        if name in OVER_AXIS:
            return _OVER_AXIS_BACKWARD[name](wide(x), wide(dy), axis)
    return wide(dy) * activation_slope(name, x, **params)


def kinks(name: str, **params: Any) -> list[float]:
    """Points where the slope of the named activation jumps."""
    return [] if name in OVER_AXIS else ELEMENTWISE[name].kinks(**params)


def softmax(x: Array, axis: int) -> Array:
    """exp(x - max) / sum(exp(x - max))."""
    if x.shape[axis] == 0:
        return x
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x: Array, axis: int) -> Array:
    """x - max - log(sum(exp(x - max)))."""
    if x.shape[axis] == 0:
        return x
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def sparsemax(x: Array, axis: int) -> Array:
    """Euclidean projection on the simplex: max(x - tau, 0) with sum 1 (Martins and Astudillo,
    2016)."""
    if x.shape[axis] == 0:
        return x
    rows = np.moveaxis(x, axis, -1)
    ordered = -np.sort(-rows, axis=-1)
    total = np.cumsum(ordered, axis=-1)
    count = np.arange(1, rows.shape[-1] + 1)
    size = np.sum(1 + count * ordered > total, axis=-1, keepdims=True)
    last = np.take_along_axis(total, np.maximum(size, 1) - 1, axis=-1)
    last = last + 0 * np.sum(rows, axis=-1, keepdims=True)  # NaN anywhere makes the row NaN
    return np.moveaxis(np.maximum(rows - (last - 1) / size, 0), -1, axis)


def glu(x: Array, axis: int) -> Array:
    """a * sigmoid(b), the two halves of x along axis."""
    a, b = np.split(x, 2, axis=axis)
    return a * sigmoid(b)


def _softmax_backward(x: Array, dy: Array, axis: int) -> Array:
    y = softmax(x, axis)
    return y * (dy - np.sum(y * dy, axis=axis, keepdims=True))


def _log_softmax_backward(x: Array, dy: Array, axis: int) -> Array:
    return dy - softmax(x, axis) * np.sum(dy, axis=axis, keepdims=True)


def _sparsemax_backward(x: Array, dy: Array, axis: int) -> Array:
    support = sparsemax(x, axis) > 0
    size = np.sum(support, axis=axis, keepdims=True)
    return np.where(support, dy - np.sum(dy * support, axis=axis, keepdims=True) / size, 0.0)


def _glu_backward(x: Array, dy: Array, axis: int) -> Array:
    a, b = np.split(x, 2, axis=axis)
    return np.concatenate([dy * sigmoid(b), dy * a * sigmoid_slope(b)], axis=axis)


_OVER_AXIS_VALUE = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sparsemax": sparsemax,
    "glu": glu,
}
_OVER_AXIS_BACKWARD = {
    "softmax": _softmax_backward,
    "log_softmax": _log_softmax_backward,
    "sparsemax": _sparsemax_backward,
    "glu": _glu_backward,
}


def dense(x: Any, kernel: Any, bias: Any = None) -> tuple[Array, Array]:
    """x @ kernel + bias, and |x| @ |kernel| + |bias|, the size that rounding errors scale with."""
    x, kernel = wide(x), wide(kernel)
    y, size = x @ kernel, np.abs(x) @ np.abs(kernel)
    return (y, size) if bias is None else (y + wide(bias), size + np.abs(wide(bias)))


def dense_backward(x: Any, kernel: Any, dz: Any) -> tuple[Array, Array, Array]:
    """dX = dZ W^T, dW = X^T dZ, db = sum of the rows of dZ; leading axes of x and dz are one
    batch."""
    x, kernel, dz = wide(x), wide(kernel), wide(dz)
    batch = int(np.prod(dz.shape[:-1]))
    rows, dz_rows = x.reshape(batch, kernel.shape[0]), dz.reshape(batch, kernel.shape[1])
    return dz @ kernel.T, rows.T @ dz_rows, dz_rows.sum(axis=0)


def prelu(x: Any, alpha: Any) -> Array:
    """max(x, 0) - alpha * max(-x, 0); alpha broadcasts over the batch axis."""
    return np.where(wide(x) > 0, wide(x), wide(alpha) * wide(x))


def prelu_backward(x: Any, alpha: Any, dy: Any) -> tuple[Array, Array]:
    """Gradients of prelu with respect to x and to an alpha of shape x.shape[1:]."""
    x, dy = wide(x), wide(dy)
    dx = dy * np.where(x > 0, 1.0, wide(alpha))
    return dx, np.sum(dy * np.minimum(x, 0), axis=0)


def l1_l2_penalty(w: Any, l1: float = 0.0, l2: float = 0.0) -> float:
    """l1 * sum(|w|) + l2 * sum(w**2): no factor 1/2."""
    return float(l1 * np.sum(np.abs(wide(w))) + l2 * np.sum(np.square(wide(w))))


def l1_l2_gradient(w: Any, l1: float = 0.0, l2: float = 0.0) -> Array:
    """Gradient of `l1_l2_penalty`, with 0 for |w| at w = 0."""
    return l1 * np.sign(wide(w)) + 2 * l2 * wide(w)


def orthogonal_penalty(w: Any, factor: float = 0.01, mode: str = "rows") -> float:
    """factor * mean |cosine| over the distinct pairs of rows (or columns)."""
    vectors = wide(w) if mode == "rows" else wide(w).T
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (unit @ unit.T)[np.triu_indices(len(unit), k=1)]
    return float(factor * np.mean(np.abs(cosines)))


def _norms(w: Array, axis: int) -> Array:
    return np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))


def max_norm(w: Any, max_value: float = 2, axis: int = 0) -> Array:
    """w scaled so that its norm along axis does not exceed max_value."""
    return min_max_norm(w, 0.0, max_value, 1.0, axis)


def unit_norm(w: Any, axis: int = 0) -> Array:
    """w / (epsilon + norm)."""
    return wide(w) / (KERAS_EPSILON + _norms(wide(w), axis))


def min_max_norm(
    w: Any, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int = 0
) -> Array:
    """w * (rate * clip(norm, min, max) + (1 - rate) * norm) / (epsilon + norm)."""
    w = wide(w)
    norm = _norms(w, axis)
    desired = rate * np.clip(norm, min_value, max_value) + (1 - rate) * norm
    return w * (desired / (KERAS_EPSILON + norm))
