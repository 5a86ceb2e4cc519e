"""Initial weights, with the definitions of `keras.initializers`.

An initializer is called as ``initializer(shape, dtype=None)`` and returns a new array, float32
unless told otherwise. An initializer *object*, seeded or not, returns the same values on every
call; a *name* (``"glorot_uniform"``) stands for a new object with a seed of its own, drawn from the
stream that `fastdense.utils.set_random_seed` restarts. Any callable ``(shape, dtype=None)`` will do
in place of either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastdense._registry import Registry
from fastdense.initializers.constant import Constant, Identity, Initializer, Ones, Zeros
from fastdense.initializers.random import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from fastdense.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)

if TYPE_CHECKING:
    from fastdense._typing import FloatArray

_registry: Registry[Callable[..., FloatArray]] = Registry("initializer", "keras.initializers")

constant = _registry.register(Constant)
glorot_normal = _registry.register(GlorotNormal)
glorot_uniform = _registry.register(GlorotUniform)
he_normal = _registry.register(HeNormal)
he_uniform = _registry.register(HeUniform)
identity = _registry.register(Identity, "IdentityInitializer")
lecun_normal = _registry.register(LecunNormal)
lecun_uniform = _registry.register(LecunUniform)
ones = _registry.register(Ones, "one")
orthogonal = _registry.register(Orthogonal, "OrthogonalInitializer")
random_normal = _registry.register(RandomNormal, "normal")
random_uniform = _registry.register(RandomUniform, "uniform")
truncated_normal = _registry.register(TruncatedNormal)
variance_scaling = _registry.register(VarianceScaling)
zeros = _registry.register(Zeros, "zero")

get = _registry.get
serialize = _registry.serialize
deserialize = _registry.deserialize

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
