"""Locks that a forked child finds free."""

from __future__ import annotations

import os
import threading


class ForkSafeLock:
    """A reentrant lock, `current`, that is replaced by a free one in a forked child.

    A fork copies locks as they are, but of the threads only the one that forks: what another one
    held would stay locked for ever. Use it as ``with lock.current:``, which releases the lock that
    it took, replaced or not. What the lock guards must be fit for use wherever a fork cuts it off.
    """

    current: threading.RLock

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.current = threading.RLock()
