"""Adam with Nesterov momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastdense.optimizers.averaging import AveragingOptimizer

if TYPE_CHECKING:
    from fastdense._typing import FloatArray


class Nadam(AveragingOptimizer):
    """Adam with Nesterov momentum.

    With ``u(t) = beta_1 * (1 - 0.96**t / 2)``, in step t = 1, 2, ...::

        product *= u(t)
        m += (1 - beta_1) * (g - m)
        v += (1 - beta_2) * (g**2 - v)
        n = u(t+1) * m / (1 - product * u(t+1)) + (1 - u(t)) * g / (1 - product)
        w -= learning_rate * n / (sqrt(v / (1 - beta_2**t)) + epsilon)

    Dozat, "Incorporating Nesterov Momentum into Adam", 2015.

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    beta_1, beta_2
        What is kept of the averages.
    epsilon
        Added to the root.
    *args, **kwargs
        Those of `Optimizer` from `weight_decay` on, in its order.
    """

    _CORE_NAME = "nadam"

    def _add_slots(self, weights: Sequence[FloatArray]) -> None:
        super()._add_slots(weights)
        self.state = self.add_variable((), "ones", np.float64)
