"""What a model is made of: the calls of layers that lead from its inputs to its outputs.

In the order of Keras: a call's depth is the longest way from it to an output, a layer's is that of
its deepest call; deep ones first, those of one depth in the order of a walk up from the outputs.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastdense.layers import InputLayer
from fastdense.layers.input_layer import Input
from fastdense.layers.symbolic import Node, SymbolicTensor

if TYPE_CHECKING:
    from fastdense._typing import Shape
    from fastdense.layers import Layer


class _Call(NamedTuple):
    """A call in numbers: tensors are numbered through the outputs of the calls in their order."""

    layer: Layer
    inputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    training: bool | None


class Topology:
    """The sorted calls between symbolic inputs and outputs.

    Parameters
    ----------
    inputs, outputs
        Symbolic tensors. Inputs that no `Input` made are replaced by new ones.

    Raises
    ------
    ValueError
        If an output depends on something else than the inputs, an input is given twice, or two
        layers have one name.
    """

    def __init__(self, inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]) -> None:
        if len(set(inputs)) < len(inputs):
            raise ValueError(f"All `inputs` must be different. Received: inputs={list(inputs)}")
        walk = _Walk(inputs, outputs)
        if not all(isinstance(tensor.node.layer, InputLayer) for tensor in inputs):
            inputs, outputs = _with_own_inputs(walk.finished, inputs, outputs)
            walk = _Walk(inputs, outputs)
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.nodes, self.layers = _sorted(self.inputs, walk)
        for name, count in Counter(layer.name for layer in self.layers).items():
            if count > 1:
                raise ValueError(
                    f'The name "{name}" is used {count} times in the model. '
                    "All operation names should be unique."
                )

    @functools.cached_property
    def calls(self) -> dict[Layer, list[Node]]:
        """The calls of each layer that belong to this topology, the first one first."""
        own = set(self.nodes)
        return {layer: [node for node in layer._nodes if node in own] for layer in self.layers}

    @property
    def is_chain(self) -> bool:
        """Whether each call takes what the one before it makes, all of different layers."""
        steps = zip(self.nodes, self.nodes[1:], strict=False)
        follows = all(after.inputs == before.outputs for before, after in steps)
        return follows and len(self.nodes) == len(self.layers)

    def place_of(self, tensor: SymbolicTensor) -> tuple[str, int, int]:
        """Return the layer's name, the number of its call and that of the output of the call."""
        node = tensor.node
        call = self.calls[node.layer].index(node)
        return node.layer.name, call, node.outputs.index(tensor)

    def __reduce__(self) -> Any:
        # In numbers: pickling tensors and nodes themselves would recurse through the whole graph.
        numbers = {tensor: i for i, tensor in enumerate(_outputs_of(self.nodes))}
        calls = [
            _Call(
                node.layer,
                tuple(numbers[tensor] for tensor in node.inputs),
                tuple(tensor.shape for tensor in node.outputs),
                node.training,
            )
            for node in self.nodes
        ]
        inputs, outputs = (
            [numbers[tensor] for tensor in tensors] for tensors in (self.inputs, self.outputs)
        )
        return _replayed, (calls, inputs, outputs)


def _replayed(calls: list[_Call], inputs: list[int], outputs: list[int]) -> Topology:
    """Return the topology of new calls of the same layers."""
    tensors: list[SymbolicTensor] = []
    for call in calls:
        if isinstance(call.layer, InputLayer):
            tensors += call.layer._nodes[0].outputs
        else:
            given = [tensors[i] for i in call.inputs]
            tensors += Node(call.layer, given, call.shapes, call.training).outputs
    return Topology([tensors[i] for i in inputs], [tensors[i] for i in outputs])


def _outputs_of(nodes: Sequence[Node]) -> Iterator[SymbolicTensor]:
    for node in nodes:
        yield from node.outputs


def _with_own_inputs(
    nodes: Sequence[Node], inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]
) -> tuple[list[SymbolicTensor], list[SymbolicTensor]]:
    """Repeat the calls `nodes` from inputs that are made by `Input` where they weren't."""
    new = {
        tensor: tensor
        if isinstance(tensor.node.layer, InputLayer)
        else Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name}_input")
        for tensor in inputs
    }
    for node in nodes:
        if not isinstance(node.layer, InputLayer):
            shapes = [tensor.shape for tensor in node.outputs]
            again = Node(node.layer, [new[x] for x in node.inputs], shapes, node.training)
            new.update(zip(node.outputs, again.outputs, strict=True))
    return [new[tensor] for tensor in inputs], [new[tensor] for tensor in outputs]


class _Walk:
    """A depth-first walk up from the outputs, on a stack of its own: networks may be deep.

    `finished` has the calls, each after those that it depends on, `started` as they were met.
    """

    def __init__(self, inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]) -> None:
        self._inputs = set(inputs)
        self.started: dict[Node, None] = {}
        self.finished: list[Node] = []
        for output in outputs:
            self._walk(output)

    def _walk(self, output: SymbolicTensor) -> None:
        stack = [(node, self._parents(node)) for node in self._start(output, "the outputs")]
        while stack:
            node, parents = stack[-1]
            parent = next(parents, None)
            if parent is None:
                self.finished.append(node)
                stack.pop()
            else:
                stack.append((parent, self._parents(parent)))

    def _parents(self, node: Node) -> Iterator[Node]:
        for tensor in node.inputs:
            yield from self._start(tensor, f"operation '{node.layer.name}'")

    def _start(self, tensor: SymbolicTensor, wanted_by: str) -> Iterator[Node]:
        """Yield the call that makes `tensor`, unless it was met before or isn't to be walked."""
        node = tensor.node
        is_source = isinstance(node.layer, InputLayer)
        if is_source and tensor not in self._inputs:
            raise ValueError(
                f"Graph disconnected: cannot find parent for tensor {tensor} at {wanted_by}. The "
                "following previous operations were accessed without issue: "
                f"{[done.layer.name for done in self.finished]}"
            )
        if node not in self.started and (is_source or tensor not in self._inputs):
            self.started[node] = None
            yield node


def _sorted(
    inputs: Sequence[SymbolicTensor], walk: _Walk
) -> tuple[tuple[Node, ...], tuple[Layer, ...]]:
    """Return calls and layers in the order of Keras, unused inputs among them."""
    depths: dict[Node, int] = {}
    layer_depths: dict[Layer, int] = {}
    for node in reversed(walk.finished):
        depth = max(depths.get(node, 0), layer_depths.get(node.layer, 0))
        depths[node] = layer_depths[node.layer] = depth
        for tensor in node.inputs:
            depths[tensor.node] = max(depth + 1, depths.get(tensor.node, 0))
    places: dict[Layer, int] = {}
    for node in walk.started:
        places.setdefault(node.layer, len(places))
    for tensor in inputs:
        if tensor.node not in depths:
            depths[tensor.node] = layer_depths[tensor.node.layer] = 0
            places[tensor.node.layer] = -1
    nodes = sorted(depths, key=lambda node: (-depths[node], places[node.layer]))
    layers = sorted(layer_depths, key=lambda layer: (-layer_depths[layer], places[layer]))
    return tuple(nodes), tuple(layers)
