"""Who runs a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense.models import native
from fastdense.models.layerwise import LayerwiseExecution

if TYPE_CHECKING:
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Execution
    from fastdense.models.feeding import Fed
    from fastdense.optimizers import Optimizer


def choose(model: Fed, compiled: Compiled, optimizer: Optimizer | None) -> Execution:
    """Return the fastest execution that knows every part of a built `model`.

    `optimizer` makes the steps of training, and is built; None where there are only tests.
    """
    lowered = None if compiled.run_eagerly else native.lower(model, compiled, optimizer)
    return LayerwiseExecution(model, compiled, optimizer) if lowered is None else lowered
