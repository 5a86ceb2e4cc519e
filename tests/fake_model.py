"""A model as callbacks see it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


class FakeModel:
    """Counts its epochs in its one weight, and remembers what was saved where."""

    def __init__(self, learning_rate: float = 0.5, metrics: Any = ()) -> None:
        self.optimizer = SimpleNamespace(learning_rate=learning_rate)
        self.metrics = list(metrics)
        self.stop_training = False
        self.history: Any = None
        self.weight = np.zeros(1)
        self.saved: list[tuple[str, str]] = []

    def get_weights(self) -> list[np.ndarray]:
        return [self.weight.copy()]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weight = np.array(weights[0])

    def save(self, path: str, **kwargs: Any) -> None:
        self.saved.append(("model", path))

    def save_weights(self, path: str, **kwargs: Any) -> None:
        self.saved.append(("weights", path))


def drive(callbacks: Any, model: FakeModel, epochs: list[dict[str, Any]]) -> list[Any]:
    """What a fit of these logs leaves after each epoch; `callbacks` is a list of either library."""
    trace = []
    callbacks.on_train_begin()
    for epoch, logs in enumerate(epochs):
        callbacks.on_epoch_begin(epoch)
        model.weight = np.array([float(epoch)])
        logs = dict(logs)
        callbacks.on_epoch_end(epoch, logs)
        rate = round(float(model.optimizer.learning_rate), 9)
        trace.append((model.stop_training, rate, len(model.saved)))
        if model.stop_training:
            break
    callbacks.on_train_end()
    return [*trace, float(model.weight[0]), model.saved]
