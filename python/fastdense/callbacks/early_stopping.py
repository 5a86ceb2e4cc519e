"""An end to training that no longer helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense._warn import warn
from fastdense.callbacks.monitor import MonitorCallback

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.callbacks.base import Logs


class EarlyStopping(MonitorCallback):
    """Stop when a value has not become better for `patience` epochs.

    Parameters
    ----------
    monitor, mode
        The name of the value in the logs; ``"min"``, ``"max"`` or ``"auto"``.
    min_delta
        By how much it must be better to count.
    patience
        Epochs without improvement to wait for.
    verbose
        1 to print when it stops.
    baseline
        A value that must be reached: improvements that stay worse than it don't count.
    restore_best_weights
        Whether to give the model the weights of the best epoch at the end, unless `fit` raises.
    start_from_epoch
        Epochs before this one are ignored.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = 0
        self.stopped_epoch = 0
        self.best_epoch = 0
        self.best_weights: list[FloatArray] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget what was before."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """See whether the epoch was better, and stop if none was for long."""
        current = (logs or {}).get(self.monitor)
        if current is None:
            warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {','.join(logs or {})}"
            )
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Restore the best weights, if asked to."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is None:
            return
        if self.verbose > 0:
            print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
        self.model.set_weights(self.best_weights)
