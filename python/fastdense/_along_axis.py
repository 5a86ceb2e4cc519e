"""The activations that look along an axis, over any axis: softmax and its kin, and glu."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastdense import _activation, _core

if TYPE_CHECKING:
    from fastdense._activation import Code, Resolved
    from fastdense._typing import ArrayLike, FloatArray, Shape

Axis: TypeAlias = int | Sequence[int] | None


class AlongAxis(_activation.Transform):
    """Run a code of the core, which works along the last axis, along others.

    Parameters
    ----------
    code
        The core's code for the activation.
    axis
        An axis, or several (None: all) along which to work jointly.
    """

    def __init__(self, code: Code, axis: Axis) -> None:
        self.code = code
        self.axis = axis

    def forward(self, x: ArrayLike) -> tuple[FloatArray, Any]:
        """Return the output; keep the input's shape and what the core needs."""
        x = np.asarray(x)
        if isinstance(self.axis, int) and -x.ndim <= self.axis < x.ndim:
            _activation.warn_if_constant(self.code, x.shape, self.axis)
        y, saved = _core.activation_forward(self._merge(x), self.code)
        return self._split(y, x.shape), (x.shape, saved)

    def backward(self, dy: ArrayLike, saved: Any) -> FloatArray:
        """Return the gradient with respect to the input."""
        shape, core_saved = saved
        dx = _core.activation_backward(self._merge(np.asarray(dy)), core_saved, self.code)
        return self._split(dx, shape)

    def _axes(self, ndim: int) -> tuple[int, ...]:
        if self.axis is None:
            return tuple(range(ndim))
        return (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)

    def _merge(self, x: FloatArray) -> FloatArray:
        """Move the axes to the end and merge them into one."""
        axes = self._axes(x.ndim)
        moved = np.moveaxis(x, axes, range(-len(axes), 0))
        kept = moved.shape[: x.ndim - len(axes)]
        return moved.reshape(*kept, math.prod(moved.shape[len(kept) :]))

    def _split(self, y: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """Undo `_merge` for an input of `shape`; a single axis may have changed its size."""
        axes = self._axes(len(shape))
        if len(axes) != 1:
            y = y.reshape(*y.shape[:-1], *(shape[axis] for axis in axes))
        return np.ascontiguousarray(np.moveaxis(y, range(-len(axes), 0), axes))


class GatedLinear(AlongAxis):
    """`AlongAxis` for glu, which halves its axis."""

    axis: int

    def forward(self, x: ArrayLike) -> tuple[FloatArray, Any]:
        """Return the output; ValueError if the axis can't be halved."""
        x = np.asarray(x)
        if -x.ndim <= self.axis < x.ndim:
            self.output_shape(x.shape)
        return super().forward(x)

    def output_shape(self, shape: Shape) -> Shape:
        """Return `shape` with the axis halved."""
        size = shape[self.axis]
        if size is None:
            return shape
        if size % 2:
            raise ValueError(
                f"axis size must be divisible by 2. Received: x.shape={shape} with axis={self.axis}"
            )
        halved = list(shape)
        halved[self.axis] = size // 2
        return tuple(halved)


def along_axis(name: str, axis: Axis) -> Resolved:
    """Return the activation `name` along `axis`: a plain code if that is the last one."""
    code = _activation.code(name)
    return code if axis == -1 else AlongAxis(code, axis)
