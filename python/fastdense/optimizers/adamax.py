"""Adamax."""

from __future__ import annotations

from fastdense.optimizers.averaging import AveragingOptimizer


class Adamax(AveragingOptimizer):
    """Adam with the largest recent gradient instead of a mean square.

    In step t = 1, 2, ...::

        m += (1 - beta_1) * (g - m)
        u = max(beta_2 * u, |g|)
        w -= learning_rate / (1 - beta_1**t) * m / (u + epsilon)

    Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2014, section 7.

    Parameters
    ----------
    learning_rate
        A float, one of `optimizers.schedules`, or a callable without arguments.
    beta_1, beta_2
        What is kept of the average and of the largest gradient.
    epsilon
        Added to the divisor.
    *args, **kwargs
        Those of `Optimizer` from `weight_decay` on, in its order.
    """

    _CORE_NAME = "adamax"
    _SLOTS = ("momentum", "norm")
