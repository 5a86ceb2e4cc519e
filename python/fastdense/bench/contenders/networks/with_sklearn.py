"""scikit-learn: its multi-layer perceptrons, without checks of what they are given.

https://scikit-learn.org/stable/computing/computational_performance.html
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.network_reference import BETA_1, BETA_2, EPSILON, LEARNING_RATE
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array


class Library(NetworkLibrary):
    """See `NetworkLibrary`."""

    version = sklearn.__version__

    def __init__(self, threads: int) -> None:
        sklearn.set_config(assume_finite=True, skip_parameter_validation=True)
        threadpool_limits(threads)

    def inference(self, x: Array, layers: Layers) -> Call:
        """Predict with a regressor: a classifier's outputs have passed softmax."""
        y = np.zeros((len(x), len(layers[-1][1])), x.dtype)
        model = _with_weights(MLPRegressor(**_settings(x, layers)), layers, x, y)
        # Of a single output it returns a vector.
        return lambda: model.predict(x).reshape(y.shape)

    def training(self, x: Array, labels: Array, layers: Layers) -> Call | None:
        """Fit partially, with all of the batch; None for two classes, which have one output."""
        classes = np.arange(len(layers[-1][1]))
        if len(classes) <= 2:
            return None
        model = MLPClassifier(**_settings(x, layers))
        _with_weights(model, layers, x, labels, classes=classes)
        del model._optimizer  # begins anew, with these weights

        def call() -> float:
            model.partial_fit(x, labels)
            return float(model.loss_)

        return call


def _settings(x: Array, layers: Layers) -> dict[str, Any]:
    return {
        "hidden_layer_sizes": tuple(len(bias) for _, bias in layers[:-1]),
        "batch_size": len(x),
        "learning_rate_init": LEARNING_RATE,
        "beta_1": BETA_1,
        "beta_2": BETA_2,
        "epsilon": EPSILON,
        "alpha": 0.0,
        "shuffle": False,
    }


def _with_weights(model: Any, layers: Layers, x: Array, y: Array, **more: Any) -> Any:
    """Return the model after a first step, which makes it, and with other weights then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.partial_fit(x, y, **more)
    for (kernel, bias), coefs, intercepts in zip(
        layers, model.coefs_, model.intercepts_, strict=True
    ):
        coefs[...], intercepts[...] = kernel, bias
    return model
