"""Every optimizer, every way of clipping, with and without decay: what the tests go through."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastdense import optimizers
from reference import Array

CONFIGURATIONS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.8, "epsilon": 1e-3}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"centered": True, "epsilon": 1e-3}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "epsilon": 1e-3}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.5, "epsilon": 1e-2}),
    ("Adamax", {}),
    ("Nadam", {}),
]
CLIPPINGS: list[dict[str, Any]] = [
    {},
    {"clipvalue": 0.3},
    {"clipnorm": 1.5},
    {"global_clipnorm": 2.5},
]
DECAYS: list[dict[str, Any]] = [{}, {"weight_decay": 0.02}]
CASES = [
    (name, options | clipping | decay)
    for name, options in CONFIGURATIONS
    for clipping in CLIPPINGS
    for decay in DECAYS
]
SHAPES = [(7, 5), (5,), (3, 2, 2), (), (0, 4)]


def label(case: Any) -> str:
    name, options = case
    return "-".join([name, *(f"{key}={value}" for key, value in options.items())])


def make(name: str, options: dict[str, Any], learning_rate: Any = 0.01) -> Any:
    return getattr(optimizers, name)(learning_rate=learning_rate, **options)


def weights_and_gradients(
    rng: np.random.Generator, steps: int, dtype: Any = np.float32, shapes: Any = None
) -> tuple[list[Array], list[list[Array]]]:
    """Random weights, and for each step gradients whose size changes from step to step."""
    shapes = SHAPES if shapes is None else shapes
    weights = [np.asarray(rng.standard_normal(shape), dtype) for shape in shapes]
    gradients = [
        [np.asarray(rng.uniform(0.1, 2) * rng.standard_normal(shape), dtype) for shape in shapes]
        for _ in range(steps)
    ]
    return weights, gradients
