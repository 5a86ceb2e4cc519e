"""fastdense itself: a Keras-named model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fastdense
from fastdense import Sequential, layers, losses, optimizers
from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.network_reference import BETA_1, BETA_2, EPSILON, LEARNING_RATE
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array


class Library(NetworkLibrary):
    """See `NetworkLibrary`."""

    version = fastdense.__version__

    def __init__(self, threads: int) -> None:
        fastdense.set_num_threads(threads)

    def inference(self, x: Array, weights: Layers) -> Call:
        """Call the model."""
        model = compiled_model(weights)
        return lambda: model(x)

    def frozen(self, x: Array, weights: Layers) -> Call:
        """Call the model's frozen plan."""
        plan = compiled_model(weights).freeze()
        return lambda: plan(x)

    def training(self, x: Array, labels: Array, weights: Layers) -> Call:
        """Train on the batch."""
        model = compiled_model(weights)
        return lambda: model.train_on_batch(x, labels)

    def fit(self, x: Array, labels: Array, weights: Layers, batch: int) -> Call:
        """Fit for one more epoch, shuffled."""
        model = compiled_model(weights)
        return lambda: model.fit(x, labels, batch_size=batch, verbose=0).history["loss"][0]


def compiled_model(weights: Layers) -> Sequential:
    """Return the model that computes with these weights."""
    *hidden, last = weights
    model = Sequential(
        [
            *(layers.Dense(len(bias), activation="relu") for _, bias in hidden),
            layers.Dense(len(last[1])),
        ]
    )
    model.build((None, len(weights[0][0])))
    model.set_weights([array for layer in weights for array in layer])
    model.compile(
        optimizers.Adam(LEARNING_RATE, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON),
        losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
