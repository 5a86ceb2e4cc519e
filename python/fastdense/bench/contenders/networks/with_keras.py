"""Keras on the backend that KERAS_BACKEND names, compiled.

https://keras.io/api/models/model_training_apis/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.network_reference import BETA_1, BETA_2, EPSILON, LEARNING_RATE
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array


class Library(NetworkLibrary):
    """See `NetworkLibrary`."""

    version = f"{keras.__version__} ({keras.config.backend()})"

    def __init__(self, threads: int) -> None:
        backend = keras.config.backend()
        if backend == "jax":
            from fastdense.bench.contenders.jax_settings import call_without_thread

            call_without_thread()
        if backend == "torch":
            import torch

            torch.set_num_threads(threads)
        if backend == "tensorflow":
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)

    def inference(self, x: Array, layers: Layers) -> Call:
        """Predict the batch."""
        model = _compiled_model(layers)
        return lambda: model.predict_on_batch(x)

    def training(self, x: Array, labels: Array, layers: Layers) -> Call:
        """Train on the batch."""
        model = _compiled_model(layers)
        return lambda: model.train_on_batch(x, labels)


def _compiled_model(weights: Layers) -> Any:
    *hidden, last = weights
    model = keras.Sequential(
        [
            keras.Input(shape=weights[0][0].shape[:1]),
            *(keras.layers.Dense(len(bias), activation="relu") for _, bias in hidden),
            keras.layers.Dense(len(last[1])),
        ]
    )
    model.set_weights([array for layer in weights for array in layer])
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
