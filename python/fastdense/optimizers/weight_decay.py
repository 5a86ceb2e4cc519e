"""Which weights decay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdense._typing import FloatArray


class DecaySelection:
    """All weights but those excluded: some arrays, and those whose name matches a pattern."""

    def __init__(
        self, arrays: Iterable[FloatArray] | None = None, patterns: Iterable[str] | None = None
    ) -> None:
        self._arrays = list(arrays or ())
        self._patterns = [re.compile(pattern) for pattern in patterns or ()]

    def decays(self, weights: Sequence[FloatArray], names: Sequence[str] | None) -> list[bool]:
        """Return whether each weight decays; ValueError if that takes names and there are none."""
        if self._patterns and names is None:
            raise ValueError(
                "exclude_from_weight_decay(var_names=...) needs the names of the weights. "
                "Received: build(weights) without `names`"
            )
        return [
            not any(weight is array for array in self._arrays)
            and not any(pattern.search(name) for pattern in self._patterns)
            for weight, name in zip(weights, names or [""] * len(weights), strict=True)
        ]
