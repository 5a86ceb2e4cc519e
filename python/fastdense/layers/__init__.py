"""Layers with the names, arguments and behaviour of `keras.layers`."""

from __future__ import annotations

from fastdense import activations
from fastdense._registry import Registry
from fastdense.layers.activation import ELU, Activation, LeakyReLU, ReLU
from fastdense.layers.base import Layer
from fastdense.layers.dense import Dense
from fastdense.layers.dropout import Dropout
from fastdense.layers.input_layer import Input, InputLayer
from fastdense.layers.input_spec import InputSpec
from fastdense.layers.merging import (
    Add,
    Average,
    Concatenate,
    Multiply,
    Subtract,
    add,
    concatenate,
)
from fastdense.layers.prelu import PReLU
from fastdense.layers.reshaping import Flatten, Identity, Reshape
from fastdense.layers.softmax import Softmax

_registry: Registry[Layer] = Registry("layer", "keras.layers")
for _layer in (Activation, Add, Average, Concatenate, Dense, Dropout, ELU, Flatten, Identity,
               InputLayer, LeakyReLU, Multiply, PReLU, ReLU, Reshape, Softmax,
               Subtract):  # fmt: skip
    _registry.register(_layer)
for _layer in (Activation, ELU, LeakyReLU, ReLU, Softmax):
    activations.register_layer(_layer)

register_model = _registry.admit  # models are layers too, but made elsewhere

serialize = _registry.serialize
deserialize = _registry.deserialize

__all__ = [
    "ELU",
    "Activation",
    "Add",
    "Average",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "LeakyReLU",
    "Multiply",
    "PReLU",
    "ReLU",
    "Reshape",
    "Softmax",
    "Subtract",
    "add",
    "concatenate",
    "deserialize",
    "serialize",
]
