"""The element-wise functions of `fastdense.activations`: each names its code in the core.

A body states which code the parameters lead to; `activation_function` makes a function of x of it.
The formulas are those of Keras 3. Gradients are stated with the side that a kink belongs to.
"""

from __future__ import annotations

import math

from fastdense._activation import Code, activation_function, code


@activation_function
def linear() -> Code:
    """``x``; gradient 1."""
    return code("linear")


@activation_function
def relu(
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
    *,
    alpha: float | None = None,
) -> Code:
    """Rectified linear unit: ``max(x, 0)``; gradient 1 for x > 0, else 0.

    With parameters: ``min(x, max_value)`` where x > threshold, else
    ``negative_slope * (x - threshold)``.

    Parameters
    ----------
    negative_slope
        Slope below the threshold; `alpha` is its older name.
    max_value
        Largest value returned; None for no limit.
    threshold
        Where the function starts to pass its input through.
    """
    if alpha is not None:
        negative_slope = alpha
    if max_value is None and threshold == 0:
        return code("leaky_relu", negative_slope) if negative_slope else code("relu")
    limit = math.inf if max_value is None else max_value
    return code("clipped_relu", negative_slope, limit, threshold)


@activation_function
def leaky_relu(negative_slope: float = 0.2) -> Code:
    """``x`` for x > 0, else ``negative_slope * x``; gradient 1, else `negative_slope`."""
    return code("leaky_relu", negative_slope)


@activation_function
def relu6() -> Code:
    """``min(max(x, 0), 6)``; gradient 1 for 0 < x < 6, else 0."""
    return code("relu6")


@activation_function
def elu(alpha: float = 1.0) -> Code:
    """Exponential linear unit: ``x`` for x > 0, else ``alpha * expm1(x)``.

    Gradient 1 for x > 0, else ``alpha * exp(x)`` (Clevert et al., 2015, arXiv:1511.07289).
    """
    return code("elu", alpha)


@activation_function
def selu() -> Code:
    """``1.0507009873554805 * elu(x, alpha=1.6732632423543772)`` (Klambauer et al., 2017)."""
    return code("selu")


@activation_function
def celu(alpha: float = 1.0) -> Code:
    """``max(x, 0) + alpha * expm1(min(x, 0) / alpha)``; gradient 1, else ``exp(x / alpha)``.

    ValueError unless alpha is positive.
    """
    if not alpha > 0:
        raise ValueError(f"celu: alpha must be positive. Received: alpha={alpha}")
    return code("celu", alpha)


@activation_function
def gelu(approximate: bool = False) -> Code:
    """Gaussian error linear unit: ``x * Phi(x) = x / 2 * (1 + erf(x / sqrt(2)))``.

    Gradient ``Phi(x) + x * phi(x)``, phi being the normal density (Hendrycks and Gimpel, 2016,
    arXiv:1606.08415).

    Parameters
    ----------
    approximate
        Take ``x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))`` instead.
    """
    return code("gelu_tanh" if approximate else "gelu")


@activation_function
def silu() -> Code:
    """``x * sigmoid(x)``, also called swish; gradient ``s + x * s * (1 - s)``, s the sigmoid."""
    return code("silu")


@activation_function
def sigmoid() -> Code:
    """``1 / (1 + exp(-x))``; gradient ``y * (1 - y)``."""
    return code("sigmoid")


@activation_function
def hard_sigmoid() -> Code:
    """``clip(x / 6 + 1/2, 0, 1)``; gradient 1/6 for ``|x| < 3``, else 0."""
    return code("hard_sigmoid")


@activation_function
def hard_silu() -> Code:
    """``x * hard_sigmoid(x)``, also called hard_swish (Howard et al., 2019, arXiv:1905.02244)."""
    return code("hard_silu")


@activation_function
def tanh() -> Code:
    """Hyperbolic tangent; gradient ``1 - y**2``."""
    return code("tanh")


@activation_function
def hard_tanh() -> Code:
    """``clip(x, -1, 1)``; gradient 1 for ``|x| < 1``, else 0."""
    return code("hard_tanh")


@activation_function
def tanh_shrink() -> Code:
    """``x - tanh(x)``; gradient ``tanh(x)**2``."""
    return code("tanh_shrink")


@activation_function
def softplus() -> Code:
    """``log(1 + exp(x))``; gradient ``sigmoid(x)``."""
    return code("softplus")


@activation_function
def softsign() -> Code:
    """``x / (1 + |x|)``; gradient ``1 / (1 + |x|)**2``."""
    return code("softsign")


@activation_function
def log_sigmoid() -> Code:
    """``log(sigmoid(x)) = -softplus(-x)``; gradient ``sigmoid(-x)``."""
    return code("log_sigmoid")


@activation_function
def exponential() -> Code:
    """``exp(x)``; gradient y."""
    return code("exponential")


@activation_function
def mish() -> Code:
    """``x * tanh(softplus(x))`` (Misra, 2019, arXiv:1908.08681)."""
    return code("mish")


@activation_function
def squareplus(b: float = 4) -> Code:
    """``(x + sqrt(x**2 + b)) / 2``; gradient ``(1 + x / sqrt(x**2 + b)) / 2``.

    ValueError if b is negative.
    """
    if not b >= 0:
        raise ValueError(f"squareplus: b must not be negative. Received: b={b}")
    return code("squareplus", b)


@activation_function
def hard_shrink(threshold: float = 0.5) -> Code:
    """``x`` where ``|x| > threshold``, else 0; gradient 1, else 0."""
    return code("hard_shrink", threshold)


@activation_function
def soft_shrink(threshold: float = 0.5) -> Code:
    """``x - threshold * sign(x)`` where ``|x| > threshold``, else 0; gradient 1, else 0."""
    return code("soft_shrink", threshold)


@activation_function
def threshold(threshold: float, default_value: float) -> Code:
    """``x`` where x > threshold, else `default_value`; gradient 1, else 0.

    Both parameters are needed: ``functools.partial(threshold, threshold=0.1, default_value=0.0)``
    makes an activation of it.
    """
    return code("threshold", threshold, default_value)


@activation_function
def sparse_plus() -> Code:
    """0 for x <= -1, ``(x + 1)**2 / 4`` for x < 1, else x."""
    return code("sparse_plus")


@activation_function
def sparse_sigmoid() -> Code:
    """``clip((x + 1) / 2, 0, 1)``; gradient 1/2 for ``|x| < 1``, else 0."""
    return code("sparse_sigmoid")
