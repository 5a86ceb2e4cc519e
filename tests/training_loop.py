"""A training loop in plain NumPy and float64: what `fit` is compared with.

A net of dense layers with relu between them, softmax and the crossentropy of labels at its end.
Imports nothing of the library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Batch = tuple[Array, Array, Array]  # x, labels, weights of the samples


@dataclass
class Net:
    """Kernels and biases in turn; `l2` is the penalty's factor of all kernels."""

    weights: list[Array]
    l2: float = 0.0
    steps: int = 0
    moments: list[list[Array]] = field(default_factory=list)

    def probabilities(self, x: Array) -> Array:
        """Softmax of the last layer's output."""
        return softmax(self._forward(x)[-1])

    def loss(self, batch: Batch) -> float:
        """Mean over the samples of weight times crossentropy, plus the penalty."""
        x, labels, weights = batch
        chosen = self.probabilities(x)[np.arange(len(x)), labels]
        penalty = self.l2 * sum(float(np.sum(w * w)) for w in self.weights[::2])
        return float(np.mean(weights * -np.log(chosen))) + penalty

    def gradients(self, batch: Batch) -> list[Array]:
        """Of the loss, with respect to each weight."""
        x, labels, weights = batch
        outputs = self._forward(x)
        dz = softmax(outputs[-1])
        dz[np.arange(len(x)), labels] -= 1
        dz *= weights[:, None] / len(x)
        found: list[Array] = []
        for i in reversed(range(len(self.weights) // 2)):
            kernel = self.weights[2 * i]
            below = np.maximum(outputs[i], 0) if i else x
            found = [below.T @ dz + 2 * self.l2 * kernel, dz.sum(axis=0), *found]
            dz = (dz @ kernel.T) * (outputs[i] > 0) if i else dz
        return found

    def sgd(self, batch: Batch, rate: float) -> float:
        """One step; returns the loss before it."""
        loss = self.loss(batch)
        for weight, gradient in zip(self.weights, self.gradients(batch), strict=True):
            weight -= rate * gradient
        return loss

    def adam(self, batch: Batch, rate: float) -> float:
        """One step with Keras' definition: epsilon is added to the uncorrected root."""
        loss = self.loss(batch)
        self.steps += 1
        self.moments = self.moments or [[0 * w, 0 * w] for w in self.weights]
        alpha = rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for weight, gradient, (m, v) in zip(
            self.weights, self.gradients(batch), self.moments, strict=True
        ):
            m += (gradient - m) * (1 - 0.9)
            v += (gradient**2 - v) * (1 - 0.999)
            weight -= alpha * m / (np.sqrt(v) + 1e-7)
        return loss

    def _forward(self, x: Array) -> list[Array]:
        """x, then what each layer gives before its activation."""
        outputs = [x]
        for i in range(0, len(self.weights), 2):
            below = np.maximum(outputs[-1], 0) if i else x
            outputs.append(below @ self.weights[i] + self.weights[i + 1])
        return outputs


def softmax(z: Array) -> Array:
    """Over the last axis."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def batches(x: Array, labels: Array, weights: Array, size: int) -> Iterator[Batch]:
    """In order, the last one with what remains."""
    for start in range(0, len(x), size):
        rows = slice(start, start + size)
        yield x[rows], labels[rows], weights[rows]


def mean_loss(losses: Iterable[float], sizes: Iterable[int]) -> float:
    """The mean of the batches' losses, each weighted by its size."""
    losses, sizes = list(losses), list(sizes)
    return float(np.average(losses, weights=sizes))
