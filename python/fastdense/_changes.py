"""A count of the changes to layers and to what they are trained with: optimizers, losses and so on.

By it, models know that what they prepared to run is out of date.
"""

from __future__ import annotations

import itertools
import os
from typing import Any, ClassVar

_numbers = itertools.count(1)  # hands out every number once, whatever the threads

count = 0
"""Another number after each change: compare it for equality only."""


def record() -> None:
    """Note that something has changed."""
    global count
    count = next(_numbers)


# What was prepared may be in the hands of a thread that a fork has left behind.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=record)


class Noted:
    """Notes when a public attribute of its is set.

    Not so for what `_UNNOTED` names: the values of weights, whose arrays everyone reads anew each
    time, and what training sets.
    """

    _UNNOTED: ClassVar[frozenset[str]] = frozenset({"gradients"})

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # `super()` would take twice as long
        if name[0] != "_" and name not in self._UNNOTED:
            record()
