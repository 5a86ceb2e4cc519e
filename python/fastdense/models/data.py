"""Where batches come from: arrays, in an order of their own, or an iterable of batches."""

from __future__ import annotations

import itertools
import math
import mmap
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastdense import _random
from fastdense.models.execution import Batch

if TYPE_CHECKING:
    from fastdense.models.intake import Array, Conversion

# An array in memory that isn't as a step takes it is converted once if it has no more elements than
# these (256 MiB of float32), else batch by batch in every epoch.
_CONVERT_AT_ONCE = 2**26


class Source(Protocol):
    """An epoch's batches, as often as they are asked for."""

    @property
    def steps(self) -> int | None:
        """How many batches there are; None if that isn't known."""
        ...

    def __iter__(self) -> Iterator[Batch]: ...


class Column:
    """The rows of one array, as a step takes them.

    Parameters
    ----------
    source
        The array as the user gave it. It may be a view of a file, larger than memory, of which
        only batches are read.
    conversion
        From any rows of `source` to what a step takes. Checks them.

    Attributes
    ----------
    whole
        All rows, if they are in memory as a step takes them, or have been converted; else None.
    """

    def __init__(self, source: Array, conversion: Conversion) -> None:
        self._source = source
        self._conversion = conversion
        at_once = source.size <= _CONVERT_AT_ONCE and not _is_file(source)
        if not at_once:
            sample = conversion(source[:2])  # one row would be contiguous in any array
            at_once = np.may_share_memory(sample, source) and not _is_file(source)
        self.whole = conversion(source) if at_once else None

    def rows(self, rows: slice | Array) -> Array:
        """Return some rows as a step takes them."""
        array = self._source if self.whole is None else self.whole
        part = array[rows] if isinstance(rows, slice) else np.take(array, rows, axis=0)
        return self._conversion(part) if self.whole is None else part


class ArraySource:
    """Batches of arrays; with `order`, in a new order of the rows in each epoch.

    Parameters
    ----------
    columns
        Of inputs, targets and weights; where there are no targets or weights, None.
    rows
        The number of rows.
    batch_size
        The size of all batches but the last one, which has what remains.
    order
        Returns the rows in the order of the epoch that starts. None: as they are.
    """

    def __init__(
        self,
        columns: tuple[Sequence[Column], Sequence[Column | None], Sequence[Column | None]],
        rows: int,
        batch_size: int,
        order: Callable[[], Array] | None = None,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._batch_size = batch_size
        self._order = order
        self.steps = math.ceil(rows / batch_size)

    def __iter__(self) -> Iterator[Batch]:
        starts = range(0, self._rows, self._batch_size)
        if self._order is None:
            for start in starts:
                yield self._batch(slice(start, start + self._batch_size))
            return
        order = self._order()
        pieces = (order[start : start + self._batch_size] for start in starts)
        if all(c is None or c.whole is not None for c in itertools.chain(*self._columns)):
            inputs, targets, weights = (
                [None if c is None else c.whole for c in group] for group in self._columns
            )
            for piece in pieces:
                yield Batch(inputs, targets, weights, piece)  # type: ignore[arg-type]  # see above
        else:
            for piece in pieces:
                yield self._batch(piece)

    def _batch(self, rows: slice | Array) -> Batch:
        """Return a batch with arrays of its own rows."""
        inputs, targets, weights = self._columns
        return Batch(
            [column.rows(rows) for column in inputs],
            [None if column is None else column.rows(rows) for column in targets],
            [None if column is None else column.rows(rows) for column in weights],
            None,
        )


def shuffled(rows: int, batch_size: int, seed: int) -> Array:  # as the next one
    """Return an order of all rows that depends on `seed` only."""
    return _random.generator(seed).permutation(rows)


def shuffled_within_batches(rows: int, batch_size: int, seed: int) -> Array:
    """Return an order in which every batch has the rows that it has without shuffling."""
    order = np.arange(rows)
    generator = _random.generator(seed)
    for start in range(0, rows, batch_size):
        generator.shuffle(order[start : start + batch_size])
    return order


def _is_file(array: Array) -> bool:
    """Whether `array` is a view of a file, which may be larger than memory."""
    base: Any = array
    while base is not None:
        if isinstance(base, mmap.mmap | np.memmap):
            return True
        base = base.base if isinstance(base, np.ndarray) else None
    return False
