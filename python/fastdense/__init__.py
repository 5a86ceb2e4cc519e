"""Dense layers, forward and backward, as fast as the processor allows.

NumPy arrays in, NumPy arrays out; names as in Keras::

    from fastdense import layers

    layer = layers.Dense(64, activation="relu")
    y = layer(x, training=True)
    dx = layer.backward(dy)  # fills layer.gradients

`fastdense.ops` offers the same operations as plain functions on arrays.
"""

from __future__ import annotations

from fastdense import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
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
