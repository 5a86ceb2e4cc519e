"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense.initializers import Constant
from fastdense.optimizers.native import NativeOptimizer

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.optimizers.arguments import LearningRate


class Adagrad(NativeOptimizer):
    """Gradients divided by the root of the sum of all their squares.

    In each step::

        a += g**2
        w -= learning_rate * g / sqrt(a + epsilon)

    Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization", 2011.

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    initial_accumulator_value
        What `a` begins with.
    epsilon
        Added in the root.
    *args, **kwargs
        Those of `Optimizer` from `weight_decay` on, in its order.
    """

    _FIELDS = (*NativeOptimizer._FIELDS, "initial_accumulator_value", "epsilon")
    _CORE_NAME = "adagrad"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def _parameters(self) -> tuple[float, ...]:
        return (self.epsilon,)

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        start = Constant(self.initial_accumulator_value)
        self.add_optimizer_variables(weights, "accumulator", initializer=start)
