"""A network as its leaves: layers that compute, in an order to run them in, and numbered values."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastdense.layers import Dropout, InputLayer
from fastdense.layers.loading import count_call
from fastdense.layers.merge import Merge

if TYPE_CHECKING:
    from fastdense._typing import FloatArray, Shape
    from fastdense.layers import Layer
    from fastdense.models.topology import Topology


class GraphNode(NamedTuple):
    """One use of a layer: the numbers of the values that it takes, and of the one it makes."""

    layer: Layer
    inputs: tuple[int, ...]
    output: int

    def gather(self, values: Sequence[Any]) -> Any:
        """Return what the layer is called on, from values or their shapes by number."""
        if isinstance(self.layer, Merge):
            return [values[i] for i in self.inputs]
        return values[self.inputs[0]]


class Graph:
    """The leaves of a model, those of nested models among them, each once per use.

    Values are numbered: the inputs first, then the nodes' outputs in their order. A graph never
    changes.

    Parameters
    ----------
    nodes
        In topological order.
    inputs, outputs
        Numbers of values.
    shapes
        Of each value, with the batch, mostly None, first.
    """

    def __init__(
        self,
        nodes: Sequence[GraphNode],
        inputs: Sequence[int],
        outputs: Sequence[int],
        shapes: Sequence[Shape],
    ) -> None:
        self.nodes = tuple(nodes)
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.shapes = tuple(shapes)
        last_use = {i: node.output for node in self.nodes for i in (*node.inputs, node.output)}
        self._spent: dict[int, list[int]] = {}  # by node: the values that nothing needs after it
        for value, output in last_use.items():
            if value not in self.outputs:
                self._spent.setdefault(output, []).append(value)

    def run(self, arrays: Sequence[FloatArray]) -> list[FloatArray]:
        """Return the outputs in inference, computed layer by layer.

        The activity penalties of a layer that is used several times are added up.
        """
        return self.run_to_scores(arrays)[0]

    def run_to_scores(
        self, arrays: Sequence[FloatArray], fused: Container[int] = ()
    ) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return the outputs, and what losses are computed from: the logits of those in `fused`."""
        values: list[Any] = [*arrays, *[None] * len(self.nodes)]
        logits: dict[int, FloatArray] = {}
        penalties = Penalties()
        for node in self.nodes:
            x = node.gather(values)
            if node.output in fused:
                values[node.output], logits[node.output], _ = node.layer.logits_pass(x)
            else:
                values[node.output] = node.layer(x)
            penalties.note(node.layer)
            for i in self._spent.get(node.output, ()):
                values[i] = None
        penalties.leave()
        outputs = [values[i] for i in self.outputs]
        return outputs, [logits.get(i, values[i]) for i in self.outputs]

    def shapes_for(self, inputs: Sequence[Shape]) -> list[Shape]:
        """Return the outputs' shapes for other shapes of the inputs."""
        shapes = list(inputs)
        for node in self.nodes:
            shapes.append(node.layer.compute_output_shape(node.gather(shapes)))
        return [shapes[i] for i in self.outputs]

    def layers(self) -> Iterator[Layer]:
        """Return each layer once."""
        return iter(dict.fromkeys(node.layer for node in self.nodes))


class Penalties:
    """The activity penalties of one pass, by layer."""

    def __init__(self) -> None:
        self._totals: dict[Layer, float] = {}

    def note(self, layer: Layer) -> None:
        """Add the penalty of the call of `layer` that has just been made."""
        if layer._activity_loss is not None:
            self._totals[layer] = self._totals.get(layer, 0.0) + layer._activity_loss

    def leave(self) -> None:
        """Leave its total with each layer, for `losses`."""
        for layer, total in self._totals.items():
            layer._activity_loss = total


def flatten(topology: Topology) -> Graph:
    """Return the graph of the leaves of `topology`."""
    shapes = [tensor.shape for tensor in topology.inputs]
    flattening = _Flattening(shapes)
    numbers = {tensor: i for i, tensor in enumerate(topology.inputs)}
    for node in topology.nodes:
        if not isinstance(node.layer, InputLayer):
            inputs = [numbers[tensor] for tensor in node.inputs]
            made = flattening.append(node.layer, inputs, node.training)
            numbers.update(zip(node.outputs, made, strict=True))
    outputs = [numbers[tensor] for tensor in topology.outputs]
    return Graph(flattening.nodes, range(len(topology.inputs)), outputs, flattening.shapes)


class _Flattening:
    """A graph in the making."""

    def __init__(self, shapes: list[Shape]) -> None:
        self.shapes = shapes
        self.nodes: list[GraphNode] = []

    def append(self, layer: Layer, inputs: list[int], training: bool | None) -> list[int]:
        """Add the leaves of one call, and return the numbers of what it makes."""
        inner = getattr(layer, "_graph", None)
        if isinstance(inner, Graph):
            numbers = list(inputs)
            for node in inner.nodes:
                numbers += self.append(node.layer, [numbers[i] for i in node.inputs], training)
            return [numbers[i] for i in inner.outputs]
        if _does_nothing(layer, inputs, training):
            return inputs
        count_call()
        node = GraphNode(layer, tuple(inputs), len(self.shapes))
        self.shapes.append(layer.compute_output_shape(node.gather(self.shapes)))
        self.nodes.append(node)
        return [node.output]


def _does_nothing(layer: Layer, inputs: list[int], training: bool | None) -> bool:
    """Whether a call returns its input: Dropout that never trains, one input merged."""
    if layer.activity_regularizer is not None:
        return False
    if isinstance(layer, Dropout):
        return training is False
    return isinstance(layer, Merge) and len(inputs) == 1
