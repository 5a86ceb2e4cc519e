"""Adam, and Adam with weight decay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense.optimizers.averaging import AveragingOptimizer

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.optimizers.arguments import LearningRate


class Adam(AveragingOptimizer):
    """Moving averages of the gradient and its square.

    In step t = 1, 2, ...::

        m += (1 - beta_1) * (g - m)
        v += (1 - beta_2) * (g**2 - v)
        rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w -= rate * m / (sqrt(v) + epsilon)

    `rate`, computed in double, makes up for averages that begin with 0. AMSGrad divides by the
    root of the largest v so far.

    Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2014; epsilon is its "epsilon hat".
    Reddi, Kale, Kumar, "On the Convergence of Adam and Beyond", 2018.

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    beta_1, beta_2
        What is kept of the averages.
    epsilon
        Added to the root.
    amsgrad
        Whether to use AMSGrad.
    *args, **kwargs
        Those of `Optimizer` from `weight_decay` on, in its order.
    """

    _FIELDS = (*AveragingOptimizer._FIELDS, "amsgrad")
    _CORE_NAME = "adam"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, *args, **kwargs)
        self.amsgrad = amsgrad

    def _parameters(self) -> tuple[float, ...]:
        return (*super()._parameters(), self.amsgrad)

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        super()._add_slots(weights)
        if self.amsgrad:
            self.add_optimizer_variables(weights, "velocity_hat")


class AdamW(Adam):
    """Adam with weight decay: ``w -= w * weight_decay * learning_rate`` before each update.

    Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2019.

    Parameters
    ----------
    weight_decay
        A float, else ValueError.
    learning_rate, beta_1, beta_2, epsilon, amsgrad
        As in `Adam`.
    *args, **kwargs
        Those of `Optimizer` from `clipnorm` on, in its order.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, *args, **kwargs
        )
        if self.weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")
