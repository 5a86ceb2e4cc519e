"""Whole models: architecture, weights, and the state of their training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastdense import layers
from fastdense._registry import custom_object_scope
from fastdense.layers.loading import Allowance, loading
from fastdense.models.model import Model
from fastdense.saving import container, layout, strict_json, training
from fastdense.saving.atomic import replacing
from fastdense.saving.destination import checked, checked_new
from fastdense.saving.errors import FileFormatError, understanding
from fastdense.saving.paths import check_each_layer_has_one_place, weights_by_path
from fastdense.saving.weights import copy_into

if TYPE_CHECKING:
    from fastdense.saving.destination import StrPath

# Of what layers, initializers, ... are described by: some 40 models within models.
MOST_LEVELS = 128

METRIC_BYTES = 2**24  # of all the metrics that a model is compiled with


def save_model(model: Model, filepath: StrPath, overwrite: bool = True) -> None:
    """Save a model to a file: architecture, weights, and the state of its training.

    What it was compiled with, the optimizer's variables, and the seeds of Dropout and of shuffling
    are all there, so that training goes on from the file as if it had never stopped. The state of
    metrics and callbacks is not. The file is replaced as a whole or not at all; see
    `fastdense.saving.atomic`.

    Parameters
    ----------
    model
        The model. What isn't of this library in it, such as a layer of your own, is saved by its
        name and what its `get_config` returns.
    filepath
        A file name; it may end in ``.safetensors``, whose format the file has.
    overwrite
        False to raise if there is something at `filepath`.

    Raises
    ------
    ValueError, TypeError
        If `filepath` ends in ``.keras``, ``.h5`` or ``.hdf5``, a config holds what JSON lacks, or
        two models in this one have a layer in common.
    FileExistsError
        If there is something at `filepath` and `overwrite` is False.
    """
    target = checked_new(filepath, overwrite)
    check_each_layer_has_one_place(model)
    contents = _describe(model)
    with replacing(target) as file:
        container.write(file, contents)


def load_model(
    filepath: StrPath,
    custom_objects: Mapping[str, Callable[..., Any]] | None = None,
    compile: bool = True,  # noqa: A002  # Keras' name
) -> Model:
    """Return the model that `save_model` saved.

    Nothing that a file names is ever imported: names stand for what this library has, and for what
    you pass in `custom_objects`. The memory that loading takes is bounded by the file's size.

    Parameters
    ----------
    filepath
        The file.
    custom_objects
        Your own layers, losses, activations, ... by their names.
    compile
        False to leave out what the model was compiled with, and its optimizer's state.

    Raises
    ------
    FileFormatError
        If the file is damaged or of another kind, or names what isn't in `custom_objects`.
    ValueError
        If `filepath` ends in ``.keras``, ``.h5`` or ``.hdf5``.
    OSError
        If the file can't be read.
    """
    source = checked(filepath)
    with understanding(source), custom_object_scope(custom_objects):
        contents = container.read(source)
        with loading(_allowance(contents)):
            return _understand(contents, compile)


def _describe(model: Model) -> container.Contents:
    state, variables = training.describe(model)
    architecture = strict_json.encode(
        layers.serialize(model), f"the config of model '{model.name}'", MOST_LEVELS
    )
    if _calls(model) > _most_calls(architecture):
        raise ValueError(
            f"Model '{model.name}' can't be saved as a whole: models in it call models so many "
            "times that its file would describe a network out of all proportion to its size"
        )
    metadata = {
        **layout.IDENTITY,
        layout.ARCHITECTURE: architecture,
        layout.TRAINING: strict_json.encode(
            state, f"what model '{model.name}' was compiled with", MOST_LEVELS
        ),
    }
    weights = {path: weight.value for path, weight in weights_by_path(model).items()}
    arrays = {
        **layout.prefixed(layout.WEIGHTS, weights),
        **layout.prefixed(layout.OPTIMIZER, variables),
    }
    return container.Contents(metadata, arrays)


def _understand(contents: container.Contents, compiled: bool) -> Model:
    weights = layout.arrays_of(contents, layout.WEIGHTS)
    described = {
        key: strict_json.decode(text, f"the {key}", MOST_LEVELS)
        for key, text in contents.metadata.items()
        if key in (layout.ARCHITECTURE, layout.TRAINING)
    }
    if not described:
        raise FileFormatError("it holds weights alone: make the model and call its `load_weights`")
    model = layers.deserialize(described[layout.ARCHITECTURE])
    if not isinstance(model, Model):
        raise FileFormatError(f"expected a model. Received: {model}")
    copy_into(model, weights)
    variables = layout.arrays_of(contents, layout.OPTIMIZER)
    training.restore(model, described[layout.TRAINING], variables, compiled)
    return model


def _allowance(contents: container.Contents) -> Allowance:
    """Return how much memory the content of a file may ask for."""
    size = sum(array.nbytes for array in contents.arrays.values())
    architecture = contents.metadata.get(layout.ARCHITECTURE, "")
    return Allowance(size, size + METRIC_BYTES, _most_calls(architecture))


def _most_calls(architecture: str) -> int:
    """Return how many calls of layers a network and those in it may have for its description.

    A call that isn't part of a model which is itself called again takes a hundred characters.
    """
    return len(architecture)


def _calls(model: Model) -> int:
    """Return how many calls of layers loading a model will count, for it and those in it."""
    own = 0 if model._graph is None else len(model._graph.nodes)
    inner = dict.fromkeys(layer for layer in model.layers if isinstance(layer, Model))
    return own + sum(map(_calls, inner))
