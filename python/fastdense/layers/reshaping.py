"""Layers that change the shape, or nothing at all."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.layers.backprop import Backprop, weightless
from fastdense.layers.base import Layer

if TYPE_CHECKING:
    from fastdense._typing import Config, FloatArray, Shape


class Identity(Layer):
    """Return the input as it is."""

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return `inputs` themselves."""
        return inputs

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return `inputs` themselves; their gradient is dy."""
        return inputs, weightless(lambda dy: dy)


class Flatten(Layer):
    """Merge all axes but the first: ``(batch, a, b)`` to ``(batch, a * b)``, a vector to a column.

    Parameters
    ----------
    data_format
        ``"channels_last"`` (the default) keeps the order of the elements; ``"channels_first"``
        moves the second axis to the end before merging, as Keras does.
    **kwargs
        See `Layer`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                "The `data_format` argument must be one of {'channels_first', 'channels_last'}. "
                f"Received: data_format={data_format}"
            )
        self.data_format = data_format or "channels_last"

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return the input in two dimensions; a view where that is possible."""
        if self.data_format == "channels_first" and inputs.ndim > 1:
            inputs = np.moveaxis(inputs, 1, -1)
        return inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return what `call` does, and the function that computes its gradient."""
        shape = inputs.shape

        def gradient(dy: FloatArray) -> FloatArray:
            if self.data_format == "channels_first" and len(shape) > 1:
                return np.moveaxis(dy.reshape(shape[0], *shape[2:], shape[1]), -1, 1)
            return dy.reshape(shape)

        return self.call(inputs), weightless(gradient)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(batch, product of the rest)``."""
        known = [size for size in input_shape[1:] if size is not None]
        return input_shape[0], math.prod(known) if len(known) == len(input_shape) - 1 else None

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """Give each sample another shape.

    Parameters
    ----------
    target_shape
        The shape without the batch; one entry may be -1, which stands for what remains.
    **kwargs
        See `Layer`.
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        sizes = tuple(map(operator.index, target_shape))
        if sizes.count(-1) > 1:
            raise ValueError(
                "There must be at most one unknown dimension (-1) in `target_shape`. "
                f"Received: target_shape={sizes}."
            )
        if any(size < -1 for size in sizes):
            raise ValueError(
                "Each dimension in `target_shape` must be a non-negative integer, or `-1` for a "
                f"single unknown dimension. Received: target_shape={sizes}."
            )
        self.target_shape = sizes

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return the input in the new shape; a view where that is possible."""
        return inputs.reshape(len(inputs), *self._resolve(inputs.shape[1:]))

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return what `call` does, and the function that computes its gradient."""
        shape = inputs.shape
        return self.call(inputs), weightless(lambda dy: dy.reshape(shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the batch size and the new shape."""
        known = tuple(size for size in input_shape[1:] if size is not None)
        if len(known) < len(input_shape) - 1:
            return input_shape[0], *(None if size == -1 else size for size in self.target_shape)
        return input_shape[0], *self._resolve(known)

    def _resolve(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the target shape with -1 replaced, for a sample of `shape`."""
        size = math.prod(shape)
        given = math.prod(n for n in self.target_shape if n != -1)
        remainder = size // given if given else 0
        if -1 in self.target_shape and given and size % given == 0:
            return tuple(remainder if n == -1 else n for n in self.target_shape)
        if -1 in self.target_shape or size != given:
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={shape}, target_shape={self.target_shape}"
            )
        return self.target_shape

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "target_shape": self.target_shape}
