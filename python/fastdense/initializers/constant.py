"""The base class, and the initializers that draw nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastdense._configurable import Configurable

if TYPE_CHECKING:
    from fastdense._typing import DTypeLike, FloatArray


class Initializer(Configurable):
    """Base class. A subclass defines ``__call__`` and, if it has parameters, `get_config`."""

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return a new array of `shape` and `dtype` (default float32)."""
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")


class Constant(Initializer):
    """Every element is `value`."""

    _FIELDS = ("value",)

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return an array filled with `value`."""
        return np.full(shape, self.value, dtype or np.float32)


class Zeros(Initializer):
    """Every element is 0."""

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return an array of zeros."""
        return np.zeros(shape, dtype or np.float32)


class Ones(Initializer):
    """Every element is 1."""

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return an array of ones."""
        return np.ones(shape, dtype or np.float32)


class Identity(Initializer):
    """`gain` times the identity matrix; ones on the main diagonal if it isn't square."""

    _FIELDS = ("gain",)

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> FloatArray:
        """Return the scaled identity; ValueError unless `shape` has rank 2."""
        if len(shape) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. "
                f"Received: shape={shape} of rank {len(shape)}."
            )
        rows, columns = shape
        eye: FloatArray = np.eye(rows, columns).astype(dtype or np.float32)
        eye *= self.gain
        return eye
