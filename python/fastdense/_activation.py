"""How an activation is represented, and how it is run.

An activation that the core evaluates on its own, with its parameters bound, is a plain *code*:
``(id, p0, p1, p2)``. All else (softmax over other axes, glu, a Python callable) is a `Transform`.
`resolve` turns what users write into one of the two; `apply`, `forward` and `backward` run either.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, cast

import numpy as np

from fastdense import _core
from fastdense._arrays import is_computable
from fastdense._warn import warn

if TYPE_CHECKING:
    from fastdense._typing import ArrayLike, FloatArray, Shape

Code: TypeAlias = tuple[int, float, float, float]


class Transform:
    """An activation that the dense kernel can't evaluate on its way out."""

    def forward(self, x: ArrayLike) -> tuple[FloatArray, Any]:
        """Return the output and what `backward` needs."""
        raise NotImplementedError

    def backward(self, dy: FloatArray, saved: Any) -> FloatArray:
        """Return the gradient with respect to the input, for a dy of the output's dtype."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape that an input of `shape` leads to."""
        return shape


Resolved: TypeAlias = Code | Transform

P = ParamSpec("P")

_UNUSED = (0.0, 0.0, 0.0)


def code(name: str, *parameters: float) -> Code:
    """Return the core's code for the activation `name` with its parameters in order."""
    try:
        p0, p1, p2 = (*map(float, parameters), *_UNUSED)[:3]
    except OverflowError:
        raise ValueError(f"activation {name}: a parameter is too large for a float") from None
    return _core.ACTIVATIONS[name], p0, p1, p2


LINEAR = code("linear")
SOFTMAX = code("softmax")[0]
_PROBABILITIES = {code(name): name for name in ("softmax", "sigmoid")}

# What `resolve` finds at once: None, and names and functions whose parameters all have defaults.
_known: dict[object, Resolved] = {None: LINEAR}
# From the functions of `fastdense.activations`, and their names, to what resolves their parameters.
_specs: dict[object, Callable[..., Resolved]] = {}


def activation_function(
    spec: Callable[P, Resolved],
) -> Callable[Concatenate[ArrayLike, P], FloatArray]:
    """Turn a function from parameters to their resolved form into the function ``(x, ...)``.

    `resolve` knows the result itself, and its name.
    """

    def function(x: ArrayLike, *args: P.args, **kwargs: P.kwargs) -> FloatArray:
        return apply(spec(*args, **kwargs), x)

    functools.update_wrapper(function, spec)
    own = inspect.signature(spec)
    x = inspect.Parameter("x", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="ArrayLike")
    parameters = [x, *own.parameters.values()]
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by inspect
        parameters, return_annotation="FloatArray"
    )
    function.__module__ = "fastdense.activations"
    for key in (function, function.__name__):
        _specs[key] = spec
        if all(p.default is not p.empty for p in own.parameters.values()):
            _known[key] = spec()  # type: ignore[call-arg]  # all have defaults
    return cast("Callable[Concatenate[ArrayLike, P], FloatArray]", function)


def functions() -> list[Callable[..., Any]]:
    """Return all activation functions."""
    return [key for key in _specs if isinstance(key, FunctionType)]


def add_alias(alias: str, function: Callable[..., Any]) -> None:
    """Make `resolve` know a function by a second name."""
    _known[alias] = _known[function]


def bind(function: Callable[..., Any], **parameters: Any) -> Resolved:
    """Return the resolved form of a function of `fastdense.activations` with its parameters."""
    return _specs[function](**parameters)


def resolve(activation: object) -> Resolved:
    """Return the code or transform that `activation` stands for.

    Raises
    ------
    ValueError
        If it is a string that names no activation, or one that needs parameters.
    TypeError
        If it is neither None, a string nor something callable.
    """
    try:
        return _known[activation]
    except (KeyError, TypeError):  # TypeError: not hashable
        pass
    return _resolve_unusual(activation)


def _resolve_unusual(activation: object) -> Resolved:
    if isinstance(activation, tuple):
        return activation  # resolved already
    if isinstance(activation, functools.partial) and activation.func in _specs:
        if activation.args:
            raise TypeError(f"activation: bind parameters by keyword. Received: {activation!r}")
        return bind(activation.func, **activation.keywords)
    if isinstance(activation, Transform):
        return activation
    if isinstance(activation, str | FunctionType) and activation in _specs:
        return _specs[activation]()  # raises the TypeError that names the missing parameters
    if isinstance(activation, str):
        names = ", ".join(sorted(name for name in _known if isinstance(name, str)))
        raise ValueError(
            f"Could not interpret activation function identifier: {activation}. "
            f"Expected None, a callable or one of {names}"
        )
    as_activation = getattr(activation, "as_activation", None)
    if as_activation is not None and not isinstance(activation, type):
        return as_activation()  # type: ignore[no-any-return]  # a layer
    if callable(activation) and not isinstance(activation, type):
        return CallableTransform(activation)
    raise TypeError(
        "activation: expected None, a name, a function, a layer or a callable on arrays. "
        f"Received: {activation!r} (of type {type(activation)})"
    )


def apply(resolved: Resolved, x: ArrayLike, out: FloatArray | None = None) -> FloatArray:
    """Return the activation of `x`, written to `out` if given."""
    if isinstance(resolved, tuple):
        if resolved[0] == SOFTMAX:
            warn_if_constant(resolved, np.shape(x))
        return _core.activation(x, resolved, out)
    y, _ = resolved.forward(x)
    return y if out is None else _core.activation(y, LINEAR, out)


def forward(resolved: Resolved, x: ArrayLike) -> tuple[FloatArray, Any]:
    """Return the activation of `x` and what `backward` needs."""
    if isinstance(resolved, tuple):
        if resolved[0] == SOFTMAX:
            warn_if_constant(resolved, np.shape(x))
        return _core.activation_forward(x, resolved)
    return resolved.forward(x)


def backward(resolved: Resolved, dy: FloatArray, saved: Any) -> FloatArray:
    """Return the gradient with respect to the input of `forward`, in the dtype of dy."""
    if isinstance(resolved, tuple):
        return _core.activation_backward(dy, saved, resolved)
    return resolved.backward(dy, saved)


def output_shape(resolved: Resolved, shape: Shape) -> Shape:
    """Return the shape that an input of `shape` leads to."""
    return shape if isinstance(resolved, tuple) else resolved.output_shape(shape)


def probability(activation: object) -> str | None:
    """Return "softmax" or "sigmoid" if the activation is that, over the last axis, else None."""
    resolved = resolve(activation)
    return _PROBABILITIES.get(resolved) if isinstance(resolved, tuple) else None


def warn_if_constant(code: Code, shape: tuple[int, ...], axis: int = -1) -> None:
    """Warn, as Keras does, of a softmax over an axis of size 1.

    To be called before anything is written: users may have made the warning an error.
    """
    if code[0] == SOFTMAX and shape and shape[axis] == 1:
        warn(
            f"You are using a softmax over axis {axis} of a tensor of shape {shape}. This axis "
            "has size 1. The softmax operation will always return the value 1, which is likely not "
            "what you intended. Did you mean to use a sigmoid instead?"
        )


class CallableTransform(Transform):
    """A Python callable on arrays, its result converted to the input's dtype.

    It has a gradient if it offers one as ``callable.backward(x, y, dy)``.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def forward(self, x: ArrayLike) -> tuple[FloatArray, Any]:
        """Return the callable's result; keep its argument and result for `backward`."""
        array = x if is_computable(x) else _core.activation(x, LINEAR, None)
        y = np.asarray(self.function(array), dtype=array.dtype)
        return y, (array, y)

    def backward(self, dy: FloatArray, saved: Any) -> FloatArray:
        """Return what the callable's own `backward` returns."""
        gradient = getattr(self.function, "backward", None)
        if gradient is None:
            name = getattr(self.function, "__name__", repr(self.function))
            raise TypeError(
                f"activation {name} has no known gradient: give it one as "
                f"`{name}.backward(x, y, dy)`, or use a function of fastdense.activations"
            )
        x, y = saved
        dx = np.asarray(gradient(x, y, dy), dtype=x.dtype)
        if dx.shape != x.shape:
            raise ValueError(
                f"activation: `backward` of {self.function!r} returned shape {dx.shape}, "
                f"expected {x.shape}, the shape of its input"
            )
        return dx
