"""Metrics for the use of one loop at a time."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from fastdense._locks import ForkSafeLock

if TYPE_CHECKING:
    from fastdense.metrics import Metric

# Guards `_lent`, and the states of the metrics in it: what is copied isn't changing then.
_lock = ForkSafeLock()
_lent: set[int] = set()  # by id: metrics that a loop adds up batches in
_UNGUARDED: AbstractContextManager[Any] = contextlib.nullcontext()


class Loan:
    """Metrics that no other loop adds batches to, until `give_back`.

    These are the metrics themselves, where a user can read them afterwards. Only those that another
    loop has at present are copied, which a test in a callback of a training finds, or in a thread
    beside it. What can't be copied is shared: then the loops mix their batches.

    Attributes
    ----------
    metrics
        What to use in the place of those given, in their order.
    """

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._own = set(map(id, metrics))
        self.metrics = metrics
        with _lock.current:
            if not _lent.isdisjoint(self._own):
                self._own -= _lent
                memo: dict[int, Any] = {}  # a metric of two outputs stays one
                self.metrics = [m if id(m) in self._own else _copied(m, memo) for m in metrics]
            _lent.update(self._own)

    def changing(self) -> AbstractContextManager[Any]:
        """Return what to change the states in: nobody copies them meanwhile."""
        return _lock.current if self._own else _UNGUARDED

    def give_back(self) -> None:
        """Let the next loop have the metrics."""
        with _lock.current:
            _lent.difference_update(self._own)


def _copied(metric: Metric, memo: dict[int, Any]) -> Metric:
    try:
        return copy.deepcopy(metric, memo)
    except Exception:  # noqa: BLE001  # of the user's own class, which may hold anything
        return metric
