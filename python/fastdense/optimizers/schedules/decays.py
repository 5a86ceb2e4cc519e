"""Schedules that follow one formula from the first step on."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from fastdense.optimizers.schedules.base import LearningRateSchedule, check_decay_steps


class _RateDecay(LearningRateSchedule):
    """What the decays with a rate have in common: their arguments, and how time is counted."""

    _FIELDS = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = check_decay_steps(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = type(self).__name__ if name is None else name

    def _periods(self, step: int) -> float:
        periods = float(step) / self.decay_steps
        return math.floor(periods) if self.staircase else periods


class ExponentialDecay(_RateDecay):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``.

    With `staircase` the exponent is rounded down.
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after `step` steps."""
        return float(self.initial_learning_rate * self.decay_rate ** self._periods(step))


class InverseTimeDecay(_RateDecay):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    With `staircase`, ``step / decay_steps`` is rounded down.
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after `step` steps."""
        return float(self.initial_learning_rate / (1 + self.decay_rate * self._periods(step)))


class PolynomialDecay(LearningRateSchedule):
    """From `initial_learning_rate` to `end_learning_rate` within `decay_steps`.

    ``(initial - end) * (1 - step / decay_steps) ** power + end``, and `end` from then on. With
    `cycle`, instead of ending, `decay_steps` becomes the next multiple of itself.
    """

    _FIELDS = (
        "initial_learning_rate",
        "decay_steps",
        "end_learning_rate",
        "power",
        "cycle",
        "name",
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = check_decay_steps(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after `step` steps."""
        cycles = max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1
        left = 1.0 - min(step / (self.decay_steps * cycles), 1.0)
        span = self.initial_learning_rate - self.end_learning_rate
        return float(span * left**self.power + self.end_learning_rate)


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[0]`` up to and including step ``boundaries[0]``, then ``values[1]``, and so on.

    There is one value more than there are boundaries, which are in ascending order.
    """

    _FIELDS = ("boundaries", "values", "name")

    def __init__(
        self, boundaries: Sequence[int], values: Sequence[float], name: str = "PiecewiseConstant"
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of "
                f"length {len(values)}."
            )
        if any(after < before for before, after in pairwise(boundaries)):
            raise ValueError(
                f"Expected boundaries in ascending order. Received: boundaries={boundaries}"
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after `step` steps."""
        return float(self.values[bisect_left(self.boundaries, step)])
