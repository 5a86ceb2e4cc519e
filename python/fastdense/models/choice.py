"""Who runs a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdense.models import native
from fastdense.models.layerwise import LayerwiseExecution

if TYPE_CHECKING:
    from fastdense.models.compiled import Compiled
    from fastdense.models.execution import Execution
    from fastdense.models.feeding import Fed


def choose(model: Fed, compiled: Compiled) -> Execution:
    """Return the fastest execution that knows every part of a built `model`."""
    lowered = None if compiled.run_eagerly else native.lower(model, compiled)
    return LayerwiseExecution(model, compiled) if lowered is None else lowered
