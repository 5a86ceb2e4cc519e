"""The same network and training in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastdense.demo.network import DROP_RATE, LEARNING_RATE, MOMENTUM

if TYPE_CHECKING:
    from fastdense.demo.digits import Floats, Labels, Samples


class Result(NamedTuple):
    """Means over the samples."""

    loss: float
    accuracy: float


class NumpyNetwork:
    """Dense, relu, dropout, dense, softmax; gradient descent with momentum.

    Parameters
    ----------
    weights
        Kernel and bias of the first and the second dense layer; they are copied.
    seed
        Of the order of the samples and of dropout.
    drop_rate
        The share that dropout drops.
    """

    def __init__(self, weights: Sequence[Floats], seed: int, drop_rate: float = DROP_RATE) -> None:
        self.weights = [weight.copy() for weight in weights]
        self._velocities = [np.zeros_like(weight) for weight in weights]
        self._random = np.random.default_rng(seed)
        self._drop_rate = drop_rate

    def train(self, samples: Samples, batch_size: int) -> Result:
        """Take an epoch's steps, in a new order, and return what they found."""
        order = self._random.permutation(len(samples.x))
        total, right = 0.0, 0
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            labels = samples.y[rows]
            probabilities = self.step(samples.x[rows], labels)
            total += _crossentropies(probabilities, labels).sum()
            right += np.count_nonzero(probabilities.argmax(axis=-1) == labels)
        return Result(float(total) / len(order), right / len(order))

    def evaluate(self, samples: Samples) -> Result:
        """Return what the network makes of `samples`."""
        w1, b1, w2, b2 = self.weights
        probabilities = _softmax(np.maximum(samples.x @ w1 + b1, 0) @ w2 + b2)
        return Result(
            float(_crossentropies(probabilities, samples.y).mean()),
            float(np.mean(probabilities.argmax(axis=-1) == samples.y)),
        )

    def step(self, x: Floats, labels: Labels) -> Floats:
        """Take one step down the mean crossentropy; return the probabilities before it."""
        w1, b1, w2, b2 = self.weights
        hidden = np.maximum(x @ w1 + b1, 0)
        keep = self._random.random(hidden.shape, np.float32) >= self._drop_rate
        noise = keep * np.float32(1 / (1 - self._drop_rate))
        dropped = hidden * noise
        probabilities = _softmax(dropped @ w2 + b2)

        gradient = probabilities.copy()
        gradient[np.arange(len(labels)), labels] -= 1
        gradient /= np.float32(len(labels))
        gradient_hidden = gradient @ w2.T * noise * (hidden > 0)
        gradients = (
            x.T @ gradient_hidden,
            gradient_hidden.sum(axis=0),
            dropped.T @ gradient,
            gradient.sum(axis=0),
        )
        for weight, velocity, each in zip(self.weights, self._velocities, gradients, strict=True):
            velocity *= MOMENTUM
            velocity -= LEARNING_RATE * each
            weight += velocity
        return probabilities


def _softmax(x: Floats) -> Floats:
    exponentials: Floats = np.exp(x - x.max(axis=-1, keepdims=True))
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


def _crossentropies(probabilities: Floats, labels: Labels) -> Floats:
    chosen = probabilities[np.arange(len(labels)), labels]
    found: Floats = -np.log(np.maximum(chosen, 1e-7))
    return found
