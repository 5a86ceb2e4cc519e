"""The activations that look along an axis, over any axis: softmax and its kin, and glu."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import _activation, _core
from fastdense._axis import Axis, PlainAxis, plain_axis, resolve_axes

if TYPE_CHECKING:
    from fastdense._activation import Resolved
    from fastdense._typing import ArrayLike, FloatArray, Shape


class AlongAxis(_activation.Transform):
    """Run an activation of the core, which works along the last axis, along others.

    Parameters
    ----------
    name
        The activation's name in the core.
    axis
        An axis, or several (None: all) along which to work jointly.
    """

    def __init__(self, name: str, axis: PlainAxis) -> None:
        self.name = name
        self.code = _activation.code(name)
        self.axis = axis

    def forward(self, x: ArrayLike) -> tuple[FloatArray, Any]:
        """Return the output; keep the input's shape and what the core needs."""
        x = np.asarray(x)
        self.output_shape(x.shape)
        if isinstance(self.axis, int):
            _activation.warn_if_constant(self.code, x.shape, self.axis)
        y, saved = _core.activation_forward(self._merge(x), self.code)
        return self._split(y, x.shape), (x.shape, saved)

    def backward(self, dy: FloatArray, saved: Any) -> FloatArray:
        """Return the gradient with respect to the input."""
        shape, core_saved = saved
        dx = _core.activation_backward(self._merge(dy), core_saved, self.code)
        return self._split(dx, shape)

    def output_shape(self, shape: Shape) -> Shape:
        """Return `shape`; ValueError if it hasn't got the axes."""
        self._axes(shape)
        return shape

    def _axes(self, shape: Shape) -> tuple[int, ...]:
        return resolve_axes(self.axis, shape, self.name)

    def _merge(self, x: FloatArray) -> FloatArray:
        """Move the axes to the end and merge them into one."""
        axes = self._axes(x.shape)
        moved = np.moveaxis(x, axes, range(-len(axes), 0))
        kept = moved.shape[: x.ndim - len(axes)]
        return moved.reshape(*kept, math.prod(moved.shape[len(kept) :]))

    def _split(self, y: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        """Undo `_merge` for an input of `shape`; a single axis may have changed its size."""
        axes = self._axes(shape)
        if len(axes) != 1:
            y = y.reshape(*y.shape[:-1], *(shape[axis] for axis in axes))
        return np.ascontiguousarray(np.moveaxis(y, range(-len(axes), 0), axes))


class GatedLinear(AlongAxis):
    """`AlongAxis` for glu, which halves its axis: one, whatever it is."""

    def __init__(self, axis: int) -> None:
        try:
            super().__init__("glu", operator.index(axis))
        except TypeError:
            raise TypeError(f"glu: axis must be an integer. Received: axis={axis!r}") from None

    def output_shape(self, shape: Shape) -> Shape:
        """Return `shape` with the axis halved; ValueError if it can't be."""
        (axis,) = self._axes(shape)
        size = shape[axis]
        if size is None:
            return shape
        if size % 2:
            raise ValueError(
                f"axis size must be divisible by 2. Received: x.shape={shape} with axis={self.axis}"
            )
        return (*shape[:axis], size // 2, *shape[axis + 1 :])


def along_axis(name: str, axis: Axis) -> Resolved:
    """Return the activation `name` along `axis`: a plain code if that is the last one."""
    plain = plain_axis(axis, name)
    return _activation.code(name) if plain == -1 else AlongAxis(name, plain)
