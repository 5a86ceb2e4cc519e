"""Awkward arrays: guarded, unaligned, strided, byte-swapped, read-only views of given values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference import Array

GUARD = 0xA5
MARGIN = 256


class Guarded:
    """An array placed `offset` bytes past a 64-byte boundary, with guard bytes before and after
    it."""

    def __init__(self, shape: tuple[int, ...], dtype: Any, offset: int = 0) -> None:
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        self.buffer = np.full(nbytes + 2 * MARGIN + 128, GUARD, dtype=np.uint8)
        self.start = MARGIN + (-self.buffer.ctypes.data - MARGIN) % 64 + offset
        self.stop = self.start + nbytes
        self.array: Array = np.ndarray(shape, dtype, buffer=self.buffer.data, offset=self.start)

    @classmethod
    def holding(cls, values: Array, offset: int = 0) -> Guarded:
        """A guarded copy of values."""
        guarded = cls(values.shape, values.dtype, offset)
        guarded.array[...] = values
        return guarded

    def assert_guards_intact(self) -> None:
        assert np.all(self.buffer[: self.start] == GUARD), "bytes before the array were written"
        assert np.all(self.buffer[self.stop :] == GUARD), "bytes after the array were written"

    def assert_untouched(self) -> None:
        """Neither the guards nor the array itself were written since construction."""
        assert np.all(self.buffer == GUARD), "the array was written although the call was refused"


def _every_second(values: Array) -> Array:
    base = np.full([2 * n + 1 for n in values.shape], np.nan).astype(values.dtype)
    view = base[tuple(slice(0, 2 * n, 2) for n in values.shape)]
    view[...] = values
    return view


def _read_only(values: Array) -> Array:
    copy = values.copy()
    copy.flags.writeable = False
    return copy


def _reversed(values: Array) -> Array:
    everywhere = (slice(None, None, -1),) * values.ndim
    return np.ascontiguousarray(values[everywhere])[everywhere]


def _padded_rows(values: Array) -> Array:
    base = np.full((*values.shape[:-1], values.shape[-1] + 5), np.nan).astype(values.dtype)
    base[..., : values.shape[-1]] = values
    return base[..., : values.shape[-1]]


# Each makes an array equal to its argument that is not the aligned, C-contiguous, native, writable
# one.
DISGUISES: dict[str, Callable[[Array], Array]] = {
    "byte_swapped": lambda v: v.astype(v.dtype.newbyteorder("S")),
    "read_only": _read_only,
    "reversed": _reversed,
    "every_second": _every_second,
    "fortran": np.asfortranarray,
    "padded_rows": _padded_rows,
    "unaligned_by_1": lambda v: Guarded.holding(v, 1).array,
    "unaligned_by_4": lambda v: Guarded.holding(v, 4).array,
    "unaligned_by_63": lambda v: Guarded.holding(v, 63).array,
    "subclass": lambda v: v.copy().view(np.recarray),
    "nested_list": lambda v: v.tolist(),
}


def refused_or_right(call: Callable[[], Any], out: Array, expected: Array, written: Array) -> str:
    """Runs a call whose `out` overlaps an input: it must raise ValueError and leave `written`,
    the memory around both, as it was, or fill out with `expected`. Returns which of the two it
    was."""
    before = written.copy()
    try:
        call()
    except ValueError as error:
        assert "out" in str(error)
        np.testing.assert_array_equal(written, before)
        return "refused"
    np.testing.assert_array_equal(out, expected)
    return "right"
