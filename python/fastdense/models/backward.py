"""A pass through a graph that can be gone back: what makes a model trainable as a layer."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import numpy as np

from fastdense.layers.weights import Weight
from fastdense.models.graph import Penalties

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.layers.backprop import Backprop
    from fastdense.models.graph import Graph, GraphNode

GraphGradients: TypeAlias = "tuple[list[FloatArray] | None, dict[Weight, FloatArray]]"
"""dx of each input, or None where they aren't needed, and the gradients of the weights."""

GraphBackprop: TypeAlias = "Callable[[Sequence[FloatArray | None], bool], GraphGradients]"
"""From ``(dy of each output, needs_input_grad)`` to the gradients of one pass; None is 0."""

K = TypeVar("K", bound=Hashable)


class Pass(NamedTuple):
    """What a pass in training returns.

    Attributes
    ----------
    outputs
        The values of the outputs.
    scores
        What their losses are computed from: the logits of those that are fused with their loss.
    backprop
        The function that computes the gradients.
    """

    outputs: list[FloatArray]
    scores: list[FloatArray]
    backprop: GraphBackprop


def training_pass(graph: Graph, arrays: Sequence[FloatArray], fused: Container[int] = ()) -> Pass:
    """Return the outputs in training, and the way back, which starts at the logits of `fused`.

    Gradients of a value, or of a weight, that is used several times are added up in the reversed
    order of the nodes. A value that no output depends on has the gradient 0.
    """
    values = list(arrays)
    logits: dict[int, FloatArray] = {}
    backprops: list[tuple[GraphNode, Backprop]] = []
    penalties = Penalties()
    for node in graph.nodes:
        x = node.gather(values)
        if node.output in fused:
            y, logits[node.output], backprop = node.layer.logits_pass(x)
        else:
            y, backprop = node.layer.training_pass(x)
        values.append(y)
        backprops.append((node, backprop))
        penalties.note(node.layer)
    penalties.leave()
    zeros = [(array.shape, array.dtype) for array in values]

    def backward(dys: Sequence[FloatArray | None], needs_input_grad: bool) -> GraphGradients:
        needed = _with_gradient(graph, needs_input_grad)
        of_values: dict[int, FloatArray] = {}
        of_weights: dict[Weight, FloatArray] = {}
        for value, dy in zip(graph.outputs, dys, strict=True):
            if dy is not None:
                _add(of_values, value, dy)
        for node, backprop in reversed(backprops):
            if node.output not in needed:
                continue
            out = node.output
            dx, own = backprop(
                of_values.pop(out) if out in of_values else np.zeros(*zeros[out]),
                any(value in needed for value in node.inputs),
            )
            for name, gradient in own.items():
                _add(of_weights, node.layer._weights[name], gradient)
            if dx is not None:
                parts = dx if isinstance(dx, list) else [dx]
                for value, part in zip(node.inputs, parts, strict=True):
                    _add(of_values, value, part)
        if not needs_input_grad:
            return None, of_weights
        return [
            of_values[value] if value in of_values else np.zeros(*zeros[value])
            for value in graph.inputs
        ], of_weights

    outputs = [values[i] for i in graph.outputs]
    scores = [logits.get(i, values[i]) for i in graph.outputs]
    return Pass(outputs, scores, backward)


def _with_gradient(graph: Graph, needs_input_grad: bool) -> set[int]:
    """Return the values that depend on a trainable weight, or on an input if that is asked for."""
    found = set(graph.inputs) if needs_input_grad else set()
    for node in graph.nodes:
        if node.layer._select(trainable=True) or any(value in found for value in node.inputs):
            found.add(node.output)
    return found


def _add(total: dict[K, FloatArray], key: K, gradient: FloatArray) -> None:
    """Add to the sum of gradients at `key`, in a new array: others may hold the ones so far."""
    total[key] = total[key] + gradient if key in total else gradient
