"""Cosine decay, after a warmup if need be."""

from __future__ import annotations

import math

from fastdense.optimizers.schedules.base import LearningRateSchedule, check_decay_steps


class CosineDecay(LearningRateSchedule):
    """A linear warmup, then half a period of a cosine.

    From `initial_learning_rate` to `warmup_target` within `warmup_steps`, if there is a target.
    Then, from there to `alpha` times that within `decay_steps`:
    ``peak * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)``; it stays there.

    Loshchilov, Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016.
    """

    _FIELDS = (
        "initial_learning_rate",
        "decay_steps",
        "alpha",
        "name",
        "warmup_target",
        "warmup_steps",
    )

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = check_decay_steps(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        """Return the learning rate of the step after `step` steps."""
        peak, decayed_for = self.initial_learning_rate, step
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                rise = self.warmup_target - self.initial_learning_rate
                return float(self.initial_learning_rate + rise * step / self.warmup_steps)
            peak, decayed_for = self.warmup_target, step - self.warmup_steps
        fraction = min(decayed_for / self.decay_steps, 1.0)
        cosine = 0.5 * (1.0 + math.cos(math.pi * fraction))
        return float(peak * ((1.0 - self.alpha) * cosine + self.alpha))
