"""Models whose every part is known to the core: a step is one call of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import _core
from fastdense.models.execution import Draws, StepResult
from fastdense.models.lowering import Lowering, NotInCoreError
from fastdense.optimizers import SGD

if TYPE_CHECKING:
    from fastdense.layers.weights import Weight
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Batch
    from fastdense.models.feeding import Fed
    from fastdense.models.graph import Graph
    from fastdense.optimizers import Optimizer


# Of an optimizer that keeps nothing beside the weights, for tests, which ask nothing else of it.
_NO_STEPS = SGD().settings()


def lower_inference(graph: Graph, dtype: np.dtype[Any]) -> _core.Network | None:
    """Return the forward pass of a graph, or None if the core doesn't know a part of it."""
    try:
        return _core.Network(*Lowering(graph, dtype).arguments())
    except NotInCoreError:
        return None


def lower(model: Fed, compiled: Compiled, optimizer: Optimizer | None) -> NativeExecution | None:
    """Return the native execution of `model`, or None if the core doesn't know a part of it."""
    try:
        return NativeExecution(model, compiled, optimizer)
    except NotInCoreError:
        return None


class NativeExecution:
    """Runs a compiled model in one call of the core for each step.

    Raises
    ------
    NotInCoreError
        If the core doesn't know a part of it.
    """

    def __init__(self, model: Fed, compiled: Compiled, optimizer: Optimizer | None) -> None:
        graph = model._built_graph()
        ends = zip(graph.outputs, compiled.fused, strict=True)
        on_logits = frozenset(value for value, fused in ends if fused)
        trainable = model._select(trainable=True)
        lowering = Lowering(
            graph, model._dtype, training=True, on_logits=on_logits, weights=trainable.values()
        )
        if any(np.dtype(tensor.dtype) != model._dtype for tensor in model.inputs):
            raise NotInCoreError("inputs of several dtypes")
        settings = _NO_STEPS if optimizer is None else optimizer.settings()
        if any(len(graph.shapes[value]) < 2 for value in graph.outputs):
            raise NotInCoreError("an output without an axis to compare along")
        if settings is None:
            raise NotInCoreError("a step of the optimizer's own")
        self._optimizer = optimizer
        self._trains = bool(trainable)
        self._draws = Draws(lowering.dropouts)
        self._one_at_a_time = threading.Lock()
        self._trainer = _core.Trainer(
            *lowering.arguments(),
            [
                _parameter(weight, i < len(trainable), optimizer)
                for i, weight in enumerate(lowering.weights)
            ],
            [
                _loss(loss, weight, lowering.left_out.get(value))
                for loss, weight, value in zip(
                    compiled.losses, compiled.loss_weights, graph.outputs, strict=True
                )
            ],
            settings,
            getattr(optimizer, "state", None),
        )

    def train(self, batch: Batch, wants_outputs: bool) -> StepResult:
        """Run one step of training, which changes the weights and the optimizer's state."""
        optimizer = self._optimizer
        assert optimizer is not None
        with self._one_at_a_time:
            self._draws.begin_step()
            try:
                result = self._trainer.step(
                    *batch,
                    self._draws.next(),
                    optimizer.current_learning_rate(),
                    optimizer.iterations + 1,
                    wants_outputs,
                )
            except BaseException:
                self._draws.take_back()
                raise
            if self._trains:
                optimizer.iterations += 1
        return StepResult(*result)

    def test(self, batch: Batch, wants_outputs: bool) -> StepResult:
        """Return losses and predictions in inference."""
        return StepResult(*self._trainer.test(*batch, wants_outputs))


def _parameter(weight: Weight, is_trainable: bool, optimizer: Any) -> tuple[Any, ...]:
    """Return how the core trains a weight."""
    value, l1, l2, constraint = weight.value, 0.0, 0.0, None
    rows, cols = value.shape if value.ndim == 2 else (value.size, 1)
    if not is_trainable:
        return rows, cols, False, l1, l2, None, False, []
    if weight.regularizer is not None:
        lower = getattr(weight.regularizer, "lower", None)
        penalty = None if lower is None else lower()
        if penalty is None:
            raise NotInCoreError("a penalty of its own")
        l1, l2 = penalty
    if weight.constraint is not None:
        lower = getattr(weight.constraint, "lower", None)
        constraint = None if lower is None else lower()
        if constraint is None:
            raise NotInCoreError("a constraint of its own")
    if optimizer is None:
        return rows, cols, True, l1, l2, constraint, False, []
    index = optimizer._get_variable_index(value)
    slots = optimizer.slots_of(index)
    return rows, cols, True, l1, l2, constraint, optimizer.decays(index), slots


def _loss(loss: Any, weight: float, left_out: Any) -> tuple[Any, float, Any]:
    """Return how the core compares an output."""
    code = None if loss is None else loss.lower()
    if code is None:
        raise NotInCoreError("a loss of its own")
    return code, weight, left_out
