"""What several operations check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense._arrays import as_float

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray


def check_residuals(residuals: object, expected: type, function: str) -> None:
    """Raise TypeError, naming `function`, if `residuals` are another operation's."""
    if not isinstance(residuals, expected):
        raise TypeError(
            f"{function}: expected the residuals of "
            f"{function.replace('backward', 'forward')}. Received: {type(residuals).__name__}"
        )


def as_output(name: str, dy: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> FloatArray:
    """Return `dy` in the output's `dtype`; ValueError unless it has its `shape`."""
    gradient = as_float(dy, dtype, f"{name}: dy")
    if gradient.shape != shape:
        raise ValueError(
            f"{name}: dy has shape {gradient.shape}, expected {shape}, the output's shape"
        )
    return gradient


def check_overlap(function: str, out: FloatArray | None, inputs: Mapping[str, object]) -> None:
    """Raise ValueError if `out` shares memory with one of the inputs, given by name."""
    for name, value in inputs.items():
        is_array = isinstance(value, np.ndarray) and isinstance(out, np.ndarray)
        if is_array and np.may_share_memory(out, value):
            raise ValueError(f"{function}: out shares memory with {name}")
