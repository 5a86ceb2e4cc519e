"""Dense networks on CPUs, as fast as the processor allows.

NumPy arrays in, NumPy arrays out; names as in Keras::

    from fastdense import Sequential, layers

    model = Sequential([layers.Dense(64, "relu"), layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, epochs=5)

`fastdense.ops` offers the dense layer, forward and backward, as plain functions on arrays.
"""

from __future__ import annotations

from fastdense import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    regularizers,
    saving,
    utils,
)
from fastdense._runtime import get_num_threads, num_threads, set_num_threads, show_config
from fastdense._version import __version__
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
