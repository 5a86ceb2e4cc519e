"""Layers with the names, arguments and behaviour of `keras.layers`."""

from __future__ import annotations

from fastdense import activations
from fastdense._registry import Registry
from fastdense.layers.activation import ELU, Activation, LeakyReLU, ReLU
from fastdense.layers.base import Layer
from fastdense.layers.dense import Dense
from fastdense.layers.dropout import Dropout
from fastdense.layers.input_spec import InputSpec
from fastdense.layers.prelu import PReLU
from fastdense.layers.reshaping import Flatten, Identity, Reshape
from fastdense.layers.softmax import Softmax

_registry: Registry[Layer] = Registry("layer", "keras.layers")
for _layer in (Activation, Dense, Dropout, ELU, Flatten, Identity, LeakyReLU, PReLU, ReLU, Reshape,
               Softmax):  # fmt: skip
    _registry.register(_layer)
for _layer in (Activation, ELU, LeakyReLU, ReLU, Softmax):
    activations.register_layer(_layer)

serialize = _registry.serialize
deserialize = _registry.deserialize

__all__ = [
    "ELU",
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "InputSpec",
    "Layer",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Reshape",
    "Softmax",
    "deserialize",
    "serialize",
]
