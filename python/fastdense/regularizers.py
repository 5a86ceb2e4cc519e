"""Penalties on weights and outputs, with the definitions of `keras.regularizers`.

A regularizer is a callable ``w -> float``. To train with it, it needs its gradient as well:
``regularizer.gradient(w)``, an array of w's shape and dtype, which layers add to the gradients that
`backward` computes. Every regularizer here has one; a callable without one works in inference only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdense import _core
from fastdense._changes import Noted
from fastdense._configurable import Configurable
from fastdense._registry import Registry

if TYPE_CHECKING:
    from fastdense._typing import FloatArray

# Rows shorter than this are divided by it instead of by their length (Keras' epsilon).
_EPSILON = 1e-7


class Regularizer(Configurable, Noted):
    """Base class. A subclass defines ``__call__``, `gradient` and, if need be, `get_config`."""

    def __call__(self, x: FloatArray) -> float:
        """Return the penalty on `x`, summed in float64."""
        return 0.0

    def gradient(self, x: FloatArray) -> FloatArray:
        """Return the penalty's gradient with respect to `x`, an array of its shape and dtype."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `gradient(x)`")

    def lower(self) -> tuple[float, float] | None:
        """Return ``(l1, l2)`` if this is exactly the penalty of `L1L2` with these, else None."""
        return None


class L1L2(Regularizer):
    """``l1 * sum(|x|) + l2 * sum(x**2)``; gradient ``l1 * sign(x) + 2 * l2 * x``.

    The gradient of ``|x|`` at 0 is taken as 0. A factor of zero leaves its term out, whatever x
    holds.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = ("l1", "l2")

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _non_negative(l1, "l1", default=0.0)
        self.l2 = _non_negative(l2, "l2", default=0.0)

    def __call__(self, x: FloatArray) -> float:
        """Return the penalty on `x`, summed in float64."""
        return _core.penalty(x, self.l1, self.l2)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Return the penalty's gradient with respect to `x`."""
        return _core.penalty_gradient(x, self.l1, self.l2)

    def lower(self) -> tuple[float, float] | None:
        """Return ``(l1, l2)``; None for a subclass of one's own, which may compute otherwise."""
        return (self.l1, self.l2) if type(self) in {L1, L2, L1L2} else None


class L1(L1L2):
    """``l1 * sum(|x|)``; gradient ``l1 * sign(x)``."""

    _FIELDS = ("l1",)

    def __init__(self, l1: float | None = 0.01) -> None:
        super().__init__(l1=_non_negative(l1, "l1", default=0.01))


class L2(L1L2):
    """``l2 * sum(x**2)``, without a factor 1/2; gradient ``2 * l2 * x``."""

    _FIELDS = ("l2",)

    def __init__(self, l2: float | None = 0.01) -> None:
        super().__init__(l2=_non_negative(l2, "l2", default=0.01))


class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean absolute cosine between different rows (or columns) of a matrix.

    With ``u_i = x_i / max(|x_i|, 1e-7)`` and ``c = factor / (n (n - 1) / 2)`` for n rows, the
    penalty is ``c * sum_{i<j} |u_i·u_j|``; 0 for a single row. Its gradient, for rows longer than
    1e-7, is ``c * (g_i - (g_i·u_i) u_i) / |x_i|`` with ``g_i = sum_{j≠i} sign(u_i·u_j) u_j``.

    Parameters
    ----------
    factor
        A non-negative number.
    mode
        ``"rows"`` or ``"columns"``.
    """

    _FIELDS = ("factor", "mode")

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _non_negative(factor, "factor", default=0.01)
        if mode not in {"rows", "columns"}:
            raise ValueError(
                'Invalid value for argument `mode`. Expected one of {"rows", "columns"}. '
                f"Received: mode={mode}"
            )
        self.mode = mode

    def __call__(self, x: FloatArray) -> float:
        """Return the penalty on `x`; ValueError unless it has rank 2."""
        _, unit, scale = self._unit_rows(x)
        cosines = unit @ unit.T
        np.fill_diagonal(cosines, 0.0)
        return 0.5 * scale * float(np.sum(np.abs(cosines), dtype=np.float64))

    def gradient(self, x: FloatArray) -> FloatArray:
        """Return the penalty's gradient with respect to `x`."""
        length, unit, scale = self._unit_rows(x)
        signs = np.sign(unit @ unit.T)
        np.fill_diagonal(signs, 0.0)
        g: FloatArray = signs @ unit
        along = np.sum(g * unit, axis=1, keepdims=True) * unit
        g -= np.where(length > _EPSILON, along, 0.0)  # short rows are only scaled
        g *= scale / np.maximum(length, _EPSILON)
        return g if self.mode == "rows" else g.T

    def _unit_rows(self, x: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Return the rows' lengths, the rows divided by them, and the factor of one pair."""
        if x.ndim != 2:
            raise ValueError(
                "Inputs to OrthogonalRegularizer must have rank 2. Received: "
                f"inputs.shape={x.shape}"
            )
        rows = x if self.mode == "rows" else x.T
        length = np.sqrt(np.sum(np.square(rows), axis=1, keepdims=True))
        pairs = len(rows) * (len(rows) - 1) / 2
        return length, rows / np.maximum(length, _EPSILON), self.factor / max(pairs, 1.0)


def gradient_of(regularizer: Callable[..., float], x: FloatArray, scale: float = 1.0) -> FloatArray:
    """Return `scale` times the gradient of any regularizer, in x's dtype.

    Raises
    ------
    TypeError
        If it is a callable without a gradient.
    ValueError
        If the gradient has another shape than x.
    """
    gradient = getattr(regularizer, "gradient", None)
    if gradient is None:
        raise TypeError(
            f"regularizer {regularizer!r} has no method `gradient(x)`, which training needs. "
            "See fastdense.regularizers.Regularizer"
        )
    found: FloatArray = np.asarray(gradient(x), dtype=x.dtype)
    if found.shape != x.shape:
        raise ValueError(
            f"regularizer {regularizer!r}: `gradient` returned shape {found.shape}, "
            f"expected {x.shape}, that of its argument"
        )
    return found if scale == 1.0 else found * found.dtype.type(scale)


def _non_negative(value: float | None, name: str, default: float) -> float:
    """Return `value` as a float, None as `default`; ValueError if negative or not finite."""
    if value is None:
        return default
    if not isinstance(value, float | int | np.number) or not 0 <= value < math.inf:
        raise ValueError(
            f"Invalid value for argument {name}: expected a non-negative float. "
            f"Received: {name}={value}"
        )
    return float(value)


_registry: Registry[Callable[..., float]] = Registry("regularizer", "keras.regularizers")

l1 = _registry.register(L1)
l2 = _registry.register(L2)
l1_l2 = _registry.register(L1L2)
orthogonal_regularizer = _registry.register(OrthogonalRegularizer)

get = _registry.get
serialize = _registry.serialize
deserialize = _registry.deserialize
