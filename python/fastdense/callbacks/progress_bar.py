"""How far a run has come: a bar of tqdm's, or a line per epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.callbacks.base import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs

    BatchLogs = Logs | Callable[[], Logs] | None

_SECONDS_BETWEEN_LOGS = 0.1


class ProgressBar(Callback):
    """Show progress as `verbose` says.

    0 is silence, 1 a bar with the values so far, 2 a line when an epoch, an evaluation or a
    prediction ends. ``"auto"`` is 1 on a terminal, else 2. Without tqdm, which draws the bar, 1 is
    the same as 2.
    """

    _makes_logs = True

    def __init__(self) -> None:
        super().__init__()
        self.verbose = 0
        self._is_in_fit = False
        self._bar: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Take `verbose`, and the numbers of epochs and steps.

        Raises
        ------
        ValueError
            If `verbose` is none of 0, 1, 2 and ``"auto"``.
        """
        super().set_params(params)
        verbose = params.get("verbose", "auto")
        if verbose not in (0, 1, 2, "auto"):
            raise ValueError(f'Expected `verbose` to be 0, 1, 2 or "auto". Received: {verbose!r}')
        if verbose == "auto":
            verbose = 1 if sys.stderr.isatty() else 2
        self.verbose = 2 if verbose == 1 and _tqdm() is None else int(verbose)

    def uses(self, hook: str) -> bool:
        """Whether the hook does anything: for batches, only if there is a bar to move."""
        return super().uses(hook) and self.verbose == 1

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Show epochs from now on, and not what is tested between them."""
        self._is_in_fit = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Leave a bar as it is that hasn't come to its end."""
        self._is_in_fit = False
        self._close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Begin with an epoch."""
        self._begin(f"Epoch {epoch + 1}/{self.params.get('epochs', '?')}")

    def on_train_batch_end(self, batch: int, logs: BatchLogs = None) -> None:
        """Show that a step is done."""
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Show the values of the epoch."""
        self._end(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Begin with an evaluation."""
        if not self._is_in_fit:
            self._begin("Evaluation")

    def on_test_batch_end(self, batch: int, logs: BatchLogs = None) -> None:
        """Show that a batch is done."""
        if not self._is_in_fit:
            self._advance(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Show the values of the evaluation."""
        if not self._is_in_fit:
            self._end(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Begin with a prediction."""
        self._begin("Prediction")

    def on_predict_batch_end(self, batch: int, logs: BatchLogs = None) -> None:
        """Show that a batch is done."""
        self._advance(batch, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Show that all is done."""
        self._end(None)

    def _begin(self, title: str) -> None:
        self._title = title
        self._start = time.perf_counter()
        self._next_logs = 0.0
        if self.verbose == 1:
            self._close()
            self._bar = _tqdm()(total=self.params.get("steps"), desc=title, unit="step")

    def _advance(self, batch: int, logs: BatchLogs) -> None:
        if self._bar is None:
            return
        now = time.monotonic()
        if logs is not None and now >= self._next_logs:
            self._next_logs = now + _SECONDS_BETWEEN_LOGS
            self._bar.set_postfix_str(_shown(logs() if callable(logs) else logs), refresh=False)
        self._bar.update(batch + 1 - self._bar.n)

    def _end(self, logs: Logs | None) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(_shown(logs or {}))
            self._close()
        elif self.verbose == 2:
            seconds = time.perf_counter() - self._start
            values = _shown(logs or {})
            print(f"{self._title} - {seconds:.1f}s" + (f" - {values}" if values else ""))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def _tqdm() -> Any:
    """Return the class that draws bars, or None where it isn't installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm


def _shown(logs: Logs) -> str:
    """Return ``loss: 0.1234 - accuracy: 0.5000``; the mean of what is an array."""
    texts = []
    for name, value in logs.items():
        mean = float(np.mean(value))
        texts.append(f"{name}: {mean:.4f}" if abs(mean) > 1e-3 else f"{name}: {mean:.4e}")
    return " - ".join(texts)
