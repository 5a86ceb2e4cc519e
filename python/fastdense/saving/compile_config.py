"""The arguments of `compile` as JSON values, and back.

Losses and metrics come alone, or in lists and dicts of the outputs, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastdense import losses, metrics, optimizers

if TYPE_CHECKING:
    from fastdense._typing import Config

_CONFIG_KEYS = {"module", "class_name", "config", "registered_name"}

# How each argument is written and read; the others are JSON values as they are.
_SERIALIZERS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "optimizer": (optimizers.serialize, optimizers.deserialize),
    "loss": (losses.serialize, losses.deserialize),
    "metrics": (metrics.serialize, metrics.deserialize),
    "weighted_metrics": (metrics.serialize, metrics.deserialize),
}


def describe(arguments: Config) -> Config:
    """Return the keyword arguments of a call of `compile` as JSON values."""
    described = dict(arguments)
    for name, (serialize, _) in _SERIALIZERS.items():
        described[name] = _map(described[name], serialize)
    return described


def understand(described: Config) -> Config:
    """Return the keyword arguments that `describe` was given."""
    arguments = dict(described)
    for name, (_, deserialize) in _SERIALIZERS.items():
        arguments[name] = _map(arguments[name], deserialize)
    return arguments


def _map(value: Any, function: Callable[[Any], Any]) -> Any:
    """Return `value` with `function` of all that isn't a name, a list or a dict of such."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return [_map(part, function) for part in value]
    if isinstance(value, dict) and value.keys() != _CONFIG_KEYS:
        return {name: _map(part, function) for name, part in value.items()}
    return function(value)
