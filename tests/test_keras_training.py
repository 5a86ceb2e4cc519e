"""Training beside Keras itself, where it is installed: the same weights and batches, 200 steps.

Two float32 runs drift apart: each step rounds, and training amplifies what was there before. How
far is a property of the net, so it is measured, not guessed: the same training in float64 is the
truth, Keras' distance from it is what float32 does to this training, and ours may be no more than
a small multiple of it, plus one rounding of the weights' size per step. A wrong term, order or
epsilon is off by far more, and in the truth too, against which Keras is held in turn.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

import fastdense
from keras_backend import import_keras
from twins import Array

keras = import_keras()
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

STEPS = 200
# Of Keras' distance: both are maxima over a few hundred numbers of the same distribution.
MULTIPLE = 4
# Roundings of float32 per step that a weight, and a loss of the same size, may have had by chance.
PER_STEP = 2.0**-24
# Keras may be this far from the truth, relative to the largest weight. Its corrections of Adam's
# averages are float32: off by 3e-5 in the first step. A difference of definition makes 1e-2.
KERAS = 2e-3


class Training(NamedTuple):
    """A net 6-8-`units`, and how it is trained.

    Attributes
    ----------
    optimizer
        The class and its arguments.
    hidden, last
        Arguments of the two Dense layers; regularizers and constraints are configs.
    weights
        None, "sample" or "class".
    frozen
        The index of a frozen layer.
    """

    optimizer: str = "Adam"
    options: Any = ()
    loss: str = "sparse_categorical_crossentropy"
    activation: str = "softmax"
    hidden: Any = ()
    weights: str | None = None
    frozen: int | None = None

    def __str__(self) -> str:
        parts = [self.optimizer, *(f"{k}={v}" for k, v in dict(self.options).items()), self.loss]
        parts += [f"{k}={v}" for k, v in dict(self.hidden).items()]
        parts += [part for part in (self.weights, f"frozen={self.frozen}") if part]
        return "-".join(parts)


OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "epsilon": 1e-3}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {"weight_decay": 0.02}),
    ("Adagrad", {}),
    ("Adamax", {}),
    ("Nadam", {}),
]
# With the last activation that its predictions need.
LOSSES = [
    ("mean_squared_error", "linear"),
    ("mean_absolute_error", "linear"),
    ("mean_absolute_percentage_error", "linear"),
    ("mean_squared_logarithmic_error", "relu"),
    ("huber", "linear"),
    ("log_cosh", "linear"),
    ("hinge", "tanh"),
    ("squared_hinge", "tanh"),
    ("categorical_hinge", "linear"),
    ("cosine_similarity", "linear"),
    ("kl_divergence", "softmax"),
    ("poisson", "exponential"),
    ("binary_crossentropy", "sigmoid"),
    ("categorical_crossentropy", "softmax"),
    ("sparse_categorical_crossentropy", "softmax"),
    ("binary_focal_crossentropy", "sigmoid"),
    ("categorical_focal_crossentropy", "softmax"),
]
L2 = {"class_name": "L2", "config": {"l2": 0.01}}
L1L2 = {"class_name": "L1L2", "config": {"l1": 0.001, "l2": 0.01}}
MAX_NORM = {"class_name": "MaxNorm", "config": {"max_value": 0.8}}
UNIT_NORM = {"class_name": "UnitNorm", "config": {}}
MIN_MAX = {"class_name": "MinMaxNorm", "config": {"min_value": 0.5, "max_value": 0.9, "rate": 0.5}}
NON_NEG = {"class_name": "NonNeg", "config": {}}

MORE = [
    Training(hidden={"kernel_regularizer": L2}),
    Training("SGD", {"momentum": 0.9}, hidden={"kernel_regularizer": L1L2, "bias_regularizer": L2}),
    Training("RMSprop", hidden={"kernel_constraint": MAX_NORM}),
    Training("SGD", hidden={"kernel_constraint": UNIT_NORM, "bias_constraint": NON_NEG}),
    Training("Nadam", hidden={"kernel_constraint": MIN_MAX, "kernel_regularizer": L2}),
    Training("SGD", {"momentum": 0.9, "clipnorm": 0.1}),
    Training("Adam", {"global_clipnorm": 0.1}),
    Training("Adamax", {"clipvalue": 0.01}),
    Training("SGD", {"global_clipnorm": 0.1, "weight_decay": 0.1}, frozen=0),
    Training("Adam", frozen=1, hidden={"kernel_regularizer": L2}),
    Training("Adam", weights="sample"),
    Training("Adagrad", weights="class"),
    Training("SGD", loss="mean_squared_error", activation="linear", weights="sample"),
    Training(
        "AdamW",
        {"clipnorm": 0.1},
        "binary_crossentropy",
        "sigmoid",
        {"kernel_regularizer": L2, "kernel_constraint": MAX_NORM},
        "sample",
        1,
    ),
]
RATES = {"SGD": 0.05, "Adagrad": 0.05}
# Gradients a hundred times as large, and kinks that steps jump over: with the rates above, these
# trainings amplify roundings to 1e-2 and more, in which nothing could be seen.
SLOWER = {"mean_absolute_percentage_error": 0.01, "categorical_hinge": 0.2}


def chosen() -> list[Training]:
    """Every loss with one optimizer, every optimizer with a loss or two, and what else there is."""
    pairs = zip(LOSSES, itertools.cycle(OPTIMIZERS), strict=False)
    return [*(Training(*optimizer, *loss) for loss, optimizer in pairs), *MORE]


def others() -> list[Training]:
    """Every optimizer with every loss, but those of `chosen`."""
    known = list(map(str, chosen()))
    product = (Training(*pair[0], *pair[1]) for pair in itertools.product(OPTIMIZERS, LOSSES))
    return [training for training in product if str(training) not in known]


class Data(NamedTuple):
    """A batch for each step."""

    x: Array
    y: Array
    weights: Array | None
    class_weights: dict[int, float] | None


def data(training: Training, rng: np.random.Generator) -> Data:
    x = rng.standard_normal((STEPS, 16, 6)).astype(np.float32)
    shape = (STEPS, 16, 4)
    y: Array
    if training.loss.startswith("sparse"):
        y = rng.integers(0, 4, shape[:2])
    elif "hinge" in training.loss and "categorical" not in training.loss:
        y = rng.choice([-1.0, 1.0], shape).astype(np.float32)
    elif training.activation in {"softmax", "sigmoid"} or "categorical" in training.loss:
        y = np.eye(4, dtype=np.float32)[rng.integers(0, 4, shape[:2])]
    else:
        y = rng.uniform(0.5, 2, shape).astype(np.float32)
    weights = rng.uniform(0, 2, shape[:2]).astype(np.float32)
    return Data(
        x,
        y,
        weights if training.weights == "sample" else None,
        {0: 2.0, 2: 0.25} if training.weights == "class" else None,
    )


def model(k: Any, training: Training, dtype: str) -> Any:
    """The net of `fastdense` or of Keras."""
    made = k.Sequential(
        [
            k.layers.Input((6,), dtype=dtype),
            k.layers.Dense(8, "tanh", dtype=dtype, **dict(training.hidden)),
            k.layers.Dense(4, training.activation, dtype=dtype),
        ]
    )
    if training.frozen is not None:
        made.layers[training.frozen].trainable = False
    rate = RATES.get(training.optimizer, 0.005) * SLOWER.get(training.loss, 1)
    optimizer = getattr(k.optimizers, training.optimizer)(rate, **dict(training.options))
    made.compile(optimizer, training.loss)
    return made


def run(made: Any, start: list[Array], given: Data) -> tuple[Array, list[Array]]:
    """The loss of each step, and the weights after the last one."""
    made.set_weights(start)
    curve = []
    for i in range(STEPS):
        weights = None if given.weights is None else given.weights[i]
        loss = made.train_on_batch(given.x[i], given.y[i], weights, given.class_weights)
        curve.append(float(loss))
    return np.array(curve), [np.array(w) for w in made.get_weights()]


@pytest.mark.parametrize("training", chosen(), ids=str)
def test_200_steps_agree_with_keras(training: Training, rng: np.random.Generator) -> None:
    assert_agree(training, rng)


@pytest.mark.slow
@pytest.mark.parametrize("training", others(), ids=str)
def test_200_steps_of_any_optimizer_and_loss_agree_with_keras(
    training: Training, rng: np.random.Generator
) -> None:
    assert_agree(training, rng)


def distance(curve: Array, weights: list[Array], truth: tuple[Array, list[Array]]) -> Array:
    """How far the curve and the weights are from the truth, each relative to its size."""
    of_weights = max(np.abs(a - b).max() for a, b in zip(weights, truth[1], strict=True))
    size = max(np.abs(w).max() for w in truth[1])
    return np.array([np.abs(curve - truth[0]).max() / np.abs(truth[0]).max(), of_weights / size])


def assert_agree(training: Training, rng: np.random.Generator) -> None:
    given = data(training, rng)
    ours = model(fastdense, training, "float32")
    start = [rng.uniform(-0.5, 0.5, w.shape).astype(np.float32) for w in ours.weights]
    truth = run(model(fastdense, training, "float64"), start, given)
    from_truth = distance(*run(ours, start, given), truth)
    of_keras = distance(*run(model(keras, training, "float32"), start, given), truth)
    assert (of_keras <= KERAS).all(), f"Keras is {of_keras} from the truth"
    allowed = MULTIPLE * of_keras + STEPS * PER_STEP
    assert (from_truth <= allowed).all(), f"{from_truth} from the truth, allowed {allowed}"
