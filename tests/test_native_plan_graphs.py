"""Graphs of every form: the core gives the bits of the layers, or leaves the model to them."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from fastdense import Input, Model, Sequential, constraints, layers, losses, optimizers
from fastdense.layers import Layer
from fastdense.regularizers import L2, Regularizer
from twins import Array, Twins, assert_same


class Net(NamedTuple):
    """A model, and the losses of its outputs."""

    model: Model
    loss: Any = "mse"
    options: Any = MappingProxyType({})


def used_twice() -> Net:
    x = Input((4,))
    h = layers.Dense(6, "relu")(x)
    a, b = layers.Dense(6, "tanh")(h), layers.Dense(6)(h)
    return Net(Model(x, layers.Dense(3, "softmax")(layers.Add()([a, b, h]))), "kl_divergence")


def added_to_itself() -> Net:
    x = Input((4,))
    h = layers.Dense(6)(x)
    doubled = layers.Add()([h, h])
    return Net(Model(x, layers.Dense(3)(layers.Concatenate()([doubled, h, doubled, x]))))


def shared_layer() -> Net:
    x = Input((4,))
    shared = layers.Dense(4, "sigmoid", kernel_regularizer="l2", kernel_constraint="max_norm")
    return Net(Model(x, layers.Dense(3)(shared(shared(layers.ReLU()(shared(x)))))))


def output_used_inside() -> Net:
    x = Input((4,))
    h = layers.Dense(6, "tanh", name="inner")(x)
    y = layers.Dense(3, "softmax", name="outer")(layers.Dense(5, "relu")(h))
    loss_weights = {"inner": 0.3, "outer": 1.7}
    return Net(
        Model(x, [h, y]), ["mse", "categorical_crossentropy"], {"loss_weights": loss_weights}
    )


def fused_and_its_logits() -> Net:
    """The output before the last activation is an output, too."""
    x = Input((4,))
    logits = layers.Dense(3)(x)
    more = layers.Dense(3)(logits)
    outputs = [layers.Softmax()(logits), logits, layers.Activation("sigmoid")(more)]
    names = ["categorical_crossentropy", "mse", "binary_crossentropy"]
    return Net(Model(x, outputs), names)


def ends() -> Net:
    """Inputs and outputs in another order than made, a nested model, one used twice."""
    a, b = Input((4,), name="a"), Input((3,), name="b")
    inner = Sequential([Input((6,)), layers.Dense(5, "relu"), layers.Dropout(0.5), layers.Dense(6)])
    u, v = layers.Dense(6)(a), layers.Dense(6, "tanh")(b)
    joined = layers.Concatenate()([inner(u), inner(inner(v), training=False), u])
    outputs = [layers.Dense(2, "sigmoid")(joined), v]
    return Net(Model([b, a], outputs), ["binary_crossentropy", "mae"], {"loss_weights": [0.7, 2]})


def renamed_values() -> Net:
    """The same elements under several names, whose gradients are sums of sums."""
    x = Input((4,))
    h = layers.Dense(6)(x)
    names = [layers.Identity(), layers.Flatten(), layers.Activation("linear"), layers.Dropout(0.0)]
    first = names[0](h)
    parts = [layers.Dense(6)(first), layers.Dense(6)(h)]
    for layer in names[1:]:
        renamed = layer(h)
        parts += [layers.Dense(6)(renamed), layers.Dense(6)(h), layers.Dense(6)(renamed)]
    parts += [layers.Dense(6)(first), layers.Reshape((6,))(first)]
    return Net(Model(x, [layers.Add()(parts), layers.Identity()(h)]))


def reshaped() -> Net:
    x = Input((3, 4))
    h = layers.Reshape((2, 6))(layers.Dense(4, "relu")(x))
    h = layers.Dropout(0.3)(layers.Dense(5, "softmax")(h))
    h = layers.Identity()(layers.Flatten()(h))
    return Net(Model(x, layers.Dense(3, "softmax")(h)), "categorical_crossentropy")


def sequences() -> Net:
    x = Input((3, 4))
    h = layers.Dense(5, "softmax")(layers.Concatenate()([x, layers.Dense(2)(x)]))
    loss = losses.CategoricalCrossentropy(label_smoothing=0.1)
    return Net(Model(x, layers.Dense(4, "softmax")(h)), loss)


def in_float64() -> Net:
    x = Input((4,), dtype="float64")
    h = layers.Dense(6, "relu", dtype="float64")(x)
    g = layers.Concatenate(dtype="float64")([x, h, layers.Dropout(0.3, dtype="float64")(h)])
    return Net(Model(x, layers.Dense(3, "softmax", dtype="float64")(g)), "kl_divergence")


def frozen_parts() -> Net:
    x = Input((4,))
    base = Sequential([Input((4,)), layers.Dense(5, "relu"), layers.Dense(4, "tanh")])
    base.trainable = False
    before, after = layers.Dense(4), layers.Dense(4, "elu")
    a = base(x)
    total = layers.Add()([after(base(before(x))), a, layers.Dense(4, trainable=False)(a)])
    return Net(Model(x, [total, layers.Dense(2, trainable=False)(a)]), "mse")


def two_layers_in_one() -> Net:
    """A value that leads to two nested models, one of which ends in the other's layer."""
    x = Input((4,))
    last = layers.Dense(3, "softmax")
    one = Sequential([Input((4,)), layers.Dense(4, "relu"), last])
    two = Sequential([Input((4,)), layers.Flatten(), last])
    return Net(Model(x, layers.Add()([one(x), two(layers.Dense(4)(x))])), "mse")


KNOWN = (
    used_twice,
    added_to_itself,
    shared_layer,
    output_used_inside,
    fused_and_its_logits,
    ends,
    renamed_values,
    reshaped,
    sequences,
    in_float64,
    frozen_parts,
    two_layers_in_one,
)
by_optimizer = pytest.mark.parametrize(
    "optimizer", [lambda: optimizers.SGD(0.05, momentum=0.9, global_clipnorm=1.0), "adam"]
)


def data(model: Model, rows: int, rng: np.random.Generator) -> tuple[list[Array], ...]:
    """Inputs, targets that are probabilities, and weights, in the model's dtypes."""

    def part(shape: tuple[int, ...], dtype: Any) -> Array:
        return rng.dirichlet(np.ones(shape[-1]), (rows, *shape[1:-1])).astype(dtype)

    x = [rng.standard_normal((rows, *t.shape[1:])).astype(t.dtype) for t in model.inputs]
    y = [part(t.shape, t.dtype) for t in model.outputs]
    return x, y, [rng.uniform(0, 2, rows) for _ in y]


@by_optimizer
@pytest.mark.parametrize("net", KNOWN, ids=lambda net: net.__name__)
def test_graphs_that_the_core_knows(
    net: Callable[[], Net], optimizer: Any, rng: np.random.Generator
) -> None:
    model, loss, options = net()
    twins = Twins(model, loss, optimizer, **options)
    for rows in (9, 1, 40, 9):
        x, y, weights = data(model, rows, rng)
        twins.train(x, y)
        twins.train(x, y, weights)
        twins.do(lambda model, x=x, y=y, w=weights: model.test_on_batch(x, y, w))
        found = model(x if len(x) > 1 else x[0])
        assert_same("outputs", found, unpacked(model._built_graph().run(x)))
        assert_same("predictions", found, model.predict(x, verbose=0))


def unpacked(arrays: list[Array]) -> Any:
    return arrays if len(arrays) > 1 else arrays[0]


class Doubling(Layer):
    """A layer of one's own."""

    def forward(self, inputs: Array) -> Any:
        return inputs * 2, lambda dy, needs_input_grad: (dy * 2, {})

    def call(self, inputs: Array) -> Array:
        return inputs * 2


class OwnDense(layers.Dense):
    """Not known to compute what its base does."""


class Cube:
    """An activation in Python."""

    def __call__(self, x: Array) -> Array:
        return x**3

    def backward(self, x: Array, y: Array, dy: Array) -> Array:
        return dy * 3 * x**2


class Fourth(Regularizer):
    def __call__(self, x: Array) -> float:
        return 0.01 * float(np.sum(x**4))

    def gradient(self, x: Array) -> Array:
        return 0.04 * x**3


class OwnL2(L2):
    """Not known to compute what its base does."""


class Halved(constraints.Constraint):
    def __call__(self, w: Array) -> Array:
        return w / 2


class OwnSGD(optimizers.SGD):
    def update_step(self, gradient: Array, weight: Array, learning_rate: float) -> None:
        weight -= learning_rate * np.sign(gradient)


def absolute(y_true: Array, y_pred: Array) -> Array:
    return np.mean(np.abs(y_true - y_pred), axis=-1)


absolute.gradient = lambda y_true, y_pred: np.sign(y_pred - y_true) / y_pred.shape[-1]  # type: ignore[attr-defined]


class OwnMse(losses.MeanSquaredError):
    def call(self, y_true: Array, y_pred: Array) -> Array:
        return 2 * super().call(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array) -> Array:
        return 2 * super().gradient(y_true, y_pred)

    def value_and_gradient(self, *args: Any, **options: Any) -> Any:
        return losses.Loss.value_and_gradient(self, *args, **options)


def of_layer(*middle: Layer) -> Net:
    return Net(Sequential([Input((4,)), layers.Dense(4), *middle, layers.Dense(3)]))


def broadcast_sum() -> Net:
    x = Input((2, 4))
    total = layers.Add()([x, layers.Dense(1)(x)])
    return Net(Model(x, layers.Dense(3)(layers.Flatten()(total))))


def other_axis() -> Net:
    x = Input((2, 4))
    return Net(Model(x, layers.Dense(3)(layers.Concatenate(axis=1)([x, layers.Dense(4)(x)]))))


def two_dtypes() -> Net:
    x, z = Input((4,), dtype="float64"), Input((4,), dtype="float32")
    total = layers.Add(dtype="float64")([x, z])
    return Net(Model([x, z], layers.Dense(3, dtype="float64")(total)))


def without_a_loss() -> Net:
    x = Input((4,))
    h = layers.Dense(3)(x)
    return Net(Model(x, [h, layers.Dense(2)(h)]), [None, "mse"])


UNKNOWN: dict[str, Callable[[], Net]] = {
    "layer": lambda: of_layer(Doubling()),
    "subclass": lambda: of_layer(OwnDense(5, "relu")),
    "callable activation": lambda: of_layer(layers.Dense(5, Cube())),
    "PReLU": lambda: of_layer(layers.PReLU()),
    "activity penalty": lambda: of_layer(layers.Dense(5, activity_regularizer="l2")),
    "Multiply": lambda: Net(multiplied()),
    "regularizer": lambda: of_layer(layers.Dense(5, kernel_regularizer=Fourth())),
    "regularizer's subclass": lambda: of_layer(layers.Dense(5, kernel_regularizer=OwnL2())),
    "constraint": lambda: of_layer(layers.Dense(5, bias_constraint=Halved())),
    "constraint's axis": lambda: of_layer(
        layers.Dense(5, kernel_constraint=constraints.MaxNorm(axis=1))
    ),
    "orthogonal": lambda: of_layer(layers.Dense(5, kernel_regularizer="orthogonal_regularizer")),
    "noise_shape": lambda: of_layer(layers.Dropout(0.3, noise_shape=(None, 1))),
    "broadcast sum": broadcast_sum,
    "other axis": other_axis,
    "two dtypes": two_dtypes,
    "no loss": without_a_loss,
    "loss' dtype": lambda: of_layer()._replace(loss=losses.MeanSquaredError(dtype="float64")),
    "loss": lambda: of_layer()._replace(loss=absolute),
    "loss' subclass": lambda: of_layer()._replace(loss=OwnMse()),
    "reduction": lambda: of_layer()._replace(loss=losses.Huber(reduction="sum")),
    "focal": lambda: of_layer(layers.Activation("sigmoid"))._replace(
        loss="categorical_focal_crossentropy"
    ),
}


def multiplied() -> Model:
    x = Input((4,))
    return Model(x, layers.Dense(3)(layers.Multiply()([x, layers.Dense(4)(x)])))


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_the_core_does_not_know_trains_layer_by_layer(
    name: str, rng: np.random.Generator
) -> None:
    model, loss, options = UNKNOWN[name]()
    twins = Twins(model, loss, "adam", native=False, **options)
    before = model.get_weights()
    x, y, _ = data(model, 9, rng)
    targets = y if loss != [None, "mse"] else [None, y[1]]
    for _ in range(3):
        twins.train(x, targets)
        twins.do(lambda model: model.predict(x, verbose=0))
    assert not any(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_an_optimizer_of_ones_own_trains_layer_by_layer(rng: np.random.Generator) -> None:
    model, loss, _ = used_twice()
    before = model.get_weights()
    twins = Twins(model, loss, lambda: OwnSGD(0.125), native=False)
    x, y, _ = data(model, 9, rng)
    twins.train(x, y)
    moved = np.abs(model.weights[0] - before[0])
    assert moved.max() == pytest.approx(0.125, rel=1e-5)


def test_outputs_of_rank_1_train_layer_by_layer(rng: np.random.Generator) -> None:
    x = Input((4,))
    model = Model(x, layers.Reshape(())(layers.Dense(1)(x)))
    inputs, y = rng.standard_normal((9, 4)).astype(np.float32), np.zeros(9, np.float32)
    twins = Twins(model, "mse", "sgd", native=False)
    first = twins.train(inputs, y)
    assert twins.train(inputs, y) < first
