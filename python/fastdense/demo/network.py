"""The network of the demo, and how it is trained."""

from __future__ import annotations

from fastdense import Input, Sequential, layers, optimizers, utils
from fastdense.demo.digits import CLASSES, FEATURES

HIDDEN = 256
DROP_RATE = 0.2
LEARNING_RATE = 0.1
MOMENTUM = 0.9


def build(seed: int, drop_rate: float = DROP_RATE) -> Sequential:
    """Return the model, ready to train; all that is random in it depends on `seed`."""
    utils.set_random_seed(seed)
    model = Sequential(
        [
            Input((FEATURES,)),
            layers.Dense(HIDDEN),
            layers.Activation("relu"),
            layers.Dropout(drop_rate),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="digits",
    )
    model.compile(
        optimizer=optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
