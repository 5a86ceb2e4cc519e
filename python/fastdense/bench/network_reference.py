"""The right results of networks, in float64 and plain NumPy, and how far rounding takes others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense.bench.inputs import layers_of
from fastdense.bench.problem import Problem
from fastdense.bench.reference import Expected

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense.bench.inputs import Inputs

    Doubles = NDArray[np.float64]
    Layers = list[tuple[Doubles, Doubles]]

# Adam as every contender is told to run it. With a step this small a net is still much as it began
# after tens of thousands of steps on one batch: with gradients of a size that training has, no
# units that died and no denormal moments.
LEARNING_RATE = 1e-5
BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-8

# Rounding errors are independent: these are many of their standard deviations.
_DEVIATIONS = 16
# Contenders differ by a share of what the loss went down by: in where they put epsilon, and on
# which side of relu's kink rounding puts an element. This is twenty times what was seen; in an
# epoch the order of rows counts more.
_SHARE_OF_DECREASE = 0.01
_SHARE_IN_ANY_ORDER = 0.5


def expected_of_network(problem: Problem, inputs: Inputs) -> list[Expected]:
    """Return what a contender's first calls have to return, in their order.

    That is the outputs, or in training the mean loss of the batch before the step, or of an epoch
    the mean loss of all rows, each before the step that it is part of.
    """
    layers = [(kernel.astype(float), bias.astype(float)) for kernel, bias in layers_of(inputs)]
    x, labels = inputs["x"].astype(float), inputs["labels"]
    eps = float(np.finfo(problem.dtype).eps)
    if not problem.is_stateful:
        y = _activations(layers, x)[-1]
        # The sum of k products of about unit variance is off by some sqrt(k) eps, in every layer.
        terms = sum(len(kernel) for kernel, _ in layers)
        error = _DEVIATIONS * eps * terms**0.5 * float(np.sqrt(np.mean(y**2)))
        return [Expected(y, np.full_like(y, error))]
    start = _loss(_activations(layers, x)[-1], labels)[0]
    batch = problem.shape[0]
    share = _SHARE_OF_DECREASE
    if problem.mode == "training":
        batches = [(x, labels)] * problem.calls_checked
        losses = list(_losses_of_steps(layers, batches))
    else:
        batches = [(x[i : i + batch], labels[i : i + batch]) for i in range(0, len(x), batch)]
        sizes = [len(rows) for rows, _ in batches]
        losses = [float(np.average(list(_losses_of_steps(layers, batches)), weights=sizes))]
        share = _SHARE_IN_ANY_ORDER
    return [
        Expected(np.array(loss), _DEVIATIONS * eps * np.array(1 + loss) + share * abs(start - loss))
        for loss in losses
    ]


def _activations(layers: Layers, x: Doubles) -> list[Doubles]:
    """Return x and every layer's output."""
    outputs = [x]
    for i, (kernel, bias) in enumerate(layers):
        z = outputs[-1] @ kernel + bias
        outputs.append(z if i == len(layers) - 1 else np.maximum(z, 0))
    return outputs


def _loss(logits: Doubles, labels: NDArray[Any]) -> tuple[float, Doubles]:
    """Return the mean softmax crossentropy and its gradient, ``(softmax(z) - onehot) / rows``."""
    rows = np.arange(len(logits))
    logits = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(logits)
    sums = exponentials.sum(axis=1, keepdims=True)
    gradient = exponentials / sums
    gradient[rows, labels] -= 1
    loss = np.mean(np.log(sums[:, 0]) - logits[rows, labels])
    return float(loss), gradient / len(rows)


def _losses_of_steps(
    layers: Layers, batches: Iterable[tuple[Doubles, NDArray[Any]]]
) -> Iterator[float]:
    """Yield the loss of each batch, then take a step of Adam with its gradients, in place."""
    weights = [weight for layer in layers for weight in layer]
    means = [np.zeros_like(weight) for weight in weights]
    squares = [np.zeros_like(weight) for weight in weights]
    for step, (x, labels) in enumerate(batches, start=1):
        outputs = _activations(layers, x)
        loss, dz = _loss(outputs[-1], labels)
        yield loss
        gradients: list[Doubles] = []
        for (kernel, _), inputs in zip(reversed(layers), reversed(outputs[:-1]), strict=True):
            gradients = [inputs.T @ dz, dz.sum(axis=0), *gradients]
            dz = (dz @ kernel.T) * (inputs > 0)
        rate = LEARNING_RATE * (1 - BETA_2**step) ** 0.5 / (1 - BETA_1**step)
        for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean += (1 - BETA_1) * (gradient - mean)
            square += (1 - BETA_2) * (gradient**2 - square)
            weight -= rate * mean / (np.sqrt(square) + EPSILON)
