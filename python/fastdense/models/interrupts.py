"""Ctrl-C between steps of training, never within one."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class InterruptsBetweenSteps:
    """Holds KeyboardInterrupt back while `in_step` is True, as the ``with`` block around a loop.

    A step that is cut off would leave some weights updated and others not. `check`, after each
    step, raises what came meanwhile; a second Ctrl-C in the same step isn't held back. Elsewhere
    than in the main thread, where no signals arrive, it does nothing.

    Attributes
    ----------
    in_step
        To be set to True before a step.
    """

    def __init__(self) -> None:
        self.in_step = False
        self._pending: tuple[int, FrameType | None] | None = None
        self._before: Any = None

    def __enter__(self) -> InterruptsBetweenSteps:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.getsignal(signal.SIGINT)
            if callable(self._before):
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.in_step = False
        if callable(self._before):
            signal.signal(signal.SIGINT, self._before)
        if kind is None:
            self.check()

    def check(self) -> None:
        """Let an interrupt that was held back take effect; the step is over."""
        self.in_step = False
        pending, self._pending = self._pending, None
        if pending is not None:
            self._before(*pending)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.in_step and self._pending is None:
            self._pending = signum, frame
        else:
            self._before(signum, frame)
