"""Metrics for the use of one loop at a time."""

from __future__ import annotations

import copy
import os
import threading
import weakref
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from fastdense._locks import ForkSafeLock

if TYPE_CHECKING:
    from fastdense.metrics import Metric

_lock = ForkSafeLock()
# By the ids of metrics, the loans they are in. A loan that was dropped, because Ctrl-C came before
# it was given back, no longer counts.
_lent: dict[int, weakref.ref[Loan]] = {}


class Loan:
    """Metrics that no other loop adds batches to, until `give_back`.

    These are the metrics themselves, where a user can read them afterwards. Only those that another
    loop has at present are copied, which a test in a callback of a training finds, or in a thread
    beside it; the copies' states are to be reset. What can't be copied is shared: then the loops
    mix their batches.

    Parameters
    ----------
    metrics
        What to lend.
    ids
        Of these metrics.

    Attributes
    ----------
    metrics
        What to use in the place of those given, in their order.
    """

    def __init__(self, metrics: list[Metric], ids: AbstractSet[int]) -> None:
        self.metrics = metrics
        self.thread = threading.get_ident()
        self._me = weakref.ref(self)
        with _lock.current:
            taken = {i for i in ids if i in _lent and _lent[i]() is not None} if _lent else set()
            self._own = ids - taken
            for i in self._own:
                _lent[i] = self._me
        if taken:
            memo: dict[int, Any] = {}  # a metric of two outputs stays one
            self.metrics = [_copied(m, memo) if id(m) in taken else m for m in metrics]

    def give_back(self) -> None:
        """Let the next loop have the metrics."""
        with _lock.current:
            for i in self._own:
                if _lent.get(i) is self._me:
                    del _lent[i]


def _copied(metric: Metric, memo: dict[int, Any]) -> Metric:
    try:
        return copy.deepcopy(metric, memo)
    except Exception:  # noqa: BLE001  # of the user's own class, which may hold anything
        return metric


def _drop_loans_of_other_threads() -> None:
    """Forget what a fork has left behind: of the threads only the one that forked goes on."""
    for i, reference in list(_lent.items()):
        loan = reference()
        if loan is None or loan.thread != threading.get_ident():
            del _lent[i]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_loans_of_other_threads)
