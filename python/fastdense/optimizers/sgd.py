"""Gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense.optimizers.native import NativeOptimizer

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.optimizers.arguments import LearningRate


class SGD(NativeOptimizer):
    """Gradient descent: ``w -= learning_rate * g``.

    With momentum::

        v = momentum * v - learning_rate * g
        w += v                                     # nesterov=False
        w += momentum * v - learning_rate * g      # nesterov=True

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    momentum
        A float from 0 to 1, else ValueError; 0 for none.
    nesterov
        Whether to use Nesterov momentum.
    *args, **kwargs
        Those of `Optimizer` from `weight_decay` on, in its order.
    """

    _FIELDS = (*NativeOptimizer._FIELDS, "momentum", "nesterov")
    _CORE_NAME = "sgd"

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)
        if not isinstance(momentum, float) or momentum < 0 or momentum > 1:
            raise ValueError(
                f"`momentum` must be a float between [0, 1]. Received: momentum={momentum}"
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def _parameters(self) -> tuple[float, ...]:
        return (self.momentum, self.nesterov)

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        if self.momentum != 0:
            self.add_optimizer_variables(weights, "momentum")
