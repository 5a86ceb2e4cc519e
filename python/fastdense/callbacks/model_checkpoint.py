"""The model in a file, from time to time or whenever it is better than before."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fastdense._warn import warn
from fastdense.callbacks.monitor import MonitorCallback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, while it is trained.

    Parameters
    ----------
    filepath
        Where to; may have fields of `str.format` for ``epoch`` (from 1), ``batch`` (likewise, if
        `save_freq` isn't ``"epoch"``) and the names in the logs. Folders are made as needed.
    monitor, mode
        The name of the value in the logs; ``"min"``, ``"max"`` or ``"auto"``.
    verbose
        1 to print what it does.
    save_best_only
        Whether to save only when the value is better than ever before.
    save_weights_only
        Whether to call `model.save_weights` instead of `model.save`.
    save_freq
        ``"epoch"``, or the number of batches after which to save.
    initial_value_threshold
        The first value to be better than.
    """

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, baseline=initial_value_threshold)
        is_number = isinstance(save_freq, int) and not isinstance(save_freq, bool)
        if save_freq != "epoch" and not (is_number and int(save_freq) > 0):
            raise ValueError(
                f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' or positive "
                "integer values"
            )
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._epoch = 0
        self._batches = 0  # since the last saving
        self._last_batch: int | None = None

    def uses(self, hook: str) -> bool:
        """Whether the hook does anything: for batches, only if `save_freq` counts them."""
        is_own = getattr(type(self), hook) is getattr(ModelCheckpoint, hook)
        return super().uses(hook) and not (is_own and self.save_freq == "epoch")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Keep the epoch's number, for the names of files."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Count batches, those of steps that weren't told of as well, and save if it is time."""
        super().on_train_batch_end(batch, logs)
        if isinstance(self.save_freq, str):
            return
        starts_anew = self._last_batch is None or batch <= self._last_batch
        self._batches += batch + 1 if starts_anew else batch - (self._last_batch or 0)
        self._last_batch = batch
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save_if_due(self._epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save if it is time."""
        if self.save_freq == "epoch":
            self._save_if_due(epoch, None, logs or {})

    def _save_if_due(self, epoch: int, batch: int | None, logs: Logs) -> None:
        path = self._path(epoch, batch, logs)
        if not self._is_due(epoch, logs, path):
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)
        self._say(epoch, f"finished saving model to {path}")

    def _is_due(self, epoch: int, logs: Logs, path: str) -> bool:
        if not self.save_best_only:
            self._say(epoch, f"saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warn(f"Can save best model only with {self.monitor} available.")
            return True
        if np.ndim(current) > 0:
            warn(
                "Can save best model only when `monitor` is a scalar value. "
                f"Received: {current}. Falling back to `save_best_only=False`."
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._say(
            epoch,
            f"{self.monitor} improved from {best} to {current:.5f}, saving model to {path}",
        )
        self.best = current
        return True

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        fields = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs}
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            raise KeyError(
                f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}'
            ) from error

    def _say(self, epoch: int, text: str) -> None:
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {text}")
