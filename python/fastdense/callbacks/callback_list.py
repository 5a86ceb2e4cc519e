"""All callbacks of a run, told together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fastdense.callbacks.base import Callback
from fastdense.callbacks.history import History
from fastdense.callbacks.progress_bar import ProgressBar

if TYPE_CHECKING:
    from fastdense.callbacks.base import Logs

    BatchLogs = Logs | Callable[[], Logs] | None

_BATCH_HOOKS = tuple(
    f"on_{loop}_batch_{event}"
    for loop in ("train", "test", "predict")
    for event in ("begin", "end")
)


class CallbackList:
    """The callbacks of a run.

    A hook of batches is only called on callbacks that use it; `has_train_batch_hooks` and its like
    say whether there are any, so that a loop without them need not even make logs. Those hooks
    take, instead of logs, a function that makes them: it is called at most once, if a callback
    looks at them.

    Parameters
    ----------
    callbacks
        Callbacks, in lists or alone.
    add_history, add_progbar
        Whether to append a `History` or `ProgressBar` unless there is one.
    model
        For `set_model` of all of them.
    **params
        For `set_params` of all of them: `verbose`, `epochs`, `steps`.

    Raises
    ------
    TypeError
        If one of them isn't a `Callback`.
    """

    def __init__(
        self,
        callbacks: Callback | Iterable[Any] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = list(_flat(callbacks))
        if add_history and not any(isinstance(each, History) for each in self.callbacks):
            self.callbacks.append(History())
        if add_progbar and not any(isinstance(each, ProgressBar) for each in self.callbacks):
            self.callbacks.append(ProgressBar())
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def set_model(self, model: Any) -> None:
        """Give them the model, and the model the history."""
        for callback in self.callbacks:
            callback.set_model(model)
            if isinstance(callback, History):
                model.history = callback

    def set_params(self, params: dict[str, Any]) -> None:
        """Give them the parameters of what is about to run, and find out what they use."""
        self.params = params
        for callback in self.callbacks if params else ():
            callback.set_params(params)
        self._users = {
            hook: [callback for callback in self.callbacks if callback.uses(hook)]
            for hook in _BATCH_HOOKS
        }

    @property
    def has_train_batch_hooks(self) -> bool:
        """Whether a callback uses the beginnings or ends of training steps."""
        return self._has_users("train")

    @property
    def has_test_batch_hooks(self) -> bool:
        """Whether a callback uses the beginnings or ends of `evaluate`'s batches."""
        return self._has_users("test")

    @property
    def has_predict_batch_hooks(self) -> bool:
        """Whether a callback uses the beginnings or ends of `predict`'s batches."""
        return self._has_users("predict")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_train_begin", logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Tell all; they share a copy of `logs`."""
        self._tell("on_epoch_end", logs, epoch)

    def on_train_batch_begin(self, batch: int, logs: BatchLogs = None) -> None:
        """Tell those that use it."""
        self._tell_of_batch("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: BatchLogs = None) -> None:
        """Tell those that use it."""
        self._tell_of_batch("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_test_begin", logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_test_end", logs)

    def on_test_batch_begin(self, batch: int, logs: BatchLogs = None) -> None:
        """Tell those that use it."""
        self._tell_of_batch("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: BatchLogs = None) -> None:
        """Tell those that use it."""
        self._tell_of_batch("on_test_batch_end", batch, logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_predict_begin", logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Tell all."""
        self._tell("on_predict_end", logs)

    def on_predict_batch_begin(self, batch: int, logs: BatchLogs = None) -> None:
        """Tell those that use it."""
        self._tell_of_batch("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: BatchLogs = None) -> None:
        """Tell those that use it."""
        self._tell_of_batch("on_predict_batch_end", batch, logs)

    def _has_users(self, loop: str) -> bool:
        return any(self._users[f"on_{loop}_batch_{event}"] for event in ("begin", "end"))

    def _tell(self, hook: str, logs: Logs | None, *epoch: int) -> None:
        shared = dict(logs or {})
        for callback in self.callbacks:
            getattr(callback, hook)(*epoch, shared)

    def _tell_of_batch(self, hook: str, batch: int, logs: BatchLogs) -> None:
        for callback in self._users[hook]:
            if callable(logs) and not callback._makes_logs:
                logs = logs()
            getattr(callback, hook)(batch, logs)


def _flat(callbacks: Any) -> Iterator[Callback]:
    if isinstance(callbacks, Callback):
        yield callbacks
    elif isinstance(callbacks, Iterable) and not isinstance(callbacks, str | dict):
        for each in callbacks:
            yield from _flat(each)
    elif callbacks is not None:
        raise TypeError(
            "Expected `callbacks` to be objects of fastdense.callbacks.Callback. "
            f"Received: {callbacks!r} (of type {type(callbacks)})"
        )
