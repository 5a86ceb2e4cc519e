"""Learning rates that change from step to step, with the definitions of Keras 3.

A schedule is called with the number of steps made so far and returns the learning rate, computed in
double: ``SGD(learning_rate=schedules.ExponentialDecay(0.1, 1000, 0.96))``.
"""

from __future__ import annotations

from collections.abc import Callable

from fastdense._registry import Registry
from fastdense.optimizers.schedules.base import LearningRateSchedule
from fastdense.optimizers.schedules.cosine import CosineDecay
from fastdense.optimizers.schedules.decays import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

_registry: Registry[Callable[..., float]] = Registry(
    "learning rate schedule", "keras.optimizers.schedules"
)
_registry.register(CosineDecay)
_registry.register(ExponentialDecay)
_registry.register(InverseTimeDecay)
_registry.register(PiecewiseConstantDecay)
_registry.register(PolynomialDecay)

serialize = _registry.serialize
deserialize = _registry.deserialize

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
