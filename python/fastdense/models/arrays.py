"""What a model takes for its inputs, and for the gradients of its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fastdense._arrays import as_float
from fastdense.layers.input_spec import as_input

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.layers.symbolic import SymbolicTensor

T = TypeVar("T")


def listed(things: Any) -> list[Any]:
    """Return a list or tuple as a list, anything else in a list."""
    return list(things) if isinstance(things, list | tuple) else [things]


def unpacked(things: Sequence[T]) -> T | list[T]:
    """Return the only one of `things`, or all in a list."""
    return things[0] if len(things) == 1 else list(things)


def as_arrays(inputs: Any, tensors: Sequence[SymbolicTensor], model: str) -> list[FloatArray]:
    """Return the arrays for the symbolic inputs `tensors`, in their dtypes.

    A last axis of size 1 is added or removed where that makes the rank right, as Keras does.

    Raises
    ------
    ValueError
        If there are others than these inputs, or one isn't an array or has another shape.
    TypeError
        If one has a dtype that isn't real, or masked elements.
    """
    names = [tensor.name for tensor in tensors]
    if isinstance(inputs, Mapping):
        missing = [name for name in names if name not in inputs]
        if missing:
            raise ValueError(
                f"Model '{model}': expected inputs named {names}. Received: a dict with keys "
                f"{list(inputs)}, which lacks {missing}"
            )
        inputs = [inputs[name] for name in names]
    given = listed(inputs)
    if len(given) != len(tensors):
        raise ValueError(
            f"Model '{model}' expects {len(tensors)} input(s), {names}, but it received "
            f"{len(given)}"
        )
    return [as_array(x, tensor, model) for x, tensor in zip(given, tensors, strict=True)]


def as_gradients(
    dy: Any, like: Sequence[tuple[tuple[int, ...], np.dtype[Any]]], model: str
) -> list[FloatArray]:
    """Return the gradient of each output, in the dtype of the output.

    Parameters
    ----------
    dy
        One array per output, in a list if there are several.
    like
        Shapes and dtypes of the outputs.
    model
        The model's name.

    Raises
    ------
    ValueError
        If their number or a shape differs.
    """
    given = listed(dy)
    if len(given) != len(like):
        raise ValueError(
            f"Model '{model}': dy must be a list of {len(like)} gradients, one for each output. "
            f"Received: {len(given)}"
        )
    arrays = [
        as_float(array, dtype, f"model '{model}': dy")
        for array, (_, dtype) in zip(given, like, strict=True)
    ]
    expected = [shape for shape, _ in like]
    if [array.shape for array in arrays] != expected:
        raise ValueError(
            f"Model '{model}': dy has shape {unpacked([array.shape for array in arrays])}, "
            f"expected {unpacked(expected)} as the output"
        )
    return arrays


def as_array(x: Any, tensor: SymbolicTensor, model: str) -> FloatArray:
    """Return the array for one symbolic input, as `as_arrays` does for all."""
    array = as_input(x, np.dtype(tensor.dtype), model)
    expected = tensor.shape
    if array.ndim == len(expected) + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    elif array.ndim == len(expected) - 1 and expected[-1] == 1:
        array = array[..., np.newaxis]
    if array.ndim != len(expected) or any(
        size not in (None, found) for size, found in zip(expected[1:], array.shape[1:], strict=True)
    ):
        raise ValueError(
            f"Input 0 with name '{tensor.name}' of layer '{model}' is incompatible with the layer: "
            f"expected shape={(None, *expected[1:])}, found shape={np.shape(x)}"
        )
    return array
