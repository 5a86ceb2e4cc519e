"""An end to training that has gone astray."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastdense.callbacks.base import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class TerminateOnNaN(Callback):
    """Stop after a batch whose loss is NaN or infinite.

    Parameters
    ----------
    raise_error
        Whether to raise RuntimeError instead.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. "
                "Terminating training immediately."
            )
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
