"""A small classifier and its data, for tests of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastdense import layers, models, optimizers

Array = np.ndarray[Any, np.dtype[Any]]


def classifier(**compiled: Any) -> models.Sequential:
    """4-3 with softmax, its weights always the same."""
    model = models.Sequential([layers.Input((4,)), layers.Dense(3, "softmax", name="dense")])
    model.set_weights([np.linspace(-1, 1, 12).reshape(4, 3), np.zeros(3)])
    arguments: dict[str, Any] = {
        "optimizer": optimizers.SGD(0.1), "loss": "sparse_categorical_crossentropy", **compiled
    }  # fmt: skip
    model.compile(**arguments)
    return model


def data(rng: np.random.Generator, rows: int = 20) -> tuple[Array, Array]:
    return rng.standard_normal((rows, 4)).astype(np.float32), rng.integers(0, 3, rows)
