"""Running means of losses, and metrics, over the batches of an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastdense.models.arrays import unpacked

if TYPE_CHECKING:
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Batch, StepResult

Report: TypeAlias = Any
"""The loss alone, with metrics in a list, or all in a dict by name: what was asked for."""


class Tracker:
    """What logs are made of.

    The mean of the losses weighs each batch by its size.

    Attributes
    ----------
    wants_outputs
        Whether steps shall return predictions, for metrics.
    names
        The keys of the logs, in the order in which `evaluate` lists them.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._metrics = compiled.metrics
        self.wants_outputs = bool(self._metrics)
        with_loss = [i for i, loss in enumerate(compiled.losses) if loss is not None]
        self._tracked = with_loss if len(with_loss) > 1 else []
        self._loss_names = ["loss", *(f"{compiled.names[i]}_loss" for i in self._tracked)]
        metric_names = [logged.name for logged in self._metrics]
        if len(compiled.names) > 1:
            metric_names.sort()
        self.names = self._loss_names + metric_names
        self.reset()

    def reset(self) -> None:
        """Start anew."""
        self._rows = 0
        self._loss = 0.0
        self._losses = [0.0] * len(self._tracked)
        for logged in self._metrics:
            logged.metric.reset_state()

    def update(self, batch: Batch, result: StepResult) -> None:
        """Take in what a step found for a batch."""
        rows = len(batch.inputs[0] if batch.rows is None else batch.rows)
        self._rows += rows
        self._loss += result.loss * rows
        for i, output in enumerate(self._tracked):
            self._losses[i] += result.losses[output] * rows
        if self._metrics:
            self._update_metrics(batch, result)

    def logs(self) -> dict[str, float]:
        """Return the values so far, by name in alphabetical order, as Keras has them."""
        rows = max(self._rows, 1)
        losses = (loss / rows for loss in (self._loss, *self._losses))
        values = dict(zip(self._loss_names, losses, strict=True))
        for logged in self._metrics:
            values[logged.name] = float(logged.metric.result())
        return dict(sorted(values.items()))

    def values(self) -> Report:
        """Return the values so far in the order of `names`; the only one if there are no others."""
        logs = self.logs()
        return unpacked([logs[name] for name in self.names])

    def report(self, batch: Batch, result: StepResult, as_dict: bool) -> Report:
        """Return what a step found, of its batch alone."""
        if len(self.names) == 1 and not as_dict:
            return result.loss
        self.reset()
        self.update(batch, result)
        return self.logs() if as_dict else self.values()

    def _update_metrics(self, batch: Batch, result: StepResult) -> None:
        for logged in self._metrics:
            i = logged.output
            target, weight = batch.targets[i], batch.weights[i] if logged.weighted else None
            if batch.rows is not None:
                target = None if target is None else np.take(target, batch.rows, axis=0)
                weight = None if weight is None else np.take(weight, batch.rows, axis=0)
            logged.metric.update_state(target, result.outputs[i], weight)
