"""Names in configs stand for objects of the library, or for those that the caller hands in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastdense import activations, initializers, layers, losses, optimizers
from fastdense._registry import custom_object_scope


def cube(x: Any) -> Any:
    return x**3


class Tripled(layers.Dense):
    def call(self, inputs: Any) -> Any:
        return 3 * super().call(inputs)


def test_custom_objects_reach_configs_within_configs() -> None:
    config = layers.serialize(Tripled(2, activation=cube))
    with pytest.raises(ValueError, match="Tripled"):
        layers.deserialize(config)
    with pytest.raises(ValueError, match="cube"):
        layers.deserialize(config, {"Tripled": Tripled})
    with custom_object_scope({"Tripled": Tripled, "cube": cube}):
        layer = layers.deserialize(config)
    assert isinstance(layer, Tripled) and layer.activation is cube


def test_custom_objects_have_names() -> None:
    with custom_object_scope({"cube": cube}):
        assert activations.get("cube") is cube
    with pytest.raises(ValueError, match="cube"):
        activations.get("cube")


def test_custom_objects_come_before_those_of_the_library() -> None:
    with custom_object_scope({"relu": cube, "Dense": Tripled}):
        assert activations.get("relu") is cube
        assert isinstance(layers.deserialize(layers.serialize(layers.Dense(2))), Tripled)
    assert activations.get("relu") is activations.relu


def test_custom_objects_of_scopes_within_scopes_add_up() -> None:
    with custom_object_scope({"a": cube, "b": cube}):
        with custom_object_scope({"b": np.square}):
            assert activations.get("a") is cube and activations.get("b") is np.square
        assert activations.get("b") is cube


def test_custom_objects_are_gone_after_an_error() -> None:
    with pytest.raises(ValueError, match="unknown"), custom_object_scope({"cube": cube}):
        activations.get("unknown")
    with pytest.raises(ValueError, match="cube"):
        activations.get("cube")


@pytest.mark.parametrize("module", ["os", "builtins.os", "fastdense.os", None])
@pytest.mark.parametrize("name", ["system", "os.system", "__import__", "eval", "Registry"])
def test_names_are_never_imported(module: str | None, name: str) -> None:
    config = {"module": module, "class_name": name, "config": {}, "registered_name": name}
    for deserialize in (layers.deserialize, activations.deserialize, initializers.deserialize):
        with pytest.raises(ValueError, match="Could not interpret"):
            deserialize(config)
        with pytest.raises(ValueError, match="Could not interpret"):
            deserialize({**config, "class_name": "function", "config": name})


@pytest.mark.parametrize(
    "module", [activations, layers, losses, optimizers], ids=lambda m: m.__name__
)
@pytest.mark.parametrize(
    "config",
    [
        5,
        [1],
        {"a": 1},
        {"class_name": 3, "config": {}},
        *({"class_name": "SGD", "config": arguments} for arguments in (7, 0, [], "")),
    ],
)
def test_what_is_no_config_is_refused(module: Any, config: Any) -> None:
    with pytest.raises(ValueError, match="Expected a config with a"):
        module.deserialize(config)


def test_none_is_no_optimizer() -> None:
    nothing: Any = None
    with pytest.raises(ValueError, match="Received: None"):
        optimizers.deserialize(nothing)
