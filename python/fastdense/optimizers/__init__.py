"""Optimizers, with the definitions of `keras.optimizers`.

An optimizer updates arrays in place::

    optimizer = Adam(1e-3)
    optimizer.build(layer.trainable_weights)
    optimizer.apply(layer.gradients)

Weight decay is decoupled from the gradient in all of them, and applied before the update.
Coefficients are computed in double.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastdense._registry import Registry
from fastdense.optimizers import schedules
from fastdense.optimizers.adagrad import Adagrad
from fastdense.optimizers.adam import Adam, AdamW
from fastdense.optimizers.adamax import Adamax
from fastdense.optimizers.base import Optimizer
from fastdense.optimizers.nadam import Nadam
from fastdense.optimizers.rmsprop import RMSprop
from fastdense.optimizers.sgd import SGD

if TYPE_CHECKING:
    from fastdense._typing import Config

_registry: Registry[Optimizer] = Registry("optimizer", "keras.optimizers")
_NAMES = {cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adam, AdamW, Adagrad, Adamax, Nadam)}
for _lower, _class in _NAMES.items():
    _registry.register(_class, _lower)

serialize = _registry.serialize


def deserialize(
    config: Config | str, custom_objects: Mapping[str, Callable[..., Any]] | None = None
) -> Optimizer:
    """Return the optimizer that `serialize` described; names are case-insensitive.

    Raises
    ------
    ValueError
        If it is no config, or names something that is neither known nor in `custom_objects`.
    """

    def registered(name: Any) -> Any:
        is_own = isinstance(name, str) and name not in (custom_objects or ())
        return name.lower() if is_own and name.lower() in _NAMES else name

    if isinstance(config, str):
        config = registered(config)
    elif isinstance(config, dict) and "class_name" in config:
        config = {**config, "class_name": registered(config["class_name"])}
        arguments = config.get("config")
        if isinstance(arguments, dict) and isinstance(arguments.get("learning_rate"), dict):
            rate = schedules.deserialize(arguments["learning_rate"], custom_objects)
            config["config"] = {**arguments, "learning_rate": rate}
    found = _registry.deserialize(config, custom_objects)
    if found is None:
        raise ValueError(f"Expected the config of an optimizer. Received: {config}")
    return found


def get(identifier: Any) -> Optimizer | None:
    """Return the optimizer that a name or config stands for, or the instance itself.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str | dict):
        found = deserialize(identifier)
        if isinstance(found, Optimizer):
            return found
    raise ValueError(
        f"Could not interpret optimizer identifier: {identifier}. Expected a name, a config or an "
        "instance of Optimizer"
    )


__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
