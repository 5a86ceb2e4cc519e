"""What the optimizers of Adam's family have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastdense.optimizers.native import NativeOptimizer

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.optimizers.arguments import LearningRate


class AveragingOptimizer(NativeOptimizer):
    """Keeps a moving average of the gradient, and one thing more beside it."""

    _FIELDS: ClassVar[tuple[str, ...]] = (*NativeOptimizer._FIELDS, "beta_1", "beta_2", "epsilon")
    _SLOTS = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _parameters(self) -> tuple[float, ...]:
        return (self.beta_1, self.beta_2, self.epsilon)

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        self.add_optimizer_variables(weights, self._SLOTS)
