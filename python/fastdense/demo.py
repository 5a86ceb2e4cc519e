"""A first real job: handwritten digits, with fastdense and with plain NumPy beside it.

``python -m fastdense.demo`` trains Dense -> Activation -> Dropout -> Dense(softmax) on the digits
that scikit-learn ships, and times the same training written in NumPy beside it. It needs the extra
``fastdense[demo]``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

import fastdense
from fastdense import layers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Labels = NDArray[np.int64]

HIDDEN = 256
CLASSES = 10
DROP_RATE = 0.2
LEARNING_RATE = 0.1
MOMENTUM = 0.9


class Digits(NamedTuple):
    """Images as rows of 64 intensities in [0, 1], and their labels."""

    x_train: Floats
    y_train: Labels
    x_test: Floats
    y_test: Labels


class Network(Protocol):
    """What `train` needs of a network."""

    def step(self, x: Floats, labels: Labels) -> None:
        """Take one step of gradient descent."""

    def predict(self, x: Floats) -> Floats:
        """Return class probabilities."""


def load_digits(seed: int) -> Digits:
    """Return the data set of 1,797 digits, a fifth of it held out."""
    from sklearn import datasets, model_selection

    x, y = datasets.load_digits(return_X_y=True)
    images = (x / 16).astype(np.float32)
    x_train, x_test, y_train, y_test = model_selection.train_test_split(
        images, y, test_size=0.2, random_state=seed, stratify=y
    )
    return Digits(x_train, y_train, x_test, y_test)


class Momentum:
    """Gradient descent with momentum: ``v = m v - r g; w += v``, in place."""

    def __init__(self, weights: list[Floats]) -> None:
        self.weights = weights
        self.velocities = [np.zeros_like(weight) for weight in weights]

    def update(self, gradients: list[Floats]) -> None:
        """Take one step."""
        for weight, velocity, gradient in zip(
            self.weights, self.velocities, gradients, strict=True
        ):
            velocity *= MOMENTUM
            velocity -= LEARNING_RATE * gradient
            weight += velocity


class FastDenseNetwork:
    """The network, of fastdense's layers."""

    def __init__(self, features: int, seed: int) -> None:
        fastdense.utils.set_random_seed(seed)
        self.layers: list[layers.Layer] = [
            layers.Dense(HIDDEN),
            layers.Activation("relu"),
            layers.Dropout(DROP_RATE, seed=seed),
            layers.Dense(CLASSES, activation="softmax"),
        ]
        self.predict(np.zeros((1, features), np.float32))  # builds the layers
        self.optimizer = Momentum([w for layer in self.layers for w in layer.trainable_weights])

    def step(self, x: Floats, labels: Labels) -> None:
        """Take one step of gradient descent on the mean crossentropy."""
        for layer in self.layers:
            x = layer(x, training=True)
        rows = np.arange(len(labels))
        gradient: Any = np.zeros_like(x)
        gradient[rows, labels] = -1 / (np.maximum(x[rows, labels], 1e-7) * len(labels))
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient, needs_input_grad=layer is not self.layers[0])
        self.optimizer.update([g for layer in self.layers for g in layer.gradients])

    def predict(self, x: Floats) -> Floats:
        """Return class probabilities."""
        for layer in self.layers:
            x = layer(x)
        return x


class NumpyNetwork:
    """The same network, in plain NumPy."""

    def __init__(self, weights: list[Floats], seed: int) -> None:
        self.optimizer = Momentum([weight.copy() for weight in weights])
        self.random = np.random.default_rng(seed)

    def step(self, x: Floats, labels: Labels) -> None:
        """Take one step of gradient descent on the mean crossentropy."""
        w1, b1, w2, b2 = self.optimizer.weights
        hidden = np.maximum(x @ w1 + b1, 0)
        keep = self.random.random(hidden.shape, np.float32) >= DROP_RATE
        noise = keep * np.float32(1 / (1 - DROP_RATE))
        dropped = hidden * noise
        gradient = _softmax(dropped @ w2 + b2)
        gradient[np.arange(len(labels)), labels] -= 1
        gradient /= np.float32(len(labels))
        gradient_hidden = gradient @ w2.T * noise * (hidden > 0)
        self.optimizer.update(
            [
                x.T @ gradient_hidden,
                gradient_hidden.sum(axis=0),
                dropped.T @ gradient,
                gradient.sum(axis=0),
            ]
        )

    def predict(self, x: Floats) -> Floats:
        """Return class probabilities."""
        w1, b1, w2, b2 = self.optimizer.weights
        return _softmax(np.maximum(x @ w1 + b1, 0) @ w2 + b2)


def _softmax(x: Floats) -> Floats:
    exponentials: Floats = np.exp(x - x.max(axis=-1, keepdims=True))
    exponentials /= exponentials.sum(axis=-1, keepdims=True)
    return exponentials


def batches(digits: Digits, batch_size: int, epoch: int) -> Iterator[tuple[Floats, Labels]]:
    """Yield the training set in an order that depends on the epoch only."""
    order = np.random.default_rng(epoch).permutation(len(digits.x_train))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        yield digits.x_train[chosen], digits.y_train[chosen]


def accuracy(network: Network, digits: Digits) -> float:
    """Return the share of test digits that the network names right."""
    return float(np.mean(network.predict(digits.x_test).argmax(axis=-1) == digits.y_test))


def train(
    networks: dict[str, Network], digits: Digits, epochs: int, batch_size: int
) -> dict[str, list[float]]:
    """Train all networks, one epoch each in turn, with progress on screen.

    Returns the seconds that each epoch's steps took, by network. Taking turns lets other programs
    on the machine slow all of them alike.
    """
    from tqdm import tqdm

    seconds: dict[str, list[float]] = {name: [] for name in networks}
    progress = tqdm(range(epochs), unit="epoch")
    for epoch in progress:
        data = list(batches(digits, batch_size, epoch))
        for name, network in networks.items():
            start = time.perf_counter()
            for x, labels in data:
                network.step(x, labels)
            seconds[name].append(time.perf_counter() - start)
        progress.set_postfix({n: f"{accuracy(net, digits):.2%}" for n, net in networks.items()})
    return seconds


def main(arguments: list[str] | None = None) -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(
        prog="python -m fastdense.demo",
        description="Train a classifier of handwritten digits with fastdense and with plain NumPy.",
    )
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    digits = load_digits(options.seed)
    fast = FastDenseNetwork(digits.x_train.shape[1], options.seed)
    plain = NumpyNetwork(fast.optimizer.weights, options.seed)
    networks: dict[str, Network] = {"fastdense": fast, "NumPy": plain}
    print(f"fastdense {fastdense.__version__}")
    fastdense.show_config()
    seconds = train(networks, digits, options.epochs, options.batch_size)
    for name, network in networks.items():
        print(
            f"{name}: {accuracy(network, digits):.2%} of the test digits right after "
            f"{sum(seconds[name]):.2f} s of training"
        )
    ratio = statistics.median(seconds["NumPy"]) / statistics.median(seconds["fastdense"])
    print(f"NumPy takes {ratio:.2f} times as long as fastdense (median epoch)")


if __name__ == "__main__":
    main()
