"""activations.get, serialize, deserialize: names, aliases, configured functions, errors."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np
import pytest

import cases
from fastdense import activations, initializers, layers

NAMES = sorted({case.name for case in cases.ALL_CASES})


@pytest.mark.parametrize("name", NAMES)
def test_activation_name_round_trips_through_get_and_serialize(name: str) -> None:
    function = getattr(activations, name)
    assert activations.get(name) is function
    assert activations.get(function) is function
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function


def test_activation_aliases_are_the_same_function() -> None:
    assert activations.swish is activations.silu
    assert activations.hard_swish is activations.hard_silu
    assert activations.get("swish") is activations.silu
    assert activations.get("hard_swish") is activations.hard_silu
    assert activations.serialize(activations.swish) == "silu"


def test_activation_get_returns_linear_when_none() -> None:
    assert activations.get(None) is activations.linear


def test_activation_get_returns_callables_unchanged() -> None:
    bound = functools.partial(activations.relu, max_value=6.0)
    assert activations.get(bound) is bound
    assert activations.get(len) is len


@pytest.mark.parametrize("name", ["foo", "ReLU", ""])
def test_activation_get_refuses_unknown_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"activation.*{name}"):
        activations.get(name)


@pytest.mark.parametrize("value", [3, 2.5, ("relu",)])
def test_activation_get_refuses_what_is_no_activation(value: object) -> None:
    with pytest.raises((TypeError, ValueError), match="activation"):
        activations.get(value)


def relu(x: Any) -> Any:
    """Not ours, but for its name."""
    return x * 0 + 7


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __call__(self, x: Any) -> Any:
        return x * 2


@pytest.mark.parametrize("function", [relu, np.tanh, Unhashable()], ids=["relu", "tanh", "object"])
def test_activation_of_someone_else_is_read_back_by_custom_objects_only(function: Any) -> None:
    config = json.loads(json.dumps(activations.serialize(function)))
    with pytest.raises(ValueError, match="custom_objects"):
        activations.deserialize(config)
    assert activations.deserialize(config, {config["config"]: function}) is function
    assert layers.Dense(2, activation=function).get_config()["activation"] == config


def test_class_of_someone_else_is_read_back_by_custom_objects_only() -> None:
    class HeNormal(initializers.Zeros):
        pass

    config = initializers.serialize(HeNormal())
    with pytest.raises(ValueError, match="custom_objects"):
        initializers.deserialize(config)
    assert type(initializers.deserialize(config, {"HeNormal": HeNormal})) is HeNormal
