"""Batches from generators and other iterables, and epochs that are cut out of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, Any

from fastdense._warn import warn

if TYPE_CHECKING:
    from fastdense.models.data import Source
    from fastdense.models.execution import Batch


class Items:
    """What an iterable yields, one epoch per iteration, with a look at what comes first.

    A generator, or another iterator, has only one.

    Attributes
    ----------
    first
        What comes first.
    steps
        The length of the iterable if it has one: iterations end there.

    Raises
    ------
    ValueError
        If nothing comes.
    """

    def __init__(self, iterable: Iterable[Any]) -> None:
        self._iterable = iterable
        self.steps = len(iterable) if isinstance(iterable, Sized) else None
        iterator = iter(iterable)
        try:
            self.first = next(iterator)
        except StopIteration:
            raise ValueError(
                f"Expected an iterable of batches to yield at least one. Received: {iterable!r}, "
                "which yields none"
            ) from None
        self._begun: Iterator[Any] | None = itertools.chain([self.first], iterator)

    def __iter__(self) -> Iterator[Any]:
        begun, self._begun = self._begun, None
        return itertools.islice(iter(self._iterable) if begun is None else begun, self.steps)


class Converted:
    """A source of the batches that a conversion makes of what an iterable yields."""

    def __init__(self, items: Items, conversion: Callable[[Any], Batch]) -> None:
        self._items = items
        self._conversion = conversion
        self.steps = items.steps

    def __iter__(self) -> Iterator[Batch]:
        return map(self._conversion, self._items)


class Epochs:
    """The batches of one epoch after the other.

    Parameters
    ----------
    source
        Where they come from.
    steps
        How many make an epoch; the next one goes on where it ended. None: all that `source` yields
        in one go.
    """

    def __init__(self, source: Source, steps: int | None) -> None:
        self._source = source
        self._wanted = steps
        self._current: Iterator[Batch] = iter(())
        self.steps = steps or source.steps

    def __iter__(self) -> Iterator[Batch]:
        count = 0
        for batch in self._source if self._wanted is None else self._next_steps(self._wanted):
            yield batch
            count += 1
        if count < (self._wanted or 1):
            warn_out_of_data()

    def _next_steps(self, steps: int) -> Iterator[Batch]:
        first = next(self._current, None)
        if first is None:
            self._current = iter(self._source)
        else:
            yield first
        yield from itertools.islice(self._current, steps - (first is not None))


def warn_out_of_data() -> None:
    """Warn that an epoch has fewer batches than it should have."""
    warn(
        "Your input ran out of data; interrupting training. Make sure that your dataset or "
        "generator can generate at least `steps_per_epoch * epochs` batches."
    )
