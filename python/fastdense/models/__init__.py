"""Models with the names, arguments and behaviour of `keras.models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdense.layers import Input, register_model
from fastdense.models.model import Model
from fastdense.models.sequential import Sequential

if TYPE_CHECKING:
    from fastdense.saving import load_model, save_model

register_model(Model, "keras.src.models.functional", "Functional")
register_model(Sequential, "keras")

__all__ = ["Input", "Model", "Sequential", "load_model", "save_model"]


def __getattr__(name: str) -> Any:
    # Saving imports models, so models can't import it before they are there.
    if name in {"load_model", "save_model"}:
        from fastdense import saving

        return getattr(saving, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
