"""The dense layer."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdense import _activation, activations, constraints, initializers, ops, regularizers
from fastdense.layers.backprop import Backprop, Gradients, for_inputs
from fastdense.layers.base import Layer
from fastdense.layers.input_spec import InputSpec
from fastdense.layers.weights import WeightAttribute

if TYPE_CHECKING:
    from fastdense._typing import Config, DTypeLike, FloatArray, Identifier, Shape


class Dense(Layer):
    """``activation(x @ kernel + bias)`` along the last axis, as `keras.layers.Dense`.

    The activation is evaluated in the same pass. ``Dense(n)`` followed by ``Activation(a)`` gives
    the same bits, and lets you see the pre-activation.

    Parameters
    ----------
    units
        Size of the output's last axis.
    activation
        None, a name, a function of `fastdense.activations`, a `functools.partial` of one, an
        activation layer, or any callable on arrays.
    use_bias
        Whether to add a bias.
    kernel_initializer, bias_initializer
        Initial values of kernel ``(in_features, units)`` and bias ``(units,)``.
    kernel_regularizer, bias_regularizer, activity_regularizer
        Penalties on kernel, bias and output.
    kernel_constraint, bias_constraint
        Projections for `apply_constraints`.
    name, dtype, trainable, input_shape, input_dim
        See `Layer`.
    """

    kernel = WeightAttribute["FloatArray"]()
    bias = WeightAttribute["FloatArray | None"]()

    def __init__(
        self,
        units: int,
        activation: Identifier = None,
        use_bias: bool = True,
        kernel_initializer: Identifier = "glorot_uniform",
        bias_initializer: Identifier = "zeros",
        kernel_regularizer: Identifier = None,
        bias_regularizer: Identifier = None,
        activity_regularizer: Identifier = None,
        kernel_constraint: Identifier = None,
        bias_constraint: Identifier = None,
        *,
        name: str | None = None,
        dtype: DTypeLike | Config = None,
        trainable: bool = True,
        input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.units = _positive(units)
        super().__init__(
            activity_regularizer=activity_regularizer,
            name=name,
            dtype=dtype,
            trainable=trainable,
            input_shape=input_shape,
            input_dim=input_dim,
            **kwargs,
        )
        self.activation = activations.get(activation)
        _activation.resolve(self.activation)  # refuses here what would fail at the first call
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Shape) -> None:
        """Create kernel and bias for inputs of shape ``(..., in_features)``."""
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ValueError(
                "The last dimension of the inputs to a Dense layer should be defined, and there "
                f"should be at least two. Received: input_shape={tuple(input_shape)}"
            )
        self.compute_output_shape(input_shape)  # refuses what the activation couldn't take
        in_features = input_shape[-1]
        self.add_weight(
            name="kernel",
            shape=(in_features, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: in_features})
        super().build(input_shape)

    def call(self, inputs: FloatArray) -> FloatArray:  # type: ignore[override]  # no options
        """Return the output; nothing is kept."""
        return ops.dense(inputs, self.kernel, self.bias, self.activation)

    def forward(  # type: ignore[override]  # no options
        self, inputs: FloatArray
    ) -> tuple[FloatArray, Backprop]:
        """Return the output, and the function that computes its gradients."""
        return self._pass(inputs, self.activation)

    def final_activation(self) -> str | None:
        """Return "softmax" or "sigmoid" if the output is exactly that, of logits, else None."""
        return None if self.activity_regularizer else _activation.probability(self.activation)

    def logits_pass(self, inputs: Any) -> tuple[FloatArray, FloatArray, Backprop]:
        """Return output, logits, and the function from the gradient of the logits backwards."""
        x = self._as_input(inputs)
        logits, backprop = self._pass(x, None)
        y = ops.activation(logits, self.activation)
        return y, logits, backprop if x is inputs else for_inputs(inputs, backprop)

    def _pass(self, inputs: FloatArray, activation: Any) -> tuple[FloatArray, Backprop]:
        y, residuals = ops.dense_forward(inputs, self.kernel, self.bias, activation)

        def backprop(dy: FloatArray, needs_input_grad: bool) -> Gradients:
            dx, dkernel, dbias = ops.dense_backward(
                dy,
                residuals,
                needs_input_grad=needs_input_grad,
                needs_weight_grads=self.trainable,
            )
            gradients = {"kernel": dkernel, "bias": dbias}
            return dx, {name: array for name, array in gradients.items() if array is not None}

        return y, backprop

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return ``(..., units)``; an activation such as glu may change it."""
        resolved = _activation.resolve(self.activation)
        return _activation.output_shape(resolved, (*input_shape[:-1], self.units))

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values, in Keras' layout."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


def _positive(units: Any) -> int:
    """Return `units` as an int; ValueError unless it is a positive integer of some kind."""
    if not isinstance(units, bool) and hasattr(units, "__index__"):
        number = operator.index(units)
        if number > 0:
            return number
    raise ValueError(
        "Received an invalid value for `units`, expected a positive integer. "
        f"Received: units={units}"
    )
