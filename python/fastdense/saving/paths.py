"""What the weights of a model are called in a file: ``dense/kernel``, ``encoder/dense_1/bias``.

Models built by the same code have the same paths, whatever was built before them in the process:
names that were made from a class are counted anew within each model, ``dense``, ``dense_1``, ... in
the order of its layers. A name that was given stays as it is.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastdense._naming import to_snake_case
from fastdense.layers import Layer
from fastdense.models.model import Model

if TYPE_CHECKING:
    from fastdense.layers.weights import Weight


def layers_by_path(model: Model) -> dict[str, Layer]:
    """Return the layers of a model and of those within it, without these, each once."""
    found: dict[Layer, str] = {}
    for path, layer in _walk(model, ""):
        found.setdefault(layer, path)
    return {path: layer for layer, path in found.items()}


def weights_by_path(model: Model) -> dict[str, Weight]:
    """Return the weights of a model, each once."""
    return {
        f"{path}/{name}": weight
        for path, layer in layers_by_path(model).items()
        for name, weight in layer._weights.items()
    }


def check_each_layer_has_one_place(model: Model) -> None:
    """Raise ValueError if two of the models within a model have a layer in common.

    A config describes such a layer in both places; nothing says there that it is but one.
    """
    places: dict[Layer, str] = {}
    for path, layer in _walk(model, ""):
        if places.setdefault(layer, path) != path:
            raise ValueError(
                f"Model '{model.name}' can't be saved as a whole: layer '{layer.name}' belongs to "
                f"two of the models in it, as {places[layer]!r} and {path!r}. Its weights can, by "
                "`save_weights`."
            )


def _walk(model: Model, prefix: str) -> Iterator[tuple[str, Layer]]:
    layers = list(dict.fromkeys(model.layers))
    for name, layer in zip(_names(layers), layers, strict=True):
        if isinstance(layer, Model):
            yield from _walk(layer, f"{prefix}{name}/")
        else:
            yield prefix + name, layer


def _names(layers: list[Layer]) -> list[str]:
    """Return different names for `layers`: their own, or newly counted ones."""
    taken = {layer.name for layer in layers if not _is_automatic(layer)}
    counts: dict[str, Iterator[int]] = defaultdict(itertools.count)
    names = []
    for layer in layers:
        name = layer.name
        if _is_automatic(layer):
            prefix = _prefix(layer)
            counted = (f"{prefix}_{i}" if i else prefix for i in counts[prefix])
            name = next(candidate for candidate in counted if candidate not in taken)
        names.append(name)
    return names


def _is_automatic(layer: Layer) -> bool:
    return re.fullmatch(rf"{re.escape(_prefix(layer))}(_\d+)?", layer.name) is not None


def _prefix(layer: Layer) -> str:
    """Return what names begin with that are made from a layer's class."""
    return "functional" if type(layer) is Model else to_snake_case(type(layer).__name__)
