"""Layers that make one array of several."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastdense.layers.backprop import Backprop, Gradients
from fastdense.layers.merge import Merge

if TYPE_CHECKING:
    from fastdense._typing import Config, FloatArray, Shape


class Elementwise(Merge):
    """Base of the layers that merge element by element.

    A dimension of size 1 is repeated, and an input of lower rank is taken to be the same along the
    axes that it lacks, which are the first ones after the batch.
    """

    _combine: ClassVar[np.ufunc]  # the result so far with the next input

    def _partial(self, dy: FloatArray, inputs: list[FloatArray], i: int) -> FloatArray:
        """Return the gradient with respect to input i before what was repeated is added up."""
        raise NotImplementedError

    def call(self, inputs: list[FloatArray]) -> FloatArray:  # type: ignore[override]  # a list
        """Return the merged array."""
        return functools.reduce(self._combine, self._aligned(inputs))

    def forward(  # type: ignore[override]  # a list
        self, inputs: list[FloatArray]
    ) -> tuple[FloatArray, Backprop]:
        """Return the merged array, and the function that computes the inputs' gradients."""
        aligned = self._aligned(inputs)

        def backprop(dy: FloatArray, needs_input_grad: bool) -> Gradients:
            if not needs_input_grad:
                return None, {}
            partials = [self._partial(dy, aligned, i) for i in range(len(aligned))]
            return [
                _summed(partial, x.shape).reshape(given.shape)
                for partial, x, given in zip(partials, aligned, inputs, strict=True)
            ], {}

        return self.call(inputs), backprop

    @staticmethod
    def _aligned(inputs: list[FloatArray]) -> list[FloatArray]:
        """Return the inputs with axes of size 1 where one lacks them."""
        ndim = max(x.ndim for x in inputs)
        return [
            x if x.ndim == ndim else x.reshape(len(x), *[1] * (ndim - x.ndim), *x.shape[1:])
            for x in inputs
        ]

    def _merged_shape(self, shapes: Sequence[Shape]) -> Shape:
        batch = next((shape[0] for shape in shapes if shape[0] is not None), None)
        return batch, *functools.reduce(_broadcast, [tuple(shape[1:]) for shape in shapes])


class Add(Elementwise):
    """The sum of the inputs, added up in their order; each has the gradient dy."""

    _combine = np.add

    def _partial(self, dy: FloatArray, inputs: list[FloatArray], i: int) -> FloatArray:
        return dy


class Subtract(Elementwise):
    """``a - b`` of two inputs; gradients ``dy`` and ``-dy``."""

    _combine = np.subtract

    def _partial(self, dy: FloatArray, inputs: list[FloatArray], i: int) -> FloatArray:
        return -dy if i else dy

    def _check_shapes(self, shapes: Any) -> None:
        super()._check_shapes(shapes)
        if len(shapes) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. "
                f"Received: input_shape={shapes}"
            )


class Multiply(Elementwise):
    """The product of the inputs; the gradient is dy times the product of the others."""

    _combine = np.multiply

    def _partial(self, dy: FloatArray, inputs: list[FloatArray], i: int) -> FloatArray:
        return functools.reduce(operator.mul, inputs[:i] + inputs[i + 1 :], dy)


class Average(Elementwise):
    """The sum of the inputs divided by their number n; gradient ``dy / n``."""

    _combine = np.add

    def call(self, inputs: list[FloatArray]) -> FloatArray:  # type: ignore[override]  # a list
        """Return the mean."""
        mean: FloatArray = super().call(inputs) / len(inputs)
        return mean

    def _partial(self, dy: FloatArray, inputs: list[FloatArray], i: int) -> FloatArray:
        share: FloatArray = dy / len(inputs)
        return share


class Concatenate(Merge):
    """The inputs one after the other along an axis; the gradient is cut accordingly.

    Parameters
    ----------
    axis
        Not that of the batch. The inputs have the same size along all others.
    **kwargs
        See `Layer`.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = operator.index(axis)

    def call(self, inputs: list[FloatArray]) -> FloatArray:  # type: ignore[override]  # a list
        """Return the inputs in one array."""
        return np.concatenate(inputs, axis=self.axis)

    def forward(  # type: ignore[override]  # a list
        self, inputs: list[FloatArray]
    ) -> tuple[FloatArray, Backprop]:
        """Return the inputs in one array, and the function that cuts the gradient."""
        ends = np.cumsum([x.shape[self.axis] for x in inputs])

        def backprop(dy: FloatArray, needs_input_grad: bool) -> Gradients:
            return np.split(dy, ends[:-1], axis=self.axis) if needs_input_grad else None, {}

        return self.call(inputs), backprop

    def _merged_shape(self, shapes: Sequence[Shape]) -> Shape:
        ndim = len(shapes[0])
        axis = self.axis + ndim if self.axis < 0 else self.axis
        if not 0 < axis < ndim:
            raise ValueError(
                f"Concatenate: axis must be one of the inputs' {ndim} and not that of the batch. "
                f"Received: axis={self.axis}, input_shape={shapes}"
            )
        merged: list[int | None] = []
        for i, sizes in enumerate(zip(*shapes, strict=False)):
            known = [size for size in sizes if size is not None]
            if i == axis:
                merged.append(sum(known) if len(known) == len(sizes) else None)
            elif len(set(known)) <= 1:
                merged.append(known[0] if known else None)
        if len(merged) < ndim or any(len(shape) != ndim for shape in shapes):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the "
                f"concatenation axis. Received: input_shape={shapes}"
            )
        return tuple(merged)

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "axis": self.axis}


def add(inputs: Any, **kwargs: Any) -> Any:
    """Return ``Add(**kwargs)(inputs)``."""
    return Add(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Return ``Concatenate(axis, **kwargs)(inputs)``."""
    return Concatenate(axis, **kwargs)(inputs)


def _broadcast(a: Shape, b: Shape) -> Shape:
    """Return the shape that arrays of shapes a and b, without their batch, broadcast to."""
    if len(a) < len(b):
        return _broadcast(b, a)
    extra = len(a) - len(b)
    merged: list[int | None] = list(a[:extra])
    for i, j in zip(a[extra:], b, strict=True):
        if i is not None and j is not None and i != j and 1 not in (i, j):
            raise ValueError(f"Inputs have incompatible shapes. Received shapes {a} and {b}")
        merged.append(None if i is None or j is None else j if i == 1 else i)
    return tuple(merged)


def _summed(gradient: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return `gradient` added up along the axes along which an input of `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    axes = tuple(i for i, size in enumerate(shape) if size != gradient.shape[i])
    total: FloatArray = np.sum(gradient, axis=axes, keepdims=True)
    return total
