"""A count of the changes to layers, by which models know that what they prepared is out of date."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

_numbers = itertools.count(1)  # hands out every number once, whatever the threads

count = 0
"""Another number after each change of any layer: compare it for equality only."""


def record() -> None:
    """Note that some layer has changed."""
    global count
    count = next(_numbers)


class Noted:
    """Notes when a public attribute of its is set.

    Not so for what `_UNNOTED` names: the values of weights, whose arrays everyone reads anew each
    time, and `gradients`, which training sets.
    """

    _UNNOTED: ClassVar[frozenset[str]] = frozenset({"gradients"})

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # `super()` would take twice as long
        if name[0] != "_" and name not in self._UNNOTED:
            record()
