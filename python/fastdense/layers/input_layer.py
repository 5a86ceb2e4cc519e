"""Where the inputs of a model enter."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense.layers.base import Layer
from fastdense.layers.symbolic import Node, SymbolicTensor

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._typing import Config, DTypeLike, FloatArray, Shape

# Keras writes these into configs; as long as they are false they ask for nothing.
_KERAS_ONLY = ("sparse", "ragged", "optional")


class InputLayer(Layer):
    """An input of a model: its shape and dtype. Made by `Input`, which returns its output.

    Parameters
    ----------
    shape
        Shape of one sample; None stands for a size that is free.
    batch_size
        The batch size, for information only: a model takes any.
    dtype
        ``"float32"`` (the default) or ``"float64"``: what the model converts its input to.
    batch_shape
        Instead of shape and batch size: both in one.
    name
        See `Layer`.
    """

    input_spec = None

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: DTypeLike | Config = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if shape is not None and batch_shape is not None:
            raise ValueError("You cannot pass both `shape` and `batch_shape` at the same time.")
        if batch_size is not None and batch_shape is not None:
            raise ValueError(
                "You cannot pass both `batch_size` and `batch_shape` at the same time."
            )
        if batch_shape is not None:
            self.batch_shape = _standardized(batch_shape, "batch_shape")
        elif shape is not None:
            self.batch_shape = _standardized((batch_size, *_standardized(shape, "shape")), "shape")
        else:
            raise ValueError("You must pass a `shape` argument.")
        if not self.batch_shape:
            raise ValueError("Argument `batch_shape` must have a batch axis. Received: ()")
        self.built = True
        Node(self, (), [self.batch_shape])

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return `inputs` themselves."""
        return inputs

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return a new layer from what `get_config` returned, here or in Keras."""
        return cls(**{k: v for k, v in config.items() if not (k in _KERAS_ONLY and not v)})

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Node(self, (), [self.batch_shape])


def Input(  # noqa: N802  (Keras' name of a function)
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: DTypeLike | Config = None,
    *,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> SymbolicTensor:
    """Return a symbolic tensor to build a model from; see `InputLayer`."""
    layer = InputLayer(shape, batch_size, dtype, batch_shape, name)
    return layer._nodes[0].outputs[0]


def _standardized(shape: Any, name: str) -> Shape:
    """Return `shape` as a tuple; ValueError unless it is a sequence of sizes and Nones."""
    if not isinstance(shape, list | tuple):
        raise ValueError(f"Argument `{name}`: cannot convert '{shape}' to a shape.")
    sizes: list[int | None] = []
    for size in shape:
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__")):
            raise ValueError(
                f"Argument `{name}`: cannot convert '{tuple(shape)}' to a shape. Found invalid "
                f"dimension '{size}' of type '{type(size)}'."
            )
        if size is not None and operator.index(size) < 0:
            raise ValueError(
                f"Argument `{name}`: cannot convert '{tuple(shape)}' to a shape. Negative "
                "dimensions are not allowed."
            )
        sizes.append(None if size is None else operator.index(size))
    return tuple(sizes)
