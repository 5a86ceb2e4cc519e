"""The base of callbacks that watch whether a value in the logs gets better."""

from __future__ import annotations

from typing import Any

from fastdense._warn import warn
from fastdense.callbacks.base import Callback


class MonitorCallback(Callback):
    """What callbacks with the arguments `monitor`, `mode` and `min_delta` share.

    Parameters
    ----------
    monitor
        The name in the logs.
    mode
        ``"min"``: smaller is better; ``"max"``: greater is; ``"auto"``: as the metric of that name
        says, and losses are better when smaller.
    baseline
        The first value to be better than, if not None.
    min_delta
        By how much a value must be better.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0.0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warn(f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.")
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self._is_up: bool | None = None

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether `value` is better than `reference` by more than `min_delta`; NaN never is.

        Raises
        ------
        ValueError
            If the mode is "auto" and no metric of the model tells what better means.
        """
        if self._is_up is None:
            self._is_up = self._should_go_up()
        if reference is None:
            return True
        if self._is_up:
            return bool(value - self.min_delta > reference)
        return bool(value + self.min_delta < reference)

    def _should_go_up(self) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        if name == "loss":
            return False
        metrics: list[Any] = getattr(self.model, "metrics", [])
        for metric in metrics:
            direction = getattr(metric, "_direction", None)
            if metric.name == name and direction is not None:
                return bool(direction == "up")
        raise ValueError(
            f"{type(self).__name__} callback received monitor={self.monitor}, but whether that "
            "metric should be maximized or minimized isn't known. Pass `mode='max'` in order to "
            "monitor based on the highest metric value, or pass `mode='min'` in order to use the "
            "lowest value."
        )
