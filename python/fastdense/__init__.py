"""Dense networks on CPUs, as fast as the processor allows.

NumPy arrays in, NumPy arrays out; names as in Keras::

    from fastdense import Sequential, layers

    model = Sequential([layers.Dense(64, "relu"), layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, epochs=5)

`fastdense.ops` offers the dense layer, forward and backward, as plain functions on arrays.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fastdense import (
    activations,
    constraints,
    initializers,
    layers,
    ops,
    regularizers,
    utils,
)
from fastdense._runtime import get_num_threads, num_threads, set_num_threads, show_config
from fastdense._version import __version__

if TYPE_CHECKING:
    from fastdense import callbacks, losses, metrics, models, optimizers, saving
    from fastdense.models import Input, Model, Sequential

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "__version__",
    "activations",
    "callbacks",
    "constraints",
    "get_num_threads",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "num_threads",
    "ops",
    "optimizers",
    "regularizers",
    "saving",
    "set_num_threads",
    "show_config",
    "utils",
]

# What whole networks need is loaded when it is first asked for: most of the time that importing
# everything takes.
_MODULES = frozenset({"callbacks", "losses", "metrics", "models", "optimizers", "saving"})
_OF_MODELS = frozenset({"Input", "Model", "Sequential"})


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _OF_MODELS:
        return getattr(importlib.import_module(f"{__name__}.models"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
