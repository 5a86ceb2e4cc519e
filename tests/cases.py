"""Shapes and activations that many tests run over."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from fastdense import activations
from reference import Array, kinks

# Vector widths 4, 8, 16; tiles of 6, 8 or 12 rows and of 16, 24 or 64 columns: one below, at, one
# above each, and around twice the rows.
BATCHES = (0, 1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 15, 17, 23, 25)
UNITS = (0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 25, 47, 49, 63, 64, 65)
DEPTHS = (0, 1, 2, 3, 7, 8, 16, 17, 65)
# Beyond one block of depth (512), of rows and of columns, and leading dimensions that are a
# multiple of 1024.
LARGE = (
    (3, 511, 70),
    (13, 513, 130),
    (200, 65, 33),
    (7, 1030, 19),
    (1, 1025, 67),
    (65, 64, 1024),
    (40, 1024, 65),
    (193, 200, 129),
)


class Case(NamedTuple):
    """One configured activation: Keras' name, and the parameters that differ from its defaults."""

    name: str
    params: Mapping[str, Any] = MappingProxyType({})

    @property
    def spec(self) -> Any:
        """What `activation=` takes: the name, or the function with its parameters bound."""
        if not self.params:
            return self.name
        return functools.partial(getattr(activations, self.name), **self.params)

    @property
    def kinks(self) -> list[float]:
        return kinks(self.name, **self.params)

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{key}={value}" for key, value in self.params.items())])


# Parameters are exact in float32: a rounded threshold would move the kink, not the arithmetic.
ELEMENTWISE_CASES = [
    *map(
        Case,
        [
            "linear",
            "relu",
            "leaky_relu",
            "relu6",
            "elu",
            "selu",
            "celu",
            "gelu",
            "silu",
            "sigmoid",
            "hard_sigmoid",
            "hard_silu",
            "tanh",
            "hard_tanh",
            "tanh_shrink",
            "softplus",
            "softsign",
            "log_sigmoid",
            "exponential",
            "mish",
            "squareplus",
            "hard_shrink",
            "soft_shrink",
            "sparse_plus",
            "sparse_sigmoid",
        ],
    ),
    Case("relu", {"max_value": 6.0}),
    Case("relu", {"negative_slope": 0.25}),
    Case("relu", {"threshold": 1.0}),
    Case("relu", {"threshold": -0.5}),
    Case("relu", {"negative_slope": 0.125, "max_value": 2.5, "threshold": 0.75}),
    Case("leaky_relu", {"negative_slope": 0.375}),
    Case("elu", {"alpha": 0.5}),
    Case("celu", {"alpha": 2.0}),
    Case("gelu", {"approximate": True}),
    Case("squareplus", {"b": 0.25}),
    Case("hard_shrink", {"threshold": 1.5}),
    Case("soft_shrink", {"threshold": 0.125}),
    Case("threshold", {"threshold": 0.25, "default_value": -3.0}),
]
SOFTMAX_CASES = [Case("softmax"), Case("log_softmax"), Case("sparsemax")]
ROW_CASES = [*SOFTMAX_CASES, Case("glu")]
EPILOGUE_CASES = ELEMENTWISE_CASES + SOFTMAX_CASES
ALL_CASES = ELEMENTWISE_CASES + ROW_CASES


def normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Standard normal numbers of the type."""
    return rng.standard_normal(shape).astype(dtype)


def away_from_kinks(x: Array, case: Case, distance: float = 1e-3) -> Array:
    """x with every element at least `distance` from the points where the activation's slope
    jumps."""
    moved = x.copy()
    for kink in case.kinks:
        near = np.abs(moved - kink) < distance
        moved[near] = kink + 2 * distance
    return moved
