"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense.optimizers.native import NativeOptimizer

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.optimizers.arguments import LearningRate


class RMSprop(NativeOptimizer):
    """Gradients divided by the root of the moving average of their square.

    In each step::

        v = rho * v + (1 - rho) * g**2
        d = learning_rate * g / sqrt(v + epsilon)
        w -= d

    Centered: ``v - a**2`` instead of ``v`` in the root, ``a = rho * a + (1 - rho) * g``. With
    momentum: ``m = momentum * m + d; w -= m``.

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    rho
        What is kept of the averages.
    momentum
        What is kept of the last update; 0 for none.
    epsilon
        Added in the root.
    centered
        Whether to divide by the standard deviation instead.
    *args, **kwargs
        Those of `Optimizer` from `weight_decay` on, in its order.
    """

    _FIELDS = (*NativeOptimizer._FIELDS, "rho", "momentum", "epsilon", "centered")
    _CORE_NAME = "rmsprop"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    def _parameters(self) -> tuple[float, ...]:
        return (self.rho, self.momentum, self.epsilon, self.centered)

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        self.add_optimizer_variables(weights, "velocity")
        if self.momentum > 0:
            self.add_optimizer_variables(weights, "momentum")
        if self.centered:
            self.add_optimizer_variables(weights, "average_gradient")
