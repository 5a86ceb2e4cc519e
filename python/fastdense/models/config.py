"""Networks as configs of JSON values, in Keras' layout, and back.

A tensor is named by the layer that makes it, the number of the layer's call among those of the
network, and the number of the output: ``["dense", 0, 0]``. Operators have their operands for
arguments; layers of several inputs have one list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense import layers
from fastdense.layers import Layer
from fastdense.layers.merge import Merge
from fastdense.models.members import Network

if TYPE_CHECKING:
    from fastdense._typing import Config
    from fastdense.layers.symbolic import Node, SymbolicTensor
    from fastdense.models.topology import Topology


def to_config(topology: Topology) -> Config:
    """Return the layers of a network and their calls."""
    return {
        "layers": [
            {
                **_serialized(layer),
                "name": layer.name,
                "inbound_nodes": [
                    _call_config(node, topology) for node in topology.calls[layer] if node.inputs
                ],
            }
            for layer in topology.layers
        ],
        "input_layers": _ends(topology.inputs, topology),
        "output_layers": _ends(topology.outputs, topology),
    }


def tensors_from_config(config: Config) -> tuple[list[SymbolicTensor], list[SymbolicTensor]]:
    """Return the inputs and outputs of the network that `to_config` described.

    Raises
    ------
    ValueError
        If the config lacks something, names a class that isn't known, or calls a layer on what no
        call makes.
    """
    try:
        found = {
            data["name"]: (layer_from_config(data), list(data["inbound_nodes"]))
            for data in config["layers"]
        }
        revived = {name: layer for name, (layer, _) in found.items()}
        pending = {name: calls for name, (_, calls) in found.items()}
        while any(pending.values()):
            before = sum(map(len, pending.values()))
            for name, calls in pending.items():
                while calls and _call(revived[name], calls[0], revived):
                    del calls[0]
            if sum(map(len, pending.values())) == before:
                raise ValueError(
                    "Invalid Functional model configuration. The graph either has loops or "
                    f"disconnected nodes: {[name for name in pending if pending[name]]}"
                )
        inputs, outputs = (
            [_end(place, revived) for place in _places(config[key])]
            for key in ("input_layers", "output_layers")
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(
            f"Invalid Functional model configuration: {type(error).__name__}: {error}"
        ) from error
    return inputs, outputs


def layer_from_config(config: Config) -> Layer:
    """Return the layer, or nested model, of a config; ValueError if it is of something else."""
    layer = layers.deserialize(config)
    if not isinstance(layer, Layer):
        raise ValueError(f"Expected the config of a layer. Received: {config}")
    return layer


def _serialized(layer: Layer) -> Config:
    config = layers.serialize(layer)
    assert isinstance(config, dict)  # as of everything that isn't a function
    if layer._is_operator:
        config["module"] = "keras.src.ops.numpy"  # whose operations take nothing but a name
        dtype = {} if layer.dtype == "float32" else {"dtype": layer.dtype}
        config["config"] = {"name": layer.name, **dtype}
    return config


def _call_config(node: Node, topology: Topology) -> Config:
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": list(tensor.shape),
                "dtype": tensor.dtype,
                "keras_history": list(topology.place_of(tensor)),
            },
        }
        for tensor in node.inputs
    ]
    if node.layer._is_operator:
        arguments: list[Any] = tensors
    elif len(tensors) > 1 or isinstance(node.layer, Merge):
        arguments = [tensors]
    else:
        arguments = [tensors[0]]
    training = {} if node.training is None else {"training": node.training}
    return {"args": arguments, "kwargs": training}


def _call(layer: Layer, config: Config, revived: dict[str, Layer]) -> bool:
    """Repeat a call if what it takes has been made; return whether it has."""
    args = config["args"]
    layer._is_operator = len(args) > 1
    given = args if layer._is_operator else args[0]
    takes_list = isinstance(given, list | tuple)
    places = [tensor["config"]["keras_history"] for tensor in (given if takes_list else [given])]
    if any(len(revived[name]._nodes) <= call for name, call, _ in places):
        return False
    inputs = [revived[name]._nodes[call].outputs[output] for name, call, output in places]
    asked = {name: value for name, value in config.get("kwargs", {}).items() if value is not None}
    layer(inputs if takes_list else inputs[0], **asked)
    return True


def _ends(tensors: Sequence[SymbolicTensor], topology: Topology) -> list[Any]:
    """Return the places of inputs or outputs; a single one isn't in a list of its own."""
    places = []
    for tensor in tensors:
        name, call, output = topology.place_of(tensor)
        places.append([name, call + _first_call(tensor.node.layer), output])
    return places[0] if len(places) == 1 else places


def _places(ends: list[Any]) -> list[Any]:
    return [ends] if isinstance(ends[0], str) else ends


def _end(place: list[Any], revived: dict[str, Layer]) -> SymbolicTensor:
    name, call, output = place
    layer = revived[name]
    tensor: SymbolicTensor = layer._nodes[call - _first_call(layer)].outputs[output]
    return tensor


def _first_call(layer: Layer) -> int:
    """Return the number that a layer's first call has among inputs and outputs."""
    return layer._FIRST_CALL if isinstance(layer, Network) else 0
