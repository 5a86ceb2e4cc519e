"""Symbolic tensors: what layers are called on to make a graph of calls, which a model runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from fastdense.layers.building import build_once

if TYPE_CHECKING:
    from fastdense._typing import Shape
    from fastdense.layers.base import Layer


class SymbolicTensor:
    """The output of a layer that has been called on symbolic tensors, or a model's input.

    It has no values, only a shape, whose first entry, the batch size, is mostly None, and a dtype.
    ``a + b``, ``a - b`` and ``a * b`` make the layers Add, Subtract and Multiply.
    """

    __array_ufunc__ = None  # `array + tensor` is refused, not tried element by element

    def __init__(self, shape: Shape, dtype: str, name: str) -> None:
        self.shape = shape
        self.dtype = dtype
        self.name = name
        self.node: Node  # set by the node that makes it

    @property
    def ndim(self) -> int:
        """The number of dimensions, the batch included."""
        return len(self.shape)

    def __add__(self, other: object) -> Any:
        return _merged("Add", self, other)

    def __sub__(self, other: object) -> Any:
        return _merged("Subtract", self, other)

    def __mul__(self, other: object) -> Any:
        return _merged("Multiply", self, other)

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


class Node:
    """One call of a layer on symbolic tensors; an InputLayer has one without inputs.

    Parameters
    ----------
    layer
        The layer, whose list of calls it joins.
    inputs
        What it was called on.
    shapes
        Shapes of its outputs.
    training
        False if the call asked for inference whatever the model does, else None.
    """

    def __init__(
        self,
        layer: Layer,
        inputs: Sequence[SymbolicTensor],
        shapes: Sequence[Shape],
        training: bool | None = None,
    ) -> None:
        self.layer = layer
        self.inputs = tuple(inputs)
        self.training = training
        self.outputs = tuple(SymbolicTensor(shape, layer.dtype, layer.name) for shape in shapes)
        for tensor in self.outputs:
            tensor.node = self
        layer._nodes.append(self)


def is_symbolic(inputs: object) -> TypeGuard[SymbolicTensor | Sequence[SymbolicTensor]]:
    """Whether `inputs` is a symbolic tensor or a list of them."""
    if isinstance(inputs, SymbolicTensor):
        return True
    if not isinstance(inputs, list | tuple) or not inputs:
        return False
    return all(isinstance(tensor, SymbolicTensor) for tensor in inputs)


def call_symbolically(
    layer: Layer,
    inputs: SymbolicTensor | Sequence[SymbolicTensor],
    training: bool | None,
) -> Any:
    """Build `layer` if need be, and return the symbolic output of its call, or a list of them.

    Raises
    ------
    ValueError
        If the layer can't take these shapes, or `training` is True: a model decides that.
    """
    if training:
        raise ValueError(
            f"Layer '{layer.name}' was called on symbolic tensors with training=True. Expected "
            "None, which leaves it to the model, or False, for a part that never trains"
        )
    single = isinstance(inputs, SymbolicTensor)
    tensors = [inputs] if isinstance(inputs, SymbolicTensor) else list(inputs)
    shapes: Any = tensors[0].shape if single else [tensor.shape for tensor in tensors]
    layer._check_shapes(shapes)
    if not layer.built:
        build_once(layer, shapes)
    output: Any = layer.compute_output_shape(shapes)
    node = Node(layer, tensors, output if isinstance(output, list) else [output], training)
    return list(node.outputs) if isinstance(output, list) else node.outputs[0]


def _merged(name: str, a: SymbolicTensor, b: object) -> Any:
    """Return the output of a new merging layer of the class `name`, for an operator."""
    from fastdense.layers import merging  # which is made of layers, as this module isn't

    if not isinstance(b, SymbolicTensor):
        return NotImplemented
    layer = getattr(merging, name)(dtype=np.result_type(a.dtype, b.dtype))
    layer._is_operator = True
    return layer([a, b])


class Connected:
    """What a layer has by being called on symbolic tensors."""

    name: str
    _nodes: list[Node]
    _is_operator = False  # made by ``a + b``: no layer of the model, as in Keras

    @property
    def input(self) -> Any:
        """The symbolic tensor, or tensors, that the layer was first called on."""
        return _single(self._first_node("input").inputs)

    @property
    def output(self) -> Any:
        """The symbolic tensor, or tensors, that the layer first returned."""
        return _single(self._first_node("output").outputs)

    def _first_node(self, what: str) -> Node:
        if not self._nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined {what}."
            )
        return self._nodes[0]


def _single(tensors: Sequence[SymbolicTensor]) -> Any:
    return tensors[0] if len(tensors) == 1 else list(tensors)
