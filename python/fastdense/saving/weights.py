"""The weights of a model alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense._warn import warn
from fastdense.saving import container, layout
from fastdense.saving.atomic import replacing
from fastdense.saving.destination import checked, checked_new
from fastdense.saving.errors import understanding
from fastdense.saving.paths import weights_by_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense.layers.weights import Weight
    from fastdense.models import Model
    from fastdense.saving.destination import StrPath


def save_weights(model: Model, filepath: StrPath, overwrite: bool = True) -> None:
    """Save the weights of a built model to a file of the safetensors format.

    Raises
    ------
    ValueError
        If the model isn't built, or `filepath` ends in ``.h5``, ``.hdf5`` or ``.keras``.
    FileExistsError
        If there is something at `filepath` and `overwrite` is False.
    """
    target = checked_new(filepath, overwrite)
    if not model.built:
        raise ValueError(f"Model '{model.name}' has no weights to be saved: it isn't built yet.")
    weights = {path: weight.value for path, weight in weights_by_path(model).items()}
    arrays = layout.prefixed(layout.WEIGHTS, weights)
    with replacing(target) as file:
        container.write(file, container.Contents(layout.IDENTITY, arrays))


def load_weights(model: Model, filepath: StrPath, skip_mismatch: bool = False) -> None:
    """Load what `save_weights`, or `save_model`, saved; all weights or, after an error, none.

    Each goes to the weight of its path: see `fastdense.saving.paths`.

    Parameters
    ----------
    model
        A built model.
    filepath
        The file.
    skip_mismatch
        Whether to leave weights alone, with a warning, of which the file has none, or one of
        another shape; and those of the file that the model lacks.

    Raises
    ------
    FileFormatError
        If the file is damaged or of another kind.
    ValueError
        If paths, shapes or dtypes of the weights differ and `skip_mismatch` is False.
    """
    source = checked(filepath)
    with understanding(source):
        found = layout.arrays_of(container.read(source), layout.WEIGHTS)
    skipped = copy_into(model, found, skip_mismatch)
    if skipped:
        warn(f"Some weights were not loaded from {source}: {skipped}")


def copy_into(model: Model, found: Mapping[str, NDArray[Any]], skip_mismatch: bool = False) -> str:
    """Copy arrays into the weights of the same paths, and return what was skipped.

    Raises
    ------
    ValueError
        If paths, shapes or dtypes differ and `skip_mismatch` is False; no weight changes then.
    """
    targets = weights_by_path(model)
    problems = _differences(targets, found)
    if problems and not skip_mismatch:
        raise ValueError(
            f"weights don't fit the model '{model.name}': {'; '.join(problems.values())}"
        )
    for path, array in found.items():
        if path not in problems:
            np.copyto(targets[path].value, array, casting="same_kind")
    return "; ".join(problems.values())


def _differences(
    targets: Mapping[str, Weight], found: Mapping[str, NDArray[Any]]
) -> dict[str, str]:
    """Return what is wrong with each path that isn't in both or has arrays that differ."""
    problems = {path: f"the file has no {path!r}" for path in targets if path not in found}
    for path, array in found.items():
        if path not in targets:
            problems[path] = f"the model has no {path!r}"
            continue
        value = targets[path].value
        if array.shape != value.shape:
            problems[path] = (
                f"{path!r} has shape {value.shape} in the model, {array.shape} in the file"
            )
        elif not np.can_cast(array.dtype, value.dtype, "same_kind"):
            problems[path] = f"{path!r} is of {value.dtype} in the model, {array.dtype} in the file"
    return problems
