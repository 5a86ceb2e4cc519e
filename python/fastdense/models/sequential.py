"""Models that are a stack of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastdense import layers
from fastdense._registry import custom_object_scope
from fastdense.layers import InputLayer, Layer
from fastdense.layers.building import restored_on_error
from fastdense.layers.symbolic import SymbolicTensor
from fastdense.models.arrays import listed, unpacked
from fastdense.models.config import layer_from_config
from fastdense.models.model import Model
from fastdense.models.topology import Topology

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._typing import Config


class Sequential(Model):
    """Layers one after the other, each with one input and one output.

    If the shape of a sample is known, from an `Input` or the first layer's ``input_shape``, the
    model is built as layers are added, else when it is first called, or by `build`.

    Parameters
    ----------
    layers
        The layers to `add`; an `Input` may be the first.
    trainable
        False freezes the model, whatever its layers say.
    name
        See `Layer`.
    """

    _FIRST_CALL = 0

    def __init__(
        self,
        layers: Iterable[Layer | SymbolicTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        self._prepare(name, trainable)
        self._stack: list[Layer] = []  # an InputLayer first, if the model has one
        for layer in layers or ():
            self._push(layer)
        self._connect()

    @property
    def layers(self) -> list[Layer]:
        """The layers in their order, without an InputLayer at the beginning."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    @property
    def operations(self) -> Sequence[Layer]:
        """The layers."""
        return self.layers

    def add(self, layer: Layer | SymbolicTensor) -> None:
        """Put a layer, or an `Input`, on top of the stack.

        Raises
        ------
        ValueError
            If it isn't a layer, can't take what the model returns so far, has the name of another
            one, or is a second input.
        """
        stack = list(self._stack)
        try:
            self._push(layer)
            self._connect()
        except BaseException:
            self._stack = stack
            raise

    def pop(self) -> Layer:
        """Take the last layer off the stack, and return it; ValueError if there is none."""
        self._check_unused()
        if not self.layers:
            raise ValueError(f"Sequential model '{self.name}' has no layers to remove.")
        *rest, layer = self._stack
        topology = self._topology
        self._stack = rest
        if topology is not None:
            enough = len(rest) > 1
            self._wire(Topology(topology.inputs, topology.nodes[-1].inputs) if enough else None)
        return layer

    def build(self, input_shape: Any) -> None:
        """Build all layers for inputs of `input_shape`, batch included; None if that is known.

        Raises
        ------
        ValueError
            If there are no layers, one can't take its input, or the model has another shape.
        """
        if not self.layers:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. Call "
                "`model.add(layer)`."
            )
        first = self._stack[0]
        if not isinstance(first, InputLayer):
            source = InputLayer(batch_shape=input_shape, dtype=first.dtype)
            self._stack = [source, *self._stack]
        elif input_shape is not None and tuple(input_shape)[1:] != first.batch_shape[1:]:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{first.batch_shape}. You cannot build it with input_shape {tuple(input_shape)}"
            )
        self._connect()

    def get_config(self) -> Config:
        """Return the name and the layers as a dict of JSON values, in Keras' layout."""
        config: Config = {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [layers.serialize(layer) for layer in self._stack],
        }
        if self._topology is not None:
            config["build_input_shape"] = list(self.inputs[0].shape)
        return config

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Callable[..., Any]] | None = None
    ) -> Self:
        """Return a new model from what `get_config` returned, here or in Keras.

        See `Model.from_config`.
        """
        if not isinstance(config.get("layers"), list):
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and "
                f"'layers' keys. Received: config={config}"
            )
        with custom_object_scope(custom_objects):
            stack = [layer_from_config(layer) for layer in config["layers"]]
        model = cls(name=config.get("name"))
        first_of_name: dict[str, Layer] = {}  # a name that comes again stands for the same layer
        for layer in stack:
            model._push(first_of_name.setdefault(layer.name, layer))
        model._connect()
        if not model.built and config.get("build_input_shape") is not None:
            model.build(tuple(config["build_input_shape"]))
        model._trainable = bool(config.get("trainable", True))
        return model

    def _connect(self) -> None:
        """Call the layers that the network doesn't have yet, if its input is known."""
        if len(self._stack) < 2 or not isinstance(self._stack[0], InputLayer):
            return
        outputs = [self._stack[0].output] if self._topology is None else self.outputs
        called = 1 if self._topology is None else len(self._topology.nodes)
        with restored_on_error(self._stack):
            for layer in self._stack[called:]:
                outputs = listed(layer(unpacked(outputs)))
        self._wire(Topology([self._stack[0].output], outputs))

    def _push(self, layer: object) -> None:
        """Put a layer on the stack, after the InputLayer that it asks for if it is the first."""
        self._check_unused()
        if isinstance(layer, SymbolicTensor) and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `Layer` can be added to a Sequential model. "
                f"Received: {layer} (of type {type(layer)})"
            )
        for other in self._stack:
            if other.name == layer.name and other is not layer:
                raise ValueError(
                    "All layers added to a Sequential model should have unique names. Name "
                    f"'{layer.name}' is already the name of a layer in this model. Update the "
                    "`name` argument to pass a unique name."
                )
        if self._stack and isinstance(layer, InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has its input already, or layers that it would "
                f"have to come before. You cannot add the Input layer '{layer.name}' to it."
            )
        source = [] if self._stack else _source_for(layer)
        self._stack = [*self._stack, *source, layer]

    def _check_unused(self) -> None:
        """Raise ValueError if another model was made of this one: it has the layers of then."""
        if self._nodes:
            raise ValueError(
                f"Sequential model '{self.name}' is part of another model. Add and remove layers "
                "before using it there, or use a copy of it (`copy.deepcopy`)."
            )


def _source_for(layer: Layer) -> list[InputLayer]:
    """Return the InputLayer that a first layer asks for, if it does."""
    if layer._sample_shape is not None:
        return [InputLayer(layer._sample_shape, dtype=layer.dtype)]
    if isinstance(layer, Model) and layer.built and len(layer.inputs) == 1:
        return [InputLayer(batch_shape=layer.input_shape, dtype=layer.dtype)]
    return []
