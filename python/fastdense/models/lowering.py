"""Graphs of layers in the core's terms, where the core knows every layer.

Values of the core hold contiguous elements and no shape: a layer that only reshapes leaves the
value that it takes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from fastdense import _activation
from fastdense.layers import (
    ELU,
    Activation,
    Add,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    Identity,
    LeakyReLU,
    ReLU,
    Reshape,
    Softmax,
)

if TYPE_CHECKING:
    from fastdense._activation import Code
    from fastdense._typing import FloatArray
    from fastdense.layers.weights import Weight
    from fastdense.models.graph import Graph, GraphNode


class NotInCoreError(Exception):
    """The core doesn't know a part of the graph."""


class CoreNode(NamedTuple):
    """A node as `_core.Network` takes it."""

    kind: str
    inputs: tuple[int, ...]
    output: int
    rows: int
    code: Code = _activation.LINEAR
    weight: int | None = None
    bias: int | None = None
    rate: float = 0.0


Ends: TypeAlias = "list[tuple[int, tuple[int, ...]]]"
"""Of inputs or outputs: the core's value, and the shape of a sample."""

CoreGraph: TypeAlias = "tuple[str, list[int], Ends, Ends, list[CoreNode], list[FloatArray]]"
"""The arguments of `_core.Network`: dtype, sizes, inputs, outputs, nodes, arrays."""


class Lowering:
    """A graph in the core's terms.

    Parameters
    ----------
    graph
        The graph.
    dtype
        That of all its layers and inputs.
    training
        Whether Dropout drops.
    on_logits
        The values, among the graph's outputs, whose last activation is left out.
    weights
        Those that are to be the first parameters, in this order.

    Raises
    ------
    NotInCoreError
        If the core doesn't know a layer, or the shapes aren't known but for the batch.

    Attributes
    ----------
    weights
        The parameters in the order of the core's numbers.
    dropouts
        The layers that take a seed in training, in the order of the nodes.
    left_out
        From a value of `on_logits` to the code of the activation that was left out.
    """

    def __init__(
        self,
        graph: Graph,
        dtype: np.dtype[Any],
        *,
        training: bool = False,
        on_logits: frozenset[int] = frozenset(),
        weights: Iterable[Weight] = (),
    ) -> None:
        self._graph = graph
        self._dtype = dtype
        self._training = training
        self._on_logits = on_logits
        self._uses = Counter(i for node in graph.nodes for i in node.inputs)
        self._uses.update(graph.outputs)
        self._sizes: list[int] = []
        self._nodes: list[CoreNode] = []
        self._values: dict[int, int] = {}  # from the graph's numbers to the core's
        self._numbers: dict[int, int] = {}  # of weights, by id
        self.weights: list[Weight] = []
        self.dropouts: list[Dropout] = []
        self.left_out: dict[int, Code] = {}
        for weight in weights:
            self._number(weight)
        for value in graph.inputs:
            self._values[value] = self._new_value(value)
        for node in graph.nodes:
            self._lower(node)

    def arguments(self) -> CoreGraph:
        """Return what `_core.Network` takes."""
        inputs, outputs = self._ends(self._graph.inputs), self._ends(self._graph.outputs)
        made = {node.output for node in self._nodes}
        values = [value for value, _ in outputs]
        if len(set(values)) < len(values) or not made.issuperset(values):
            raise NotInCoreError("an output that is an input, or another output")
        arrays = [weight.value for weight in self.weights]
        return str(self._dtype), self._sizes, inputs, outputs, self._nodes, arrays

    def _ends(self, values: Sequence[int]) -> Ends:
        return [(self._values[value], self._sample_shape(value)) for value in values]

    def _lower(self, node: GraphNode) -> None:
        lower = _LOWER.get(type(node.layer))
        if lower is None or node.layer.activity_regularizer is not None:
            raise NotInCoreError(type(node.layer).__name__)
        if np.dtype(node.layer.dtype) != self._dtype:
            raise NotInCoreError("layers of several dtypes")
        self._values[node.output] = lower(self, node)

    def _sample_shape(self, value: int) -> tuple[int, ...]:
        _, *sizes = self._graph.shapes[value]
        known = tuple(size for size in sizes if size is not None)
        if len(known) < len(sizes):
            raise NotInCoreError("a shape that is not known")
        return known

    def _new_value(self, value: int) -> int:
        self._sizes.append(math.prod(self._sample_shape(value)))
        return len(self._sizes) - 1

    def _rows(self, value: int) -> int:
        return math.prod(self._sample_shape(value)[:-1])

    def _add_node(self, kind: str, node: GraphNode, rows: int, **fields: Any) -> int:
        inputs = tuple(self._values[value] for value in node.inputs)
        output = self._new_value(node.output)
        self._nodes.append(CoreNode(kind, inputs, output, rows, **fields))
        return output

    def _number(self, weight: Weight) -> int:
        if id(weight) not in self._numbers:
            if not weight.value.flags.writeable:
                raise NotInCoreError("a weight that can't be written to")
            self._numbers[id(weight)] = len(self.weights)
            self.weights.append(weight)
        return self._numbers[id(weight)]

    def _code(self, node: GraphNode, activation: object) -> Code:
        """Return the code of an activation; LINEAR if it is to be left out."""
        resolved = _activation.resolve(activation)
        shape = self._sample_shape(node.output)
        if not isinstance(resolved, tuple):
            raise NotInCoreError("an activation of its own")
        if resolved[0] >= _activation.SOFTMAX and (not shape or shape[-1] == 1):
            raise NotInCoreError("softmax over the batch, or over one element, which warns")
        if node.output not in self._on_logits:
            return resolved
        self.left_out[node.output] = resolved
        return _activation.LINEAR

    def _dense(self, node: GraphNode) -> int:
        layer = node.layer
        assert isinstance(layer, Dense)
        bias = layer._weights.get("bias")
        return self._add_node(
            "dense",
            node,
            self._rows(node.output),
            code=self._code(node, layer.activation),
            weight=self._number(layer._weights["kernel"]),
            bias=None if bias is None else self._number(bias),
        )

    def _activation(self, node: GraphNode) -> int:
        code = self._code(node, node.layer)
        taken = self._values[node.inputs[0]]
        if code == _activation.LINEAR:
            return self._same(node)
        made = self._nodes[-1] if self._nodes else None
        if (
            made is not None
            and made.kind == "dense"
            and made.code == _activation.LINEAR
            and made.output == taken
            and made.rows == self._rows(node.output)
            and self._uses[node.inputs[0]] == 1
            and self._names_of(taken) == 1
        ):
            self._nodes[-1] = made._replace(code=code)
            return taken
        return self._add_node("activation", node, self._rows(node.output), code=code)

    def _names_of(self, value: int) -> int:
        """Return how many of the graph's values are this one of the core."""
        return list(self._values.values()).count(value)

    def _dropout(self, node: GraphNode) -> int:
        layer = node.layer
        assert isinstance(layer, Dropout)
        if not self._training or layer.rate == 0:
            return self._same(node)
        if layer.noise_shape is not None:
            raise NotInCoreError("a mask that is broadcast")
        self.dropouts.append(layer)
        return self._add_node("dropout", node, 1, rate=layer.rate)

    def _same(self, node: GraphNode) -> int:
        """Return the value that the node takes, or a copy with a gradient of its own.

        Where others take that value, too, its gradient is a sum. What takes the same elements
        under another name must be added up first, as it is layer by layer.
        """
        taken = node.inputs[0]
        if not self._training or self._uses[taken] == 1 or taken in self._graph.inputs:
            return self._values[taken]
        return self._add_node("activation", node, 1)

    def _flatten(self, node: GraphNode) -> int:
        assert isinstance(node.layer, Flatten)
        if node.layer.data_format != "channels_last":
            raise NotInCoreError("a flattening that transposes")
        return self._same(node)

    def _add(self, node: GraphNode) -> int:
        shapes = {self._sample_shape(value) for value in node.inputs}
        if len(shapes) > 1:
            raise NotInCoreError("a sum that repeats an array")
        return self._add_node("add", node, 1)

    def _concatenate(self, node: GraphNode) -> int:
        assert isinstance(node.layer, Concatenate)
        rank = len(self._graph.shapes[node.output])
        if node.layer.axis not in (-1, rank - 1):
            raise NotInCoreError("a concatenation along another axis")
        return self._add_node("concatenate", node, self._rows(node.output))


# Subclasses may compute something else.
_LOWER: dict[type, Callable[[Lowering, GraphNode], int]] = {
    Activation: Lowering._activation,
    Add: Lowering._add,
    Concatenate: Lowering._concatenate,
    Dense: Lowering._dense,
    Dropout: Lowering._dropout,
    ELU: Lowering._activation,
    Flatten: Lowering._flatten,
    Identity: Lowering._same,
    LeakyReLU: Lowering._activation,
    ReLU: Lowering._activation,
    Reshape: Lowering._same,
    Softmax: Lowering._activation,
}
