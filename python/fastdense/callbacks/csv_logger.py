"""A table of the epochs, in a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from fastdense.callbacks.base import Callback

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs


class CSVLogger(Callback):
    """Write the logs of each epoch to a CSV file, as soon as they are known.

    Columns are the names in the first epoch's logs; if none is of a validation, theirs follow, as
    one may come later. What an epoch doesn't have is ``NA``.

    Parameters
    ----------
    filename
        The file.
    separator
        Of the columns.
    append
        Whether to go on at the end of the file instead of writing it anew.
    """

    def __init__(
        self, filename: str | PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = filename
        self.sep = separator
        self.append = append
        self.keys: list[str] = []
        self._file: IO[str] | None = None
        self._writer: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Open the file."""
        self._close()
        mode = "a" if self.append else "w"
        self._file = Path(self.filename).open(mode, newline="")  # noqa: SIM115  (on_train_end closes)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write a line, after that of the names if it is the first one."""
        logs = logs or {}
        if self._file is None:
            return
        if self._writer is None:
            self._begin(self._file, sorted(logs))
        row = {key: _cell(logs.get(key, "NA")) for key in self.keys}
        self._writer.writerow({"epoch": epoch, **row})
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the file."""
        self._close()

    def _begin(self, file: IO[str], names: list[str]) -> None:
        has_validation = any(name.startswith("val_") for name in names)
        self.keys = names if has_validation else [*names, *(f"val_{name}" for name in names)]
        self._writer = csv.DictWriter(
            file, fieldnames=["epoch", *self.keys], delimiter=self.sep, extrasaction="ignore"
        )
        if file.tell() == 0:
            self._writer.writeheader()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
        self._writer = None


def _cell(value: Any) -> Any:
    is_scalar = isinstance(value, str) or (isinstance(value, np.ndarray) and value.ndim == 0)
    if isinstance(value, Iterable) and not is_scalar:
        return f'"[{", ".join(map(str, value))}]"'
    return value
