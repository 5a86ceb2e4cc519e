"""TensorFlow: one traced function per call, compiled by XLA.

https://www.tensorflow.org/xla
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.network_reference import BETA_1, BETA_2, EPSILON, LEARNING_RATE
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array

Tensor = Any


class Library(NetworkLibrary):
    """See `NetworkLibrary`."""

    version = tf.__version__

    def __init__(self, threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)

    def inference(self, x: Array, layers: Layers) -> Call:
        """Call a function that knows the weights as constants."""
        weights = [tuple(map(tf.constant, layer)) for layer in layers]
        forward = _compiled(lambda x: _forward(weights, x), tf.constant(x))
        return lambda: forward(tf.convert_to_tensor(x)).numpy()

    def training(self, x: Array, labels: Array, layers: Layers) -> Call:
        """Call a step that updates variables and returns the loss before it."""
        weights = [tuple(map(tf.Variable, layer)) for layer in layers]
        variables = [variable for layer in weights for variable in layer]
        means, squares = ([tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2))
        number = tf.Variable(0.0)

        def step(x: Tensor, labels: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                    labels, _forward(weights, x)
                )
                loss = tf.reduce_mean(losses)
            power = number.assign_add(1.0)
            gradients = tape.gradient(loss, variables)
            for arrays in zip(variables, means, squares, gradients, strict=True):
                _update(*arrays, power)
            return loss

        batch = tf.constant(x), tf.constant(labels)
        compiled = _compiled(step, *batch)
        return lambda: compiled(*batch).numpy()


def _compiled(function: Any, *arguments: Tensor) -> Any:
    """Return the function for arguments like these: no call looks for the one that fits."""
    return tf.function(function, jit_compile=True).get_concrete_function(*arguments)


def _forward(weights: list[tuple[Tensor, ...]], x: Tensor) -> Tensor:
    for kernel, bias in weights[:-1]:
        x = tf.nn.relu(x @ kernel + bias)
    kernel, bias = weights[-1]
    return x @ kernel + bias


def _update(variable: Tensor, mean: Tensor, square: Tensor, gradient: Tensor, step: Tensor) -> None:
    """Take a step of Adam: TensorFlow's own operation, as its optimizers are Keras'."""
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=mean.handle,
        v=square.handle,
        beta1_power=BETA_1**step,
        beta2_power=BETA_2**step,
        lr=LEARNING_RATE,
        beta1=BETA_1,
        beta2=BETA_2,
        epsilon=EPSILON,
        grad=gradient,
    )
