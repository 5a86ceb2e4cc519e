"""All that training goes on from, but for the weights: so that it does, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastdense._random import SeedStream
from fastdense.saving import compile_config
from fastdense.saving.errors import FileFormatError
from fastdense.saving.paths import layers_by_path, weights_by_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdense._typing import Config
    from fastdense.models import Model
    from fastdense.optimizers import Optimizer

Arrays = Mapping[str, "NDArray[Any]"]


def describe(model: Model) -> tuple[Config, Arrays]:
    """Return the state of a model's training, as JSON values and as arrays by name."""
    arguments = model._arguments
    described: Config = {
        "seeds": {path: _of_stream(s) for path, s in _seed_streams(model).items()},
        "compile": None,
        "optimizer": None,
    }
    arrays: Arrays = {}
    if arguments is not None:
        described["compile"] = compile_config.describe(arguments._asdict())
        if arguments.optimizer.built:
            described["optimizer"], arrays = _describe_optimizer(model, arguments.optimizer)
    return described, arrays


def restore(model: Model, described: Config, arrays: Arrays, compiled: bool) -> None:
    """Give a model the state that `describe` returned; only its seeds unless `compiled`."""
    streams = _seed_streams(model)
    if described["seeds"].keys() != streams.keys():
        raise FileFormatError(
            f"expected seeds for {sorted(streams)}. Received: {sorted(described['seeds'])}"
        )
    for path, (seed, counter) in described["seeds"].items():
        if type(seed) is not int or type(counter) is not int:
            raise FileFormatError(f"the seed of {path!r} isn't an integer")
        streams[path].seed, streams[path].counter = seed, counter
    if compiled and described["compile"] is not None:
        model.compile(**compile_config.understand(described["compile"]))
        if model.optimizer is not None and described["optimizer"] is not None:
            _restore_optimizer(model, model.optimizer, described["optimizer"], arrays)


def _seed_streams(model: Model) -> dict[str, SeedStream]:
    """Return all that random numbers of training come from, by path; the model's own is ""."""
    streams = {"": model._shuffle_seeds}
    for path, layer in layers_by_path(model).items():
        stream = getattr(layer, "_seeds", None)
        if isinstance(stream, SeedStream):
            streams[path] = stream
    return streams


def _of_stream(stream: SeedStream) -> tuple[int, int]:
    return stream.seed, stream.counter


def _describe_optimizer(model: Model, optimizer: Optimizer) -> tuple[Config, Arrays]:
    """Return which weights an optimizer was built for, in their order, and its variables."""
    paths = {id(weight.value): path for path, weight in weights_by_path(model).items()}
    weights = optimizer._weights
    if not all(id(weight) in paths for weight in weights):
        raise ValueError(
            f"Model '{model.name}' can't be saved: its optimizer was built for weights that it "
            "doesn't have. Compile it again."
        )
    described = {
        "weights": [paths[id(weight)] for weight in weights],
        "decays": [optimizer.decays(i) for i in range(len(weights))],
    }
    return described, {str(i): variable for i, variable in enumerate(optimizer.variables)}


def _restore_optimizer(
    model: Model, optimizer: Optimizer, described: Config, arrays: Arrays
) -> None:
    weights = weights_by_path(model)
    values = [weights[path].value for path in described["weights"]]
    decays = zip(values, described["decays"], strict=True)
    optimizer.exclude_from_weight_decay([value for value, decay in decays if not decay])
    optimizer.build(values)
    optimizer.set_weights([arrays[str(i)] for i in range(len(arrays))])
