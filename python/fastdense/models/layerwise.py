"""Steps of training through one layer after the other, whatever the layers are.

They consist of the same operations in the same order as those of the native plan, so that both give
the same bits:

1. forward through the nodes of the graph, where each Dropout draws its next seed;
2. losses, and the gradient of ``sum_i loss_weight_i * loss_i`` at the outputs;
3. backward through the nodes in reversed order; gradients of a value, or of a weight, that is used
   several times are added up as they come;
4. the gradients of the penalties, once per weight;
5. the optimizer's update of all trainable weights, then their constraints.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastdense import regularizers
from fastdense.layers import Dropout
from fastdense.models.backward import training_pass
from fastdense.models.execution import Batch, Draws, StepResult

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.layers.weights import Weight
    from fastdense.models.compiled import Compiled
    from fastdense.models.feeding import Fed
    from fastdense.optimizers import Optimizer


class LayerwiseExecution:
    """Runs a built model.

    Parameters
    ----------
    model
        The model; its graph, and which weights are trainable, are looked up once.
    compiled
        Losses and so on.
    optimizer
        Makes the updates. None: there will be tests only.
    """

    def __init__(self, model: Fed, compiled: Compiled, optimizer: Optimizer | None) -> None:
        self._model = model
        self._graph = model._built_graph()
        self._trainable = list(model._select(trainable=True).values())
        self._compiled = compiled
        self._optimizer = optimizer
        self._draws = Draws(layer for layer in self._graph.layers() if isinstance(layer, Dropout))
        self._one_at_a_time = threading.Lock()
        pairs = zip(self._graph.outputs, compiled.fused, strict=True)
        self._fused = frozenset(value for value, fused in pairs if fused)

    def test(self, batch: Batch, wants_outputs: bool) -> StepResult:
        """Return losses and predictions in inference."""
        batch = batch.gathered()
        outputs, scores = self._graph.run_to_scores(batch.inputs, self._fused)
        losses = []
        for loss, target, score, weight in zip(
            self._compiled.losses, batch.targets, scores, batch.weights, strict=True
        ):
            value = 0.0
            if loss is not None and target is not None:
                value = float(loss(target, score, weight))
            losses.append(value)
        return StepResult(self._total(losses), losses, outputs if wants_outputs else [])

    def train(self, batch: Batch, wants_outputs: bool) -> StepResult:
        """Run one step of training, which changes the weights and the optimizer's state."""
        batch = batch.gathered()
        with self._one_at_a_time:
            self._draws.begin_step()
            try:
                return self._step(batch, wants_outputs)
            except BaseException:
                self._draws.take_back()
                raise

    def _step(self, batch: Batch, wants_outputs: bool) -> StepResult:
        outputs, scores, backprop = training_pass(self._graph, batch.inputs, self._fused)
        losses, dys = self._losses(batch, scores)
        total = self._total(losses)
        _, gradients = backprop(dys, False)
        self._update(gradients)
        return StepResult(total, losses, outputs if wants_outputs else [])

    def _losses(
        self, batch: Batch, scores: Sequence[FloatArray]
    ) -> tuple[list[float], list[FloatArray | None]]:
        """Return the loss of each output, and the gradients of their weighted sum."""
        losses: list[float] = []
        gradients: list[FloatArray | None] = []
        for i, loss in enumerate(self._compiled.losses):
            value, gradient, target = 0.0, None, batch.targets[i]
            if loss is not None and target is not None:
                value, gradient = loss.value_and_gradient(
                    target, scores[i], batch.weights[i], self._compiled.loss_weights[i]
                )
            losses.append(value)
            gradients.append(gradient)
        return losses, gradients

    def _total(self, losses: Sequence[float]) -> float:
        """Return the weighted sum of the losses plus the model's penalties, before the update."""
        total = 0.0
        for weight, loss in zip(self._compiled.loss_weights, losses, strict=True):
            total += weight * loss
        for penalty in self._model.losses:
            total += penalty
        return total

    def _update(self, found: dict[Weight, FloatArray]) -> None:
        """Add the gradients of the penalties, update the weights and apply their constraints."""
        gradients = []
        for weight in self._trainable:
            gradient = found[weight] if weight in found else np.zeros_like(weight.value)
            if weight.regularizer is not None:
                gradient = gradient + regularizers.gradient_of(weight.regularizer, weight.value)
            gradients.append(gradient)
        assert self._optimizer is not None
        self._optimizer.apply(gradients, [weight.value for weight in self._trainable])
        self._model.apply_constraints()
