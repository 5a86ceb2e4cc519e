"""What counts as an array of real numbers, and how it becomes one of a given dtype."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, Config, DTypeLike, FloatArray

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_CACHE_LINE = 64


def float_dtype(dtype: DTypeLike | Config) -> np.dtype[Any]:
    """Return float32 or float64 from what users and Keras' configs give as a dtype."""
    found: Any = "float32" if dtype is None else dtype
    if isinstance(found, dict):  # Keras' config of a dtype policy
        config = found.get("config")
        found = config.get("name") if isinstance(config, dict) else None
    if isinstance(found, str | type | np.dtype):
        try:
            supported = np.dtype(found)
        except TypeError:
            pass
        else:
            if supported in _FLOATS:
                return supported
    raise ValueError(f'Expected dtype "float32" or "float64". Received: dtype={dtype!r}')


def is_computable(value: object) -> TypeGuard[FloatArray]:
    """Whether `value` is an array that the core takes without changing its dtype."""
    return isinstance(value, np.ndarray) and value.dtype in _FLOATS


def plain(value: ArrayLike, name: str) -> np.ndarray[Any, Any]:
    """Return `value` as an array of no subclass; TypeError if that would lose a mask."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(
            f"{name}: masks are not supported. Received a masked array of shape {value.shape} with "
            "masked elements: give them values with its method `filled`"
        )
    return np.asarray(value)


def as_float(value: ArrayLike, dtype: np.dtype[Any], name: str) -> FloatArray:
    """Return `value` itself if it is a plain array of `dtype`, else converted, in C order.

    Raises
    ------
    TypeError
        If it is complex, no number, wider than 64 bits, or masked; the message names `name`.
    """
    if type(value) is np.ndarray and value.dtype == dtype:
        return value
    array = plain(value, name)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name}: expected an array of real numbers of at most 64 bits. "
            f"Received: dtype={array.dtype}, shape={array.shape}"
        )
    return np.asarray(array, dtype, order="C")


def in_place(array: np.ndarray[Any, Any], dtype: DTypeLike = None) -> np.ndarray[Any, Any]:
    """Return the array, or a copy if the core can't take it, as `dtype`, from where it lies."""
    return np.require(array, dtype, ("C", "A"))


def zeros_on_cache_line(
    shape: tuple[int, ...], dtype: np.dtype[Any], like: FloatArray | None = None
) -> FloatArray:
    """Return new zeros, C-contiguous, that begin on a cache line, or as far past one as `like`.

    The vectors of arrays that a kernel walks through together are then on their boundaries
    together. Weights whose vectors lie on two lines each take a fifth longer to read.
    """
    offset = 0 if like is None else like.ctypes.data
    size = math.prod(shape) * dtype.itemsize
    memory = np.zeros(size + _CACHE_LINE, np.uint8)
    start = (offset - memory.ctypes.data) % _CACHE_LINE
    return memory[start : start + size].view(dtype).reshape(shape)
