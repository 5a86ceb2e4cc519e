"""Saving models and weights to files, and loading them, as `keras.saving`.

Files have the safetensors format, and the SHA-256 of their content. Loading one that someone else
wrote can't run their code: nothing in it is ever taken for the name of something to import.
"""

from __future__ import annotations

from fastdense._registry import custom_object_scope
from fastdense.saving.errors import FileFormatError
from fastdense.saving.model import load_model, save_model
from fastdense.saving.weights import load_weights, save_weights

__all__ = [
    "FileFormatError",
    "custom_object_scope",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
]
