"""Two trainings that take turns, so that other programs on the machine slow both alike."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from fastdense.callbacks import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs
    from fastdense.demo.digits import Digits
    from fastdense.demo.plain_numpy import NumpyNetwork


class Race(Callback):
    """Trains `rival` for an epoch before each epoch of the model's, and times both.

    Either's epoch is an order of the samples, a step for each batch, their loss and accuracy, and
    loss and accuracy of the validation.

    Attributes
    ----------
    seconds, rival_seconds
        What each epoch took.
    """

    def __init__(self, rival: NumpyNetwork, digits: Digits, batch_size: int) -> None:
        super().__init__()
        self._rival = rival
        self._digits = digits
        self._batch_size = batch_size
        self.seconds: list[float] = []
        self.rival_seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Let the rival take its turn."""
        start = time.perf_counter()
        self._rival.train(self._digits.train, self._batch_size)
        self._rival.evaluate(self._digits.validation)
        self._start = time.perf_counter()
        self.rival_seconds.append(self._start - start)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Stop the clock."""
        self.seconds.append(time.perf_counter() - self._start)

    def ratio(self) -> float:
        """Return how many times as long as the model's the rival's median epoch took."""
        return statistics.median(self.rival_seconds) / statistics.median(self.seconds)
