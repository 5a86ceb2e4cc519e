"""What a model has by being saved to files."""

from __future__ import annotations

import os
from types import ModuleType


class Saved:
    """The methods that `fastdense.saving` has as functions."""

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Save the model and the state of its training; see `fastdense.saving.save_model`."""
        _saving().save_model(self, filepath, overwrite)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Save the weights alone; see `fastdense.saving.save_weights`."""
        _saving().save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
        """Load what `save_weights` or `save` saved; see `fastdense.saving.load_weights`."""
        _saving().load_weights(self, filepath, skip_mismatch)


def _saving() -> ModuleType:
    """Return `fastdense.saving`, which is made of models: it comes after them."""
    from fastdense import saving

    return saving
