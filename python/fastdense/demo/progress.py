"""One bar for a whole training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from fastdense.callbacks import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class EpochBar(Callback):
    """Shows the epochs done, as `fit` itself shows an epoch's steps."""

    _bar: Any

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin."""
        self._bar = tqdm(total=self.params["epochs"], unit="epoch")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Show how good the model is by now."""
        accuracy = (logs or {})["val_accuracy"]
        self._bar.set_postfix_str(f"validation accuracy {accuracy:.1%}", refresh=False)
        self._bar.update()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """End."""
        self._bar.close()
