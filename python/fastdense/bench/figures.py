"""Numbers that describe samples."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Figures:
    """Times of one call, in seconds, over `rounds` samples of `calls` calls each."""

    median: float
    first_quartile: float
    third_quartile: float
    minimum: float
    rounds: int
    calls: int

    @classmethod
    def of(cls, samples: Sequence[float], calls: int) -> Figures:
        """Describe `samples`, the mean time of a call in each."""
        if len(samples) == 1:
            first = median = third = samples[0]
        else:
            first, median, third = statistics.quantiles(samples, n=4, method="inclusive")
        return cls(median, first, third, min(samples), len(samples), calls)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Figures:
        """Return the figures among `values`."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @property
    def spread(self) -> float:
        """Interquartile range over median."""
        return (self.third_quartile - self.first_quartile) / self.median


def geometric_mean(values: Sequence[float]) -> float:
    """Return the mean that ratios have: that of the inverses is its inverse."""
    return statistics.geometric_mean(values)
