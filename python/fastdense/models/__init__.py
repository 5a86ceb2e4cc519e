"""Models with the names, arguments and behaviour of `keras.models`."""

from __future__ import annotations

from fastdense.layers import Input, register_model
from fastdense.models.model import Model
from fastdense.models.sequential import Sequential
from fastdense.saving import load_model, save_model

register_model(Model, "keras.src.models.functional", "Functional")
register_model(Sequential, "keras")

__all__ = ["Input", "Model", "Sequential", "load_model", "save_model"]
