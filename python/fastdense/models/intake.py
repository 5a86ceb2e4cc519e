"""How what users pass as x, y and sample_weight becomes what a step takes.

Every input, target and weight has one conversion, which works on any number of rows: it serves a
batch of a generator as well as a whole data set, and checks them before they are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from fastdense._arrays import as_float, in_place, plain
from fastdense.losses import prepare_targets
from fastdense.models.arrays import as_array
from fastdense.models.structure import align, is_nested, leaves

if TYPE_CHECKING:
    from fastdense._typing import Shape
    from fastdense.layers.symbolic import SymbolicTensor
    from fastdense.losses import Loss

Array: TypeAlias = "np.ndarray[Any, Any]"
Conversion: TypeAlias = "Callable[[Array], Array]"


class Arrays(NamedTuple):
    """Data as it was given, in the order of the model's inputs and outputs."""

    x: list[Array]
    y: list[Array | None]
    weights: list[Array | None]

    @property
    def rows(self) -> int:
        """The number of samples."""
        return len(self.x[0])

    def checked(self) -> Arrays:
        """Return the arrays; ValueError unless all have the same number of samples, at least 1."""
        groups: dict[str, Sequence[Array | None]] = {
            "x": self.x,
            "y": self.y,
            "sample_weight": self.weights,
        }
        sizes = {
            name: [len(array) for array in arrays if array is not None]
            for name, arrays in groups.items()
        }
        if len({size for group in sizes.values() for size in group}) > 1:
            lines = (
                f"'{name}' sizes: {', '.join(map(str, group))}"
                for name, group in sizes.items()
                if group
            )
            raise ValueError(
                "Data cardinality is ambiguous. Make sure all arrays contain the same number of "
                "samples." + "\n".join(lines)
            )
        if self.rows == 0:
            raise ValueError("Expected at least one sample. Received: `x` with none")
        return self

    def split(self, share: float) -> tuple[Arrays, Arrays]:
        """Return all samples but a share of them at the end, and that share, as views."""
        at = math.floor(self.rows * (1.0 - share))
        if not 0 < at < self.rows:
            raise ValueError(
                f"Training data contains {self.rows} samples, which is not sufficient to split it "
                "into a validation and training set as specified by "
                f"`validation_split={share}`. Either provide more data, or a different value for "
                "the `validation_split` argument."
            )
        return self._sliced(slice(0, at)), self._sliced(slice(at, None))

    def _sliced(self, rows: slice) -> Arrays:
        return Arrays(
            [array[rows] for array in self.x],
            [array if array is None else array[rows] for array in self.y],
            [array if array is None else array[rows] for array in self.weights],
        )


def unnamed(x: Any, y: Any, sample_weight: Any) -> Arrays:
    """Return data for a model of which only the single input is known."""
    y, weights = (
        [None if leaf is None else arrays_of(leaf, [""], argument)[0] for leaf in leaves(value)]
        for argument, value in (("y", y), ("sample_weight", sample_weight))
    )
    return Arrays(arrays_of(x, ["x"], "x"), y, weights)


def arrays_of(value: Any, names: Sequence[str], argument: str) -> list[Array]:
    """Return the arrays in `value`, one for each of `names`, without copying any.

    Raises
    ------
    ValueError
        If there are more or fewer, or something is no array, or has no rows to count.
    """
    found = [_array(part, argument) for part in align(value, names, argument)]
    for array in found:
        if array.ndim == 0:
            raise ValueError(f"`{argument}`: expected arrays of samples. Received: a scalar")
    return found


def optional_arrays_of(value: Any, names: Sequence[str], argument: str) -> list[Array | None]:
    """Return what `arrays_of` does, where None stands for None, as do Nones in a list or dict."""
    if value is None:
        return [None] * len(names)
    parts = align(value, names, argument)
    return [None if part is None else arrays_of(part, [""], argument)[0] for part in parts]


def weights_of(value: Any, names: Sequence[str]) -> list[Array | None]:
    """Return the arrays of `sample_weight`, one for each output.

    A single array of one weight per sample stands for all outputs.
    """
    if value is None or is_nested(value) or len(names) == 1:
        return optional_arrays_of(value, names, "sample_weight")
    array = _array(value, "sample_weight")
    if array.ndim != 1 and array.shape[1:] != (1,):
        raise ValueError(
            "For a model with multiple outputs, when providing a single `sample_weight` array, it "
            "should only have one scalar score per sample (i.e. shape `(num_samples,)`). Received: "
            f"shape {array.shape}. Pass a list with one array per output instead"
        )
    return [array] * len(names)


def _array(value: Any, argument: str) -> Array:
    if not isinstance(value, np.ndarray) and not hasattr(value, "__array__"):
        raise ValueError(
            f"`{argument}`: expected a NumPy array, or one for each of several inputs or outputs. "
            f"Received: {value!r:.80} (of type {type(value)})"
        )
    return plain(value, argument)


def input_conversion(tensor: SymbolicTensor, model: str) -> Conversion:
    """Return what makes arrays for the symbolic input `tensor` of `model`."""

    def convert(array: Array) -> Array:
        return in_place(as_array(array, tensor, model))

    return convert


def target_conversion(
    name: str, loss: Loss | None, shape: Shape, dtype: np.dtype[Any]
) -> Conversion:
    """Return what makes the targets of a loss for predictions of `shape` and `dtype`."""

    def convert(array: Array) -> Array:
        if loss is None:
            is_label = array.dtype.kind in "biu"
            return array if is_label else as_float(array, dtype, f"targets of '{name}'")
        known = zip(shape[1:], array.shape[1:] + (0,) * len(shape), strict=False)
        predicted = (len(array), *(given if size is None else size for size, given in known))
        return in_place(prepare_targets(loss, array, predicted, dtype))

    return convert


def weight_conversion(name: str, shape: Shape, dtype: np.dtype[Any]) -> Conversion:
    """Return what makes weights for the values of a loss of predictions of `shape`."""

    def convert(array: Array) -> Array:
        w = as_float(array, dtype, f"sample_weight of '{name}'")
        if w.ndim == len(shape) and w.shape[-1] == 1:
            w = w[..., 0]
        if w.ndim == 1 and None not in shape[1:-1]:
            over = w.reshape(-1, *(1 for _ in shape[1:-1]))
            w = np.broadcast_to(over, (len(w), *shape[1:-1]))  # type: ignore[arg-type]
        if not _has_shape(w, shape[:-1]):
            raise ValueError(
                f"`sample_weight`: expected shape {_free(shape[:-1])} for output '{name}', or one "
                f"weight per sample. Received: shape {array.shape}"
            )
        return in_place(w)

    return convert


def class_weight_conversion(
    class_weight: Mapping[int, float], of_weights: Conversion
) -> Conversion:
    """Return what makes the weights of samples from their targets: labels, or columns per class."""

    def convert(array: Array) -> Array:
        if array.ndim > 2:
            raise ValueError(
                "`class_weight` needs labels, one-hot or not: expected targets of rank 1 or 2. "
                f"Received: shape {array.shape}"
            )
        if array.ndim == 2:
            array = array[:, 0] if array.shape[1] == 1 else np.argmax(array, axis=1)
        classes, place = np.unique(np.round(array).astype(np.int64), return_inverse=True)
        table = np.array([class_weight.get(int(label), 1.0) for label in classes], np.float64)
        return of_weights(table[place])

    return convert


def _has_shape(array: Array, shape: Shape) -> bool:
    """Whether `array` has `shape`, but for the batch size and where that is None."""
    return array.ndim == len(shape) and all(
        expected in (None, size) for size, expected in zip(array.shape[1:], shape[1:], strict=True)
    )


def _free(shape: Shape) -> Shape:
    """Return `shape` with its batch size left open."""
    return (None, *shape[1:])
