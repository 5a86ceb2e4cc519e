"""Activation functions on arrays, with the definitions of `keras.activations`.

``relu(x)`` takes any array-like, computes in the core and returns a new float32 or float64 array.
Wherever an ``activation`` is asked for, pass the function, its name, or, to set parameters, a
`functools.partial` of it: ``Dense(64, activation=partial(leaky_relu, negative_slope=0.1))``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastdense._activation import Resolved, activation_function, add_alias, functions
from fastdense._along_axis import GatedLinear, along_axis
from fastdense._axis import Axis
from fastdense._elementwise import (
    celu,
    elu,
    exponential,
    gelu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from fastdense._registry import Registry

if TYPE_CHECKING:
    from fastdense._typing import Config, FloatArray, Identifier


@activation_function
def softmax(axis: Axis = -1) -> Resolved:
    """``exp(x - max) / sum(exp(x - max))`` along `axis`; gradient ``y * (dy - sum(dy * y))``.

    Warns if the axis has size 1, where the result is 1 whatever the input.

    Parameters
    ----------
    axis
        An axis, several that are normalized jointly, or None for all.
    """
    return along_axis("softmax", axis)


@activation_function
def log_softmax(axis: Axis = -1) -> Resolved:
    """``x - max - log(sum(exp(x - max)))`` along `axis`; gradient ``dy - exp(y) * sum(dy)``.

    Parameters
    ----------
    axis
        An axis, several that are normalized jointly, or None for all.
    """
    return along_axis("log_softmax", axis)


@activation_function
def sparsemax(axis: int = -1) -> Resolved:
    """Euclidean projection of x along `axis` onto the simplex: ``max(x - tau, 0)``, summing to 1.

    Gradient ``dy - mean(dy over the support)`` on the support, 0 elsewhere (Martins and Astudillo,
    2016, arXiv:1602.02068).
    """
    return along_axis("sparsemax", axis)


@activation_function
def glu(axis: int = -1) -> Resolved:
    """Gated linear unit: ``a * sigmoid(b)``, a and b being the halves of x along `axis`.

    ValueError if the axis has an odd size (Dauphin et al., 2016, arXiv:1612.08083).
    """
    return GatedLinear(axis)


swish = silu
hard_swish = hard_silu
add_alias("swish", silu)
add_alias("hard_swish", hard_silu)

_registry: Registry[Callable[..., FloatArray]] = Registry(
    "activation function", "keras.activations"
)
for _function in functions():
    _registry.register(_function)
_registry.register(silu, "swish")
_registry.register(hard_silu, "hard_swish")

serialize = _registry.serialize


def get(identifier: Identifier) -> Callable[..., FloatArray]:
    """Return the activation that a name, config, function, layer or callable stands for.

    None stands for `linear`.
    """
    return _registry.get(identifier) or linear


def deserialize(
    config: Config | str | None, custom_objects: Mapping[str, Callable[..., Any]] | None = None
) -> Callable[..., FloatArray]:
    """Return the activation that `serialize` described; None stands for `linear`."""
    return _registry.deserialize(config, custom_objects) or linear


def register_layer(layer: type[Any]) -> None:
    """Let configs name a layer class as an activation; the layers call this themselves."""
    _registry.admit(layer, "keras.layers")


__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
