"""Smaller steps where larger ones no longer help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense._warn import warn
from fastdense.callbacks.monitor import MonitorCallback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by `factor` when a value has not become better for a while.

    The learning rate that the epoch had is added to its logs.

    Parameters
    ----------
    monitor, mode
        The name of the value in the logs; ``"min"``, ``"max"`` or ``"auto"``.
    factor
        Less than 1.
    patience
        Epochs without improvement to wait for.
    verbose
        1 to print when it reduces.
    min_delta
        By how much a value must be better to count.
    cooldown
        Epochs after a reduction that aren't counted as without improvement.
    min_lr
        The smallest learning rate to set.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(
                f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}"
            )
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget what was before."""
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """See whether the epoch was better, and reduce if none was for long."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = logs.get(self.monitor)
        if current is None:
            warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not "
                f"available. Available metrics are: {','.join(logs)}."
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether the last reduction is so recent that epochs don't count."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> bool:
        old = float(self.model.optimizer.learning_rate)
        if old <= self.min_lr:
            return False
        new = max(old * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = new
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new}.")
        return True
