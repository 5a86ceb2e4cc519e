"""The base of every layer: names, dtype, building, calling, and the backward pass."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdense import regularizers
from fastdense._arrays import as_float, float_dtype
from fastdense._naming import unique_name
from fastdense.layers.building import build_once, whole
from fastdense.layers.input_spec import InputSpec, as_input
from fastdense.layers.weights import Weighted

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._activation import Resolved
    from fastdense._typing import Config, DTypeLike, FloatArray, Identifier, Shape
    from fastdense.layers.backprop import Backprop

# Keras writes these into configs; as long as they are None they ask for nothing.
_KERAS_ONLY = ("lora_rank", "lora_alpha", "quantization_config")


class Layer(Weighted):
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
    input_shape
        Shape of one sample, for a model to build from; a layer alone is built on first use.
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
        self.gradients: list[FloatArray] = []
        self._sample_shape = None if input_shape is None else tuple(input_shape)
        self._activity_loss: float | None = None
        self._step: tuple[Backprop, tuple[int, ...], FloatArray | None] | None = None

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

    def __call__(
        self, inputs: FloatArray, *, training: bool | None = None, **kwargs: Any
    ) -> FloatArray:
        """Return the output for `inputs`, an array of rank >= 1; build the layer if need be.

        Inputs of another dtype are converted to the layer's. With ``training=True`` the layer keeps
        what `backward` needs.

        Raises
        ------
        ValueError
            If `inputs` isn't an array, or of a shape that the layer can't take.
        TypeError
            If it has a dtype that isn't real or masked elements, or `call` has no such argument.
        """
        if kwargs:
            self._check_arguments(kwargs)
        as_it_is = type(inputs) is np.ndarray and inputs.dtype is self._dtype
        x = inputs if as_it_is else as_input(inputs, self._dtype, self.name)
        if self.input_spec is not None:
            self.input_spec.check(x.shape, self.name)
        if not self.built:
            build_once(self, x.shape)
        y, backprop = self.forward(x, **kwargs) if training else (self.call(x, **kwargs), None)
        regularizer = self.activity_regularizer
        if regularizer is not None:
            self._activity_loss = float(regularizer(y)) / max(len(y), 1)
        if backprop is not None:
            self._step = backprop, y.shape, None if regularizer is None else y
        return y

    def backward(self, dy: FloatArray, *, needs_input_grad: bool = True) -> FloatArray | None:
        """Return the gradient with respect to the input of the last training call.

        Fills `gradients`, aligned with `trainable_weights`; penalties of regularizers are included
        in both. A frozen layer passes the gradient on and leaves `gradients` empty.

        Parameters
        ----------
        dy
            Gradient with respect to the output, of its shape.
        needs_input_grad
            If False, the input's gradient isn't computed and None is returned.

        Raises
        ------
        RuntimeError
            If the layer hasn't been called with ``training=True``.
        ValueError
            If dy has another shape than the output.
        TypeError
            If a callable without a gradient is in the way: an activation or a regularizer.
        """
        if self._step is None:
            raise RuntimeError(
                f"layer '{self.name}': backward() needs a training call before it: "
                "`layer(x, training=True)`"
            )
        backprop, shape, y = self._step
        dy = as_float(dy, self._dtype, f"layer '{self.name}': dy")
        if dy.shape != shape:
            raise ValueError(
                f"layer '{self.name}': dy has shape {dy.shape}, expected {shape} as the output"
            )
        if self.activity_regularizer is not None and y is not None:
            dy = dy + regularizers.gradient_of(self.activity_regularizer, y) / max(len(y), 1)
        dx, gradients = backprop(dy, needs_input_grad)
        weights = self._select(trainable=True)
        for name, weight in weights.items():
            if weight.regularizer is not None:
                gradients[name] += regularizers.gradient_of(weight.regularizer, weight.value)
        self.gradients = [gradients[name] for name in weights]
        return dx

    @property
    def losses(self) -> list[float]:
        """The activity penalty of the last call, then that of each regularized trainable weight."""
        activity = [] if self._activity_loss is None else [self._activity_loss]
        return activity + [
            float(weight.regularizer(weight.value))
            for weight in self._select(trainable=True).values()
            if weight.regularizer is not None
        ]

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

    def _check_arguments(self, arguments: dict[str, Any]) -> None:
        try:
            inspect.signature(self.call).bind(None, **arguments)
        except TypeError as error:
            raise TypeError(
                f"layer '{self.name}' ({type(self).__name__}): call() {error}"
            ) from None

    def __getstate__(self) -> dict[str, Any]:
        # One step's residuals and gradients are no part of the layer's state.
        return {**self.__dict__, "_step": None, "gradients": []}

    def __getattr__(self, name: str) -> Any:
        if "built" not in self.__dict__ and not name.startswith("__"):
            raise AttributeError(
                f"{type(self).__name__} has no {name!r} yet: `Layer.__init__` has not run. "
                "Call `super().__init__()` first in `__init__`"
            )
        return object.__getattribute__(self, name)  # raises; lets a property's own error through

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
