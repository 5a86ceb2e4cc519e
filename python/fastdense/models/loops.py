"""The loops over batches: an epoch of training, a test, predictions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from fastdense.models.arrays import unpacked
from fastdense.models.iterables import warn_out_of_data

if TYPE_CHECKING:
    from fastdense._typing import FloatArray
    from fastdense.callbacks import CallbackList
    from fastdense.models.data import Source
    from fastdense.models.execution import Batch
    from fastdense.models.interrupts import InterruptsBetweenSteps
    from fastdense.models.tracking import Totals
    from fastdense.models.trainer import Trainer


def train(
    model: Trainer,
    batches: Iterable[Batch],
    totals: Totals,
    callbacks: CallbackList,
    interrupts: InterruptsBetweenSteps,
) -> int:
    """Train for one epoch, and return the number of its batches."""
    totals.reset()
    wants_outputs = totals.wants_outputs
    hooked = callbacks.has_train_batch_hooks
    step = 0
    for batch in batches:
        if hooked:
            callbacks.on_train_batch_begin(step)
        execution = model._ready_again().training
        interrupts.in_step = True
        result = execution.train(batch, wants_outputs)
        interrupts.check()
        totals.update(batch, result)
        if hooked:
            callbacks.on_train_batch_end(step, totals.logs)
        step += 1
        if model.stop_training:
            break
    return step


def test(
    model: Trainer,
    source: Source,
    steps: int | None,
    totals: Totals,
    callbacks: CallbackList,
) -> dict[str, float]:
    """Return the logs of a test on `steps` batches, or on all if that is None."""
    model.stop_evaluating = False
    hooked = callbacks.has_test_batch_hooks
    callbacks.on_test_begin()
    totals.reset()
    missing = steps or 1
    for step, batch in enumerate(itertools.islice(source, steps)):
        if hooked:
            callbacks.on_test_batch_begin(step)
        totals.update(batch, model._ready_again().testing.test(batch, totals.wants_outputs))
        if hooked:
            callbacks.on_test_batch_end(step, totals.logs)
        missing -= 1
        if model.stop_evaluating:
            break
    else:
        if missing > 0:
            warn_out_of_data()
    logs = totals.logs()
    callbacks.on_test_end(logs)
    return logs


def predict(
    model: Trainer, source: Source, steps: int | None, callbacks: CallbackList
) -> list[FloatArray]:
    """Return the predictions for `steps` batches, or for all if that is None."""
    model.stop_predicting = False
    hooked = callbacks.has_predict_batch_hooks
    parts: list[list[FloatArray]] = []
    callbacks.on_predict_begin()
    for batch in itertools.islice(source, steps):
        if hooked:
            callbacks.on_predict_batch_begin(len(parts))
        outputs = model._run(batch.inputs)
        parts.append(outputs)
        if hooked:
            callbacks.on_predict_batch_end(len(parts) - 1, {"outputs": unpacked(outputs)})
        if model.stop_predicting:
            break
    callbacks.on_predict_end()
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
