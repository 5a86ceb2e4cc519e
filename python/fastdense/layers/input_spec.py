"""What a layer expects of its input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense._arrays import as_float

if TYPE_CHECKING:
    from fastdense._typing import FloatArray, Shape


def as_input(inputs: object, dtype: np.dtype[Any], layer: str) -> FloatArray:
    """Return `inputs` in the `dtype` of `layer`; ValueError unless it is an array."""
    if not isinstance(inputs, np.ndarray):
        raise ValueError(
            "Only input tensors may be passed as positional arguments. The following argument "
            f"value should be passed as a keyword argument: {inputs} (of type {type(inputs)}). "
            "Layers take NumPy arrays"
        )
    return as_float(inputs, dtype, f"layer '{layer}'")


class InputSpec:
    """Conditions on a shape, as `keras.InputSpec`.

    Parameters
    ----------
    ndim, min_ndim
        The rank, or the lowest rank; that which `axes` need, at least.
    axes
        From axis to the size that it must have.
    """

    def __init__(
        self,
        ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int] | None = None,
    ) -> None:
        self.ndim = ndim
        self.axes = dict(axes or {})
        needed = max((axis + 1 if axis >= 0 else -axis for axis in self.axes), default=0)
        self.min_ndim = max(min_ndim or 0, needed)

    def check(self, shape: Shape, layer: str) -> None:
        """Raise ValueError, naming `layer`, if `shape` doesn't meet the conditions.

        A dimension that is None, that is free, meets any.
        """
        ndim = len(shape)
        if self.ndim is not None and ndim != self.ndim:
            problem = f"expected ndim={self.ndim}, found ndim={ndim}. Full shape received: {shape}"
        elif ndim < self.min_ndim:
            problem = (
                f"expected min_ndim={self.min_ndim}, found ndim={ndim}. "
                f"Full shape received: {shape}"
            )
        else:
            for axis, size in self.axes.items():
                if shape[axis] not in (size, None):
                    problem = (
                        f"expected axis {axis} of input shape to have value {size}, "
                        f"but received input with shape {shape}"
                    )
                    break
            else:
                return
        raise ValueError(
            f"Input 0 with name 'None' of layer '{layer}' is incompatible with the layer: {problem}"
        )
