"""Models: networks of layers that are layers themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import _changes
from fastdense._naming import unique_name
from fastdense._registry import custom_object_scope
from fastdense.layers import Layer
from fastdense.layers.building import build_once
from fastdense.layers.input_spec import as_input
from fastdense.layers.symbolic import SymbolicTensor, call_symbolically, is_symbolic
from fastdense.models.arrays import as_arrays, as_gradients, listed, unpacked
from fastdense.models.backward import training_pass
from fastdense.models.config import tensors_from_config, to_config
from fastdense.models.frozen import FrozenModel
from fastdense.models.graph import Graph, flatten
from fastdense.models.members import Network
from fastdense.models.native import lower_inference
from fastdense.models.saved import Saved
from fastdense.models.summary import summarize
from fastdense.models.topology import Topology
from fastdense.models.trainer import Trainer

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense import _core
    from fastdense._typing import Config, FloatArray
    from fastdense.layers.backprop import Backprop, Gradients


class Model(Trainer, Saved, Network):
    """A network of layers between inputs and outputs, as a functional `keras.Model`.

    It is a layer itself: call it on arrays, or on symbolic tensors to nest it in another model. Of
    several inputs or outputs it takes and returns lists; a dict by the names of the inputs will do
    too.

    Parameters
    ----------
    inputs
        A symbolic tensor from `Input`, a list of them, or a dict by their names. One that a layer
        has made cuts the network there: the model starts from it.
    outputs
        What layers made of them: a symbolic tensor or a list. ``layer.output`` is one, too.
    name
        See `Layer`.
    trainable
        False freezes all layers.

    Raises
    ------
    ValueError
        If something else is needed for an output than the inputs, or two layers have one name.
    """

    input_spec = None
    # The forward pass in the core, if that knows it, and the count of changes when it was made.
    _in_core: tuple[int, _core.Network | None] = (-1, None)
    _graph: Graph | None
    _FIRST_CALL = 1  # functional models of Keras are born with a call

    def __init__(
        self, inputs: Any, outputs: Any, name: str | None = None, trainable: bool = True
    ) -> None:
        self._prepare(name, trainable)
        by_name = isinstance(inputs, Mapping)
        flat = list(inputs.values()) if by_name else listed(inputs)
        _check_tensors("inputs", flat)
        _check_tensors("outputs", listed(outputs))
        if by_name and list(inputs) != [tensor.name for tensor in flat]:
            raise ValueError(
                "When providing `inputs` as a dict, its keys must be the names of the tensors. "
                f"Received: inputs={dict(inputs)}"
            )
        self._wire(Topology(flat, listed(outputs)))
        if not trainable:
            self.trainable = False

    def _prepare(self, name: str | None, trainable: bool) -> None:
        """Do what comes before there is a network."""
        kind = "functional" if type(self) is Model else type(self).__name__
        Layer.__init__(self, name=unique_name(kind) if name is None else name, trainable=trainable)
        self._wire(None)

    def _wire(self, topology: Topology | None) -> None:
        """Become the network `topology`; None: none yet."""
        self._topology = topology
        self._graph = None if topology is None else flatten(topology)
        if topology is not None:
            self._dtype = np.dtype(topology.inputs[0].dtype)
        self.built = topology is not None
        _changes.record()

    def _built_graph(self) -> Graph:
        """Return the graph; ValueError if there is none yet."""
        if self._graph is None:
            raise ValueError(
                f"Model '{self.name}' is not built: call it on data, or `build(input_shape)`."
            )
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        """The layers by their depth, as in Keras: with InputLayers, nested models as one.

        Operators such as ``a + b`` aren't among them.
        """
        return [layer for layer in self.operations if not layer._is_operator]

    @property
    def operations(self) -> Sequence[Layer]:
        """The layers, and the operators such as ``a + b``."""
        return self._wired("layers").layers

    def __call__(self, inputs: Any, *, training: bool | None = None, **kwargs: Any) -> Any:
        """Return the output for `inputs`, or a list of outputs; build the model if need be.

        See `Layer`. Of several inputs it takes a list, or a dict by their names.
        """
        if not training and not kwargs:
            count, network = self._in_core
            if network is not None and count == _changes.count:
                y = network(inputs)  # None unless it fits as it is
                if y is not None:
                    return y
        if kwargs:
            self._check_arguments(kwargs)
        if is_symbolic(inputs):
            return call_symbolically(self, unpacked(listed(inputs)), training)
        if not self.built:
            only = as_input(unpacked(listed(inputs)), self._dtype, self.name)
            build_once(self, only.shape)
        arrays = self._as_input(inputs)
        if not training:
            return self.call(arrays)
        y, backprop = self.forward(arrays)
        self._step = backprop, [(array.shape, array.dtype) for array in listed(y)]
        return y

    def call(self, inputs: list[FloatArray]) -> Any:  # type: ignore[override]  # lists
        """Return the output in inference."""
        return unpacked(self._run(inputs))

    def _run(self, inputs: list[FloatArray]) -> list[FloatArray]:
        """Return the outputs in inference: by one call of the core if it knows all layers."""
        graph, count = self._built_graph(), _changes.count
        if self._in_core[0] != count:
            self._in_core = count, lower_inference(graph, self._dtype)
        network = self._in_core[1]
        outputs = None if network is None else network.run(inputs)
        return graph.run(inputs) if outputs is None else outputs

    def freeze(self) -> FrozenModel:
        """Return a snapshot of the model for inference: a callable of the lowest latency.

        See `FrozenModel`.
        """
        return FrozenModel(self)

    def forward(  # type: ignore[override]  # lists
        self, inputs: list[FloatArray]
    ) -> tuple[Any, Backprop]:
        """Return the output in training, and the function that computes the gradients."""
        outputs, _, pass_backprop = training_pass(self._built_graph(), inputs)

        def backprop(dys: list[FloatArray], needs_input_grad: bool) -> Gradients:
            dx, found = pass_backprop(dys, needs_input_grad)
            gradients = {
                name: found[weight] if weight in found else np.zeros_like(weight.value)
                for name, weight in self._select(trainable=True).items()
            }
            return None if dx is None else unpacked(dx), gradients

        return unpacked(outputs), backprop

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape for an input's, or a list of shapes for a list."""
        shapes = input_shape if _is_list_of_shapes(input_shape) else [tuple(input_shape)]
        return unpacked(self._built_graph().shapes_for(shapes))

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
    ) -> None:
        """Print a table of the layers, their output shapes and their numbers of parameters.

        Parameters
        ----------
        line_length
            Width of the table; if not given that of the terminal, but at most 88, or 108 if the
            layers have branches.
        positions
            Where the columns end, as shares of the width.
        print_fn
            What to call with the text, once, instead of printing it.
        expand_nested
            Whether to list the layers of nested models, too.
        show_trainable
            Whether to add a column that says which layers are trainable.
        """
        text = summarize(self, line_length, positions, expand_nested, show_trainable)
        (print_fn or print)(text)

    def get_config(self) -> Config:
        """Return the name, the layers and their calls as a dict of JSON values, as Keras does."""
        own: Config = {"name": self.name, "trainable": self.trainable}
        return {**own, **to_config(self._wired("layers"))}

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Callable[..., Any]] | None = None
    ) -> Self:
        """Return a new model from what `get_config` returned, here or in Keras.

        Parameters
        ----------
        config
            The config. It names classes and functions, which are looked up, never imported.
        custom_objects
            By name: those that aren't of this library.

        Raises
        ------
        ValueError
            If the config isn't one of a model, or names something that isn't known.
        """
        with custom_object_scope(custom_objects):
            inputs, outputs = tensors_from_config(config)
        model = cls(inputs, outputs, name=config.get("name"))
        model._trainable = bool(config.get("trainable", True))  # as it was: not all layers'
        return model

    def __getstate__(self) -> dict[str, Any]:
        # What was made ready to run is made again.
        made = {"_in_core": (-1, None), "_trained": None}
        return {**super().__getstate__(), **made}

    def _as_input(self, inputs: Any) -> list[FloatArray]:
        return as_arrays(inputs, self._wired("inputs").inputs, self.name)

    def _as_gradient(self, dy: Any, shape: Any) -> Any:
        return as_gradients(dy, shape, self.name)  # `shape`: shapes and dtypes of the outputs

    def _check_shapes(self, shapes: Any) -> None:
        """Raise ValueError unless a symbolic call may have inputs of these shapes."""
        given = shapes if _is_list_of_shapes(shapes) else [shapes]
        if self._topology is None:
            return
        expected = [tensor.shape for tensor in self._topology.inputs]
        fits = len(given) == len(expected) and all(
            len(shape) == len(own)
            and all(i == j or None in (i, j) for i, j in zip(shape[1:], own[1:], strict=True))
            for shape, own in zip(given, expected, strict=True)
        )
        if not fits:
            raise ValueError(
                f"Model '{self.name}' is incompatible with its input: expected "
                f"{unpacked(expected)}, found {unpacked(given)}"
            )


def _is_list_of_shapes(shapes: Any) -> bool:
    return bool(shapes) and all(isinstance(shape, list | tuple) for shape in shapes)


def _check_tensors(argument: str, tensors: Sequence[object]) -> None:
    for tensor in tensors or [None]:
        if not isinstance(tensor, SymbolicTensor):
            raise ValueError(
                f"All `{argument}` values must be symbolic tensors, made by `Input` or by calling "
                f"layers on such. Received: {argument}={tensors} including invalid value {tensor} "
                f"of type {type(tensor)}"
            )
