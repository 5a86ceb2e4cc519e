"""Models with the names, arguments and behaviour of `keras.models`."""

from __future__ import annotations

from fastdense.layers import Input
from fastdense.models.model import Model
from fastdense.models.sequential import Sequential

__all__ = ["Input", "Model", "Sequential"]
