"""Configured losses that tests run over, and data for them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from fastdense import losses
from fastdense._naming import to_snake_case
from reference import Array

# Rows of up to 64 columns are turned on their side; vectors have 2 to 16 lanes.
SHAPES = (
    (1, 1),
    (5, 1),
    (64, 4),
    (37, 10),
    (17, 16),
    (5, 33),
    (3, 64),
    (3, 65),
    (4, 100),
    (2, 3, 5),
)


class LossCase(NamedTuple):
    """One configured loss: its class, the parameters that differ from its defaults, its data."""

    class_name: str
    predictions: str = "real"
    targets: str = "real"
    params: Mapping[str, Any] = MappingProxyType({})

    def make(self, **more: Any) -> Any:
        """The loss."""
        return getattr(losses, self.class_name)(**self.params, **more)

    @property
    def function(self) -> str:
        """The name of the function with the same values."""
        return to_snake_case(self.class_name)

    def data(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Any:
        """Targets and predictions."""
        y_pred = numbers(rng, self.predictions, shape).astype(dtype)
        if self.targets == "labels":
            return rng.integers(0, shape[-1], shape[:-1]), y_pred
        return numbers(rng, self.targets, shape).astype(dtype), y_pred

    def __str__(self) -> str:
        return "-".join([self.function, *(f"{key}={value}" for key, value in self.params.items())])


def numbers(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> Array:
    """Numbers of a kind: real, positive, probability, binary, signs, one_hot or distribution."""
    if kind == "real":
        return rng.normal(0, 2, shape)
    if kind == "positive":
        return rng.uniform(0.1, 4, shape)
    if kind == "probability":
        return rng.uniform(0.02, 0.98, shape)
    if kind in {"binary", "signs"}:
        binary = rng.integers(0, 2, shape).astype(np.float64)
        return binary if kind == "binary" else 2 * binary - 1
    if kind == "one_hot":
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    distribution = rng.uniform(0.1, 1, shape)
    return distribution / distribution.sum(axis=-1, keepdims=True)


def _crossentropies(name: str, targets: str, options: list[dict[str, Any]]) -> list[LossCase]:
    return [
        LossCase(name, "real" if o.get("from_logits") else "probability", targets, o)
        for o in options
    ]


_SMOOTHED: list[dict[str, Any]] = [
    {},
    {"from_logits": True},
    {"label_smoothing": 0.25},
    {"label_smoothing": 0.125, "from_logits": True},
]
CORE_CASES = [
    LossCase("MeanSquaredError"),
    LossCase("MeanAbsoluteError"),
    LossCase("MeanAbsolutePercentageError"),
    LossCase("MeanSquaredLogarithmicError", "positive", "positive"),
    LossCase("Huber"),
    LossCase("Huber", params={"delta": 0.5}),
    LossCase("LogCosh"),
    LossCase("Poisson", "positive", "positive"),
    LossCase("Hinge", targets="signs"),
    LossCase("Hinge", targets="binary"),
    LossCase("SquaredHinge", targets="signs"),
    LossCase("SquaredHinge", targets="binary"),
    LossCase("CategoricalHinge", targets="one_hot"),
    LossCase("CosineSimilarity"),
    LossCase("KLDivergence", "probability", "distribution"),
    *_crossentropies("BinaryCrossentropy", "probability", _SMOOTHED),
    *_crossentropies("CategoricalCrossentropy", "distribution", _SMOOTHED),
    *_crossentropies("SparseCategoricalCrossentropy", "labels", _SMOOTHED[:2]),
]
FOCAL_CASES = [
    *_crossentropies(
        "BinaryFocalCrossentropy",
        "binary",
        [*_SMOOTHED, {"apply_class_balancing": True, "gamma": 1.5}],
    ),
    *_crossentropies(
        "CategoricalFocalCrossentropy", "one_hot", [*_SMOOTHED, {"alpha": 0.5, "gamma": 1.5}]
    ),
]
ALL_CASES = CORE_CASES + FOCAL_CASES
