"""Who runs a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense.models import native
from fastdense.models.layerwise import LayerwiseExecution

if TYPE_CHECKING:
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Execution
    from fastdense.models.feeding import Fed


def choose(model: Fed, compiled: Compiled | None) -> Execution:
    """Return the fastest execution that knows every part of a built `model`.

    Without `compiled` it can only predict.
    """
    if compiled is None or not compiled.run_eagerly:
        lowered = native.lower(model, compiled)
        if lowered is not None:
            return lowered
    return LayerwiseExecution(model, compiled)
