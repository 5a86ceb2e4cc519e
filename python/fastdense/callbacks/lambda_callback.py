"""A callback put together from functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastdense.callbacks.base import Callback


class LambdaCallback(Callback):
    """Call functions in place of hooks.

    Parameters
    ----------
    **hooks
        Functions by the names of hooks, such as ``on_epoch_end``, with their arguments
        ``(epoch, logs)``, ``(batch, logs)`` or ``(logs)``. None means none.

    Raises
    ------
    TypeError
        If there is no hook of that name.
    """

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        super().__init__()
        for name, function in hooks.items():
            if not (name.startswith("on_") and hasattr(Callback, name)):
                raise TypeError(f"LambdaCallback: callbacks have no hook `{name}`")
            if function is not None:
                setattr(self, name, function)
