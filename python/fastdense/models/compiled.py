"""What a model was compiled with, settled for each of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from fastdense import losses
from fastdense.models.logged_metrics import check_metrics, logged_metrics
from fastdense.models.structure import align, broadcast, is_nested, leaves

if TYPE_CHECKING:
    from fastdense._typing import Identifier, Shape
    from fastdense.losses import Loss
    from fastdense.models.graph import Graph
    from fastdense.optimizers import Optimizer

# What these names stand for depends on the shapes of predictions and targets.
_BY_SHAPE = ("crossentropy", "ce")


class CompileArguments(NamedTuple):
    """The arguments of `compile`; the optimizer as an object, all others as they were given."""

    optimizer: Optimizer
    loss: Any
    loss_weights: Any
    metrics: Any
    weighted_metrics: Any
    run_eagerly: bool

    def check(self) -> None:
        """Raise ValueError for what is wrong whatever the outputs are."""
        weights = self.loss_weights
        if not (weights is None or is_nested(weights) or isinstance(weights, Real)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float (single output case) or a list, "
                "tuple, or dict (multiple output case). "
                f"Received: loss_weights={weights} (of type {type(weights)})"
            )
        for leaf in leaves(self.loss):
            if not _is_by_shape(leaf):
                losses.get(leaf)
        check_metrics(self.metrics, "metrics")
        check_metrics(self.weighted_metrics, "weighted_metrics")


class Compiled:
    """Optimizer, losses and metrics of a built model.

    Parameters
    ----------
    arguments
        Those of `compile`.
    graph
        The model's.
    names
        Of its outputs.
    target_shapes
        Of the targets of each output, with the batch first; None where there are none.

    Attributes
    ----------
    arguments
        As above.
    losses
        One per output, or None; where `fused`, the one that is computed from logits.
    fused
        Per output, whether its last activation and its loss are computed as one.
    loss_weights
        One per output.
    metrics
        Those of all outputs, with their names in logs.
    """

    def __init__(
        self,
        arguments: CompileArguments,
        graph: Graph,
        names: Sequence[str],
        target_shapes: Sequence[Shape | None],
    ) -> None:
        self.arguments = arguments
        self.optimizer = arguments.optimizer
        self.run_eagerly = arguments.run_eagerly
        self.names = tuple(names)
        shapes = [graph.shapes[value] for value in graph.outputs]
        self._given = [
            _loss(identifier, target_shape, shape)
            for identifier, target_shape, shape in zip(
                broadcast(arguments.loss, names, "loss"), target_shapes, shapes, strict=True
            )
        ]
        if all(loss is None for loss in self._given):
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        self.fuse(graph)
        self.loss_weights = _loss_weights(arguments.loss_weights, names)
        self.metrics = logged_metrics(
            arguments.metrics, arguments.weighted_metrics, names, target_shapes, shapes
        )

    def fuse(self, graph: Graph) -> None:
        """Settle which losses are computed from logits, as the layers and losses are now."""
        on_logits = [_on_logits(loss, graph, i) for i, loss in enumerate(self._given)]
        self.fused = tuple(loss is not None for loss in on_logits)
        pairs = zip(self._given, on_logits, strict=True)
        self.losses = tuple(a if b is None else b for a, b in pairs)

    def needs_targets(self, output: int) -> bool:
        """Whether an output has a loss or a metric."""
        return self.losses[output] is not None or any(m.output == output for m in self.metrics)


def _is_by_shape(identifier: object) -> bool:
    return isinstance(identifier, str) and identifier.lower() in _BY_SHAPE


def _loss(identifier: Identifier, target_shape: Shape | None, shape: Shape) -> Loss | None:
    if not _is_by_shape(identifier):
        return losses.get(identifier)
    if shape[-1] == 1:
        return losses.get("binary_crossentropy")
    if target_shape is None or len(target_shape) < len(shape) or target_shape[-1] == 1:
        return losses.get("sparse_categorical_crossentropy")
    return losses.get("categorical_crossentropy")


def _on_logits(loss: Loss | None, graph: Graph, output: int) -> Loss | None:
    """Return the loss as one of the logits of an output, if it is, and nothing else uses that."""
    value = graph.outputs[output]
    uses = graph.outputs.count(value) + sum(node.inputs.count(value) for node in graph.nodes)
    if loss is None or uses > 1:
        return None
    for node in graph.nodes:
        activation = node.layer.final_activation() if node.output == value else None
        if activation is not None:
            return loss.on_logits(activation)
    return None


def _loss_weights(value: Any, names: Sequence[str]) -> tuple[float, ...]:
    if value is None:
        return (1.0,) * len(names)
    weights = align(value, names, "loss_weights")
    if not all(isinstance(weight, Real) for weight in weights):
        raise ValueError(f"`loss_weights`: expected numbers. Received: loss_weights={value}")
    return tuple(map(float, weights))
