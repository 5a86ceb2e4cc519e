"""A learning rate for every epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fastdense.callbacks.base import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of each epoch, and add it to the logs at its end.

    Parameters
    ----------
    schedule
        ``schedule(epoch, learning_rate)`` or ``schedule(epoch)``, whose value is a float.
    verbose
        1 to print what it sets.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the learning rate; ValueError if the schedule's value isn't a float."""
        optimizer = self.model.optimizer
        arguments = (epoch, float(optimizer.learning_rate))
        learning_rate = self.schedule(*arguments[: 2 if _takes_two(self.schedule) else 1])
        if not isinstance(learning_rate, float | np.floating):
            raise ValueError(
                f"The output of the `schedule` function should be a float. Got: {learning_rate!r}"
            )
        optimizer.learning_rate = float(learning_rate)
        if self.verbose > 0:
            print(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to "
                f"{learning_rate}."
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the learning rate to the logs."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(function: Callable[..., float]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    return True
