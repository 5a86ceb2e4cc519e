"""The base of every layer: names, dtype, building, calling, and the backward pass."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from fastdense import regularizers
from fastdense._arrays import float_dtype
from fastdense._naming import unique_name
from fastdense.layers.building import build_once, whole
from fastdense.layers.input_spec import InputSpec, as_input
from fastdense.layers.symbolic import (
    Connected,
    Node,
    SymbolicTensor,
    call_symbolically,
    is_symbolic,
)
from fastdense.layers.training import Trained, activity_penalty

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._activation import Resolved
    from fastdense._typing import Config, DTypeLike, FloatArray, Identifier, Shape
    from fastdense.layers.backprop import Backprop

# Keras writes these into configs; as long as they are None they ask for nothing.
_KERAS_ONLY = ("lora_rank", "lora_alpha", "quantization_config")


class Layer(Trained, Connected):
    """Base class of the layers.

    A subclass overrides `build` to add weights, `call` for inference and `forward` for training.
    Calling a layer for inference changes nothing in it, but for building on first use and the loss
    of an activity regularizer, so that threads may share it. Training keeps one step: call it with
    ``training=True``, then `backward`, from one thread at a time. In between, leave its input and
    output unchanged: the layer keeps the arrays themselves, not copies.

    Parameters
    ----------
    activity_regularizer
        Penalty on the output, divided by the batch size.
    trainable
        False freezes the weights: `backward` still returns the input's gradient.
    dtype
        ``"float32"`` (the default) or ``"float64"``, of weights, inputs and outputs.
    name
        A name without ``/``; made from the class name if not given.
    input_shape, input_dim
        Shape of one sample, or its only size, for a model that the layer is first in to build
        from; a layer alone is built on first use.
    """

    input_spec: InputSpec | None = InputSpec(min_ndim=1)

    def __init__(
        self,
        *,
        activity_regularizer: Identifier = None,
        trainable: bool = True,
        dtype: DTypeLike | Config = None,
        name: str | None = None,
        input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise ValueError(
                f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}"
            )
        super().__init__(trainable)
        if name is not None and (not isinstance(name, str) or "/" in name):
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name} (of type {type(name)})"
            )
        self._dtype = float_dtype(dtype)
        self.name = unique_name(type(self).__name__) if name is None else name
        self.built = False
        self._unbuilt: dict[str, Any] | None = None  # what it was before the build under way
        self.activity_regularizer = regularizers.get(activity_regularizer)
        if input_shape is None and input_dim is not None:
            input_shape = (input_dim,)
        self._sample_shape = None if input_shape is None else tuple(input_shape)
        self._nodes: list[Node] = []

    @property
    def dtype(self) -> str:
        """The dtype of weights, inputs and outputs, by name."""
        return str(self._dtype)

    compute_dtype = dtype
    variable_dtype = dtype

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = whole(cls.build)  # type: ignore[method-assign]  # by one of its type

    @whole
    def build(self, input_shape: Shape) -> None:
        """Create the weights for inputs of `input_shape`, whose first entry is the batch size."""

    def call(self, inputs: FloatArray, **kwargs: Any) -> FloatArray:
        """Return the output for inference; must not change the layer."""
        raise NotImplementedError(f"Layer {type(self).__name__} does not implement `call`")

    def forward(self, inputs: FloatArray, **kwargs: Any) -> tuple[FloatArray, Backprop]:
        """Return the output for training, and the function that computes its gradients."""

        def backprop(dy: FloatArray, needs_input_grad: bool) -> Any:
            raise NotImplementedError(
                f"Layer {type(self).__name__} has no gradient: override `forward(inputs)` to "
                "return the output and a function "
                "(dy, needs_input_grad) -> (dx, {weight name: gradient})"
            )

        return self.call(inputs, **kwargs), backprop

    @overload
    def __call__(
        self, inputs: SymbolicTensor, *, training: bool | None = None, **kwargs: Any
    ) -> SymbolicTensor: ...
    @overload
    def __call__(self, inputs: Any, *, training: bool | None = None, **kwargs: Any) -> Any: ...
    def __call__(self, inputs: Any, *, training: bool | None = None, **kwargs: Any) -> Any:
        """Return the output for `inputs`, an array of rank >= 1; build the layer if need be.

        Inputs of another dtype are converted to the layer's. With ``training=True`` the layer keeps
        what `backward` needs. Called on a symbolic tensor, it returns one.

        Raises
        ------
        ValueError
            If `inputs` isn't an array, or of a shape that the layer can't take.
        TypeError
            If it has a dtype that isn't real or masked elements, or `call` has no such argument.
        """
        if kwargs:
            self._check_arguments(kwargs)
        if type(inputs) is np.ndarray and inputs.dtype is self._dtype:
            x: Any = inputs
        elif is_symbolic(inputs):
            return call_symbolically(self, inputs, training)
        else:
            x = self._as_input(inputs)
        if self.input_spec is not None:
            self.input_spec.check(x.shape, self.name)
        if not self.built:
            build_once(self, [a.shape for a in x] if isinstance(x, list) else x.shape)
        if training:
            y, backprop = self.training_pass(x, **kwargs)
            self._step = backprop, y.shape
            return y
        y = self.call(x, **kwargs)
        if self.activity_regularizer is not None:
            self._activity_loss = activity_penalty(self.activity_regularizer, y)
        return y

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the output's shape for an `input_shape`; here: the same."""
        return tuple(input_shape)

    def as_activation(self) -> Resolved:
        """Return what `resolve` shall take this layer for when it is given as an activation."""
        raise TypeError(
            f"activation: layer {self.name!r} ({type(self).__name__}) is not an activation; add it "
            "as a layer of its own instead"
        )

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        config: Config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return a new, unbuilt layer from what `get_config` returned, here or in Keras."""
        return cls(**{k: v for k, v in config.items() if not (k in _KERAS_ONLY and v is None)})

    def _as_input(self, inputs: Any) -> Any:
        """Return `inputs` in the layer's dtype, themselves if they have it."""
        return as_input(inputs, self._dtype, self.name)

    def _check_shapes(self, shapes: Any) -> None:
        """Raise ValueError unless a symbolic call may have inputs of these shapes."""
        if isinstance(shapes, list):
            raise ValueError(f"Layer '{self.name}' expects one input. Received: shapes {shapes}")
        if self.input_spec is not None:
            self.input_spec.check(shapes, self.name)

    def _check_arguments(self, arguments: dict[str, Any]) -> None:
        try:
            inspect.signature(self.call).bind(None, **arguments)
        except TypeError as error:
            raise TypeError(
                f"layer '{self.name}' ({type(self).__name__}): call() {error}"
            ) from None

    def __getstate__(self) -> dict[str, Any]:
        # One step's residuals and gradients are no part of the layer's state, nor is what it was
        # called on: a model restores its own calls.
        return {**self.__dict__, "_step": None, "gradients": [], "_nodes": []}

    def __getattr__(self, name: str) -> Any:
        if "built" not in self.__dict__ and not name.startswith("__"):
            raise AttributeError(
                f"{type(self).__name__} has no {name!r} yet: `Layer.__init__` has not run. "
                "Call `super().__init__()` first in `__init__`"
            )
        return object.__getattribute__(self, name)  # raises; lets a property's own error through

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
