"""The base of every callback: what a model tells it, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    Logs: TypeAlias = dict[str, Any]
    """Losses and metrics by name. In `on_epoch_end` a callback may add to them for those after."""

_OLDER_NAMES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class Callback:
    """Base class of the callbacks; a subclass overrides what it wants to know of.

    Attributes
    ----------
    model
        The model. Setting its `stop_training` ends `fit` after the batch or epoch under way.
    params
        ``{"verbose": ..., "epochs": ..., "steps": ...}``; None for steps that aren't known.
    """

    # Whether hooks of batches take a function that makes the logs as well.
    _makes_logs: ClassVar[bool] = False

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the parameters of what is about to run."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self.model = model

    def uses(self, hook: str) -> bool:
        """Whether the hook of that name does anything. Hooks of batches are else not called."""

        def is_overridden(name: str) -> bool:
            method: Callable[..., None] = getattr(self, name)
            return getattr(method, "__func__", method) is not getattr(Callback, name)

        return is_overridden(hook) or is_overridden(_OLDER_NAMES.get(hook, hook))

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """`fit` begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """`fit` ends; `logs` are those of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """`fit` begins an epoch; the first one is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """`fit` ends an epoch; `logs` has its losses and metrics, of validation with ``val_``."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Do the same as `on_train_batch_begin`, by its older name."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Do the same as `on_train_batch_end`, by its older name."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """`fit` begins a step; the first one of an epoch is 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """`fit` ends a step; `logs` are of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """`evaluate`, or the validation of `fit`, begins."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """`evaluate`, or the validation of `fit`, ends."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """`evaluate`, or a validation, begins a batch."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """`evaluate`, or a validation, ends a batch."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """`predict` begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """`predict` ends."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """`predict` begins a batch."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """`predict` ends a batch; ``logs["outputs"]`` is what was predicted."""
