"""Layers that apply a function without weights."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from fastdense import _activation, activations, ops
from fastdense._warn import warn
from fastdense.layers.backprop import Backprop, for_inputs, weightless
from fastdense.layers.base import Layer

if TYPE_CHECKING:
    from fastdense._activation import Resolved
    from fastdense._typing import Config, FloatArray, Identifier, Shape


class ActivationLayer(Layer):
    """Base of the layers that `as_activation` describes completely.

    They serve as ``Dense(..., activation=layer)`` too.
    """

    def as_activation(self) -> Resolved:
        """Return the activation that the layer applies."""
        raise NotImplementedError

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return the activation of `inputs`."""
        return _activation.apply(self.as_activation(), inputs)

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return the activation of `inputs`, and the function that computes its gradient."""
        y, residuals = ops.activation_forward(inputs, self.as_activation())
        return y, weightless(functools.partial(ops.activation_backward, residuals=residuals))

    def final_activation(self) -> str | None:
        """Return "softmax" or "sigmoid" if the layer is exactly that, else None."""
        return None if self.activity_regularizer else _activation.probability(self.as_activation())

    def logits_pass(self, inputs: Any) -> tuple[FloatArray, FloatArray, Backprop]:
        """Return output, logits, and the function from the gradient of the logits backwards."""
        x = self._as_input(inputs)
        backprop = weightless(lambda dy: dy)
        y = _activation.apply(self.as_activation(), x)
        return y, x, backprop if x is inputs else for_inputs(inputs, backprop)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape, unless the activation changes it."""
        return _activation.output_shape(self.as_activation(), tuple(input_shape))


class Activation(ActivationLayer):
    """Apply an activation to whatever comes in.

    Parameters
    ----------
    activation
        None, a name, a function of `fastdense.activations`, a `functools.partial` of one, an
        activation layer, or any callable on arrays. A callable works in inference; for `backward`
        it must offer ``callable.backward(x, y, dy)``.
    **kwargs
        See `Layer`.
    """

    def __init__(self, activation: Identifier, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.as_activation()  # refuses here what would fail at the first call

    def as_activation(self) -> Resolved:
        """Return the activation that the layer applies."""
        return _activation.resolve(self.activation)

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class ReLU(ActivationLayer):
    """`activations.relu` as a layer; mind that the order of the arguments differs, as in Keras.

    Parameters
    ----------
    max_value
        Largest value returned; None for no limit. Not negative.
    negative_slope
        Slope below the threshold. Not negative.
    threshold
        Where the function starts to pass its input through. Not negative.
    **kwargs
        See `Layer`.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and not max_value >= 0:
            raise ValueError(
                "max_value of a ReLU layer cannot be a negative value. "
                f"Received: max_value={max_value}"
            )
        for name, value in (("negative_slope", negative_slope), ("threshold", threshold)):
            if value is None or not value >= 0:
                raise ValueError(
                    f"{name} of a ReLU layer cannot be None or a negative value. "
                    f"Received: {name}={value}"
                )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def as_activation(self) -> Resolved:
        """Return the activation that the layer applies."""
        return _activation.bind(
            activations.relu,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(ActivationLayer):
    """``x`` for x > 0, else ``negative_slope * x``. The layer's default slope is 0.3.

    Parameters
    ----------
    negative_slope
        Slope below 0, not negative. `alpha` is its deprecated name.
    **kwargs
        See `Layer`.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warn("Argument `alpha` is deprecated. Use `negative_slope` instead.")
        super().__init__(**kwargs)
        if negative_slope is None or not negative_slope >= 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. "
                f"Expected a float. Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope

    def as_activation(self) -> Resolved:
        """Return the activation that the layer applies."""
        return _activation.bind(activations.leaky_relu, negative_slope=self.negative_slope)

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(ActivationLayer):
    """``x`` for x > 0, else ``alpha * expm1(x)``.

    Parameters
    ----------
    alpha
        Minus the limit for x towards minus infinity.
    **kwargs
        See `Layer`.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def as_activation(self) -> Resolved:
        """Return the activation that the layer applies."""
        return _activation.bind(activations.elu, alpha=self.alpha)

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {**super().get_config(), "alpha": self.alpha}
