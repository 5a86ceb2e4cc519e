"""What became of losses and metrics from epoch to epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdense.callbacks.base import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class History(Callback):
    """Record of a training, which `fit` returns.

    Attributes
    ----------
    history
        A list for each name in the logs, with a value for each epoch.
    epoch
        The numbers of these epochs, from 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin a list of epochs."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Record the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
