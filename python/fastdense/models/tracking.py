"""Running means of losses, and metrics, over the batches of an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fastdense.models.arrays import unpacked
from fastdense.models.lending import Loan

if TYPE_CHECKING:
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Batch, StepResult

Report: TypeAlias = Any
"""The loss alone, with metrics in a list, or all in a dict by name: what was asked for."""


class Tracker:
    """What logs are made of: the losses and metrics of a compiled model, by name.

    Attributes
    ----------
    metrics, objects, ids
        Those of all outputs; the objects that add up their batches; the ids of these.
    wants_outputs
        Whether steps shall return predictions, for metrics.
    outputs
        The numbers of the outputs whose losses are listed: those with one, if there are several.
    loss_names, names
        The keys of the losses, and of all logs, in the order in which `evaluate` lists them.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.metrics = compiled.metrics
        self.objects = [logged.metric for logged in self.metrics]
        self.ids = frozenset(map(id, self.objects))
        self.wants_outputs = bool(self.metrics)
        with_loss = [i for i, loss in enumerate(compiled.losses) if loss is not None]
        self.outputs = with_loss if len(with_loss) > 1 else []
        self.loss_names = ["loss", *(f"{compiled.names[i]}_loss" for i in self.outputs)]
        metric_names = [logged.name for logged in self.metrics]
        if len(compiled.names) > 1:
            metric_names.sort()
        self.names = self.loss_names + metric_names

    def values(self, logs: dict[str, float]) -> Report:
        """Return the values of `logs` in the order of `names`; the only one if it is alone."""
        return unpacked([logs[name] for name in self.names])

    def report(self, batch: Batch, result: StepResult, as_dict: bool) -> Report:
        """Return what a step found, of its batch alone."""
        if len(self.names) == 1 and not as_dict:
            return result.loss
        with Totals(self) as totals:
            totals.reset()
            totals.update(batch, result)
            logs = totals.logs()
        return logs if as_dict else self.values(logs)


class Totals:
    """What a loop adds up from each `reset` on, within a ``with`` that lends it the metrics.

    The mean of the losses weighs each batch by its size.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.wants_outputs = tracker.wants_outputs
        self._tracker = tracker

    def __enter__(self) -> Totals:
        self._loan = Loan(self._tracker.objects, self._tracker.ids)
        return self

    def __exit__(self, *raised: object) -> None:
        self._loan.give_back()

    def reset(self) -> None:
        """Start anew."""
        self._rows = 0
        self._loss = 0.0
        self._losses = [0.0] * len(self._tracker.outputs)
        for metric in self._loan.metrics:
            metric.reset_state()

    def update(self, batch: Batch, result: StepResult) -> None:
        """Take in what a step found for a batch."""
        rows = len(batch.inputs[0] if batch.rows is None else batch.rows)
        self._rows += rows
        self._loss += result.loss * rows
        for i, output in enumerate(self._tracker.outputs):
            self._losses[i] += result.losses[output] * rows
        if self.wants_outputs:
            self._update_metrics(batch, result)

    def logs(self) -> dict[str, float]:
        """Return the values so far, by name in alphabetical order, as Keras has them."""
        rows = max(self._rows, 1)
        losses = (loss / rows for loss in (self._loss, *self._losses))
        values = dict(zip(self._tracker.loss_names, losses, strict=True))
        for logged, metric in zip(self._tracker.metrics, self._loan.metrics, strict=True):
            values[logged.name] = float(metric.result())
        return dict(sorted(values.items()))

    def _update_metrics(self, batch: Batch, result: StepResult) -> None:
        for logged, metric in zip(self._tracker.metrics, self._loan.metrics, strict=True):
            i = logged.output
            target, weight = batch.targets[i], batch.weights[i] if logged.weighted else None
            if batch.rows is not None:
                target = None if target is None else np.take(target, batch.rows, axis=0)
                weight = None if weight is None else np.take(weight, batch.rows, axis=0)
            metric.update_state(target, result.outputs[i], weight)
