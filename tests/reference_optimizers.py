"""The float64 NumPy truth of optimizers, after Keras 3; imports nothing of the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from reference import Array, wide

# rule(w, g, slots, rate, t, **parameters) -> new w; slots is a dict that starts empty.
Rule = Callable[..., Array]


def sgd(w: Array, g: Array, slots: dict[str, Any], rate: float, t: int, **p: Any) -> Array:
    momentum = p.get("momentum", 0.0)
    if momentum == 0:
        return w - rate * g
    v = slots["v"] = momentum * slots.get("v", 0.0) - rate * g
    return w + (momentum * v - rate * g if p.get("nesterov") else v)


def rmsprop(w: Array, g: Array, slots: dict[str, Any], rate: float, t: int, **p: Any) -> Array:
    rho, momentum = p.get("rho", 0.9), p.get("momentum", 0.0)
    v = slots["v"] = rho * slots.get("v", 0.0) + (1 - rho) * g**2
    if p.get("centered"):
        a = slots["a"] = rho * slots.get("a", 0.0) + (1 - rho) * g
        v = v - a**2
    m = slots["m"] = momentum * slots.get("m", 0.0) + rate * g / np.sqrt(v + p.get("epsilon", 1e-7))
    return w - m


def averages(g: Array, slots: dict[str, Any], p: dict[str, Any]) -> tuple[Array, Array]:
    beta_1, beta_2 = p.get("beta_1", 0.9), p.get("beta_2", 0.999)
    slots["m"] = beta_1 * slots.get("m", 0.0) + (1 - beta_1) * g
    slots["v"] = beta_2 * slots.get("v", 0.0) + (1 - beta_2) * g**2
    return slots["m"], slots["v"]


def adam(w: Array, g: Array, slots: dict[str, Any], rate: float, t: int, **p: Any) -> Array:
    m, v = averages(g, slots, p)
    if p.get("amsgrad"):
        v = slots["largest"] = np.maximum(slots.get("largest", 0.0), v)
    correction = np.sqrt(1 - p.get("beta_2", 0.999) ** t) / (1 - p.get("beta_1", 0.9) ** t)
    return w - rate * correction * m / (np.sqrt(v) + p.get("epsilon", 1e-7))


def adagrad(w: Array, g: Array, slots: dict[str, Any], rate: float, t: int, **p: Any) -> Array:
    a = slots["a"] = slots.get("a", p.get("initial_accumulator_value", 0.1)) + g**2
    return w - rate * g / np.sqrt(a + p.get("epsilon", 1e-7))


def adamax(w: Array, g: Array, slots: dict[str, Any], rate: float, t: int, **p: Any) -> Array:
    m, _ = averages(g, slots, p)
    u = slots["u"] = np.maximum(p.get("beta_2", 0.999) * slots.get("u", 0.0), np.abs(g))
    return w - rate / (1 - p.get("beta_1", 0.9) ** t) * m / (u + p.get("epsilon", 1e-7))


def nadam(w: Array, g: Array, slots: dict[str, Any], rate: float, t: int, **p: Any) -> Array:
    def u(step: int) -> float:
        return float(p.get("beta_1", 0.9) * (1 - 0.5 * 0.96**step))

    m, v = averages(g, slots, p)
    product = slots["product"] = slots.get("product", 1.0) * u(t)
    m_hat = u(t + 1) * m / (1 - product * u(t + 1)) + (1 - u(t)) * g / (1 - product)
    v_hat = v / (1 - p.get("beta_2", 0.999) ** t)
    return w - rate * m_hat / (np.sqrt(v_hat) + p.get("epsilon", 1e-7))


RULES: dict[str, Rule] = {
    "SGD": sgd,
    "RMSprop": rmsprop,
    "Adam": adam,
    "AdamW": adam,
    "Adagrad": adagrad,
    "Adamax": adamax,
    "Nadam": nadam,
}
DECAY = {"AdamW": 0.004}


def clipped(gradients: Sequence[Array], options: dict[str, Any]) -> list[Array]:
    if "clipvalue" in options:
        return [np.clip(g, -options["clipvalue"], options["clipvalue"]) for g in gradients]
    if "clipnorm" in options:
        limit = options["clipnorm"]
        return [g * limit / max(np.sqrt(np.sum(g**2)), limit) for g in gradients]
    if "global_clipnorm" in options:
        limit = options["global_clipnorm"]
        norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
        return [g * limit / max(norm, limit) for g in gradients]
    return list(gradients)


def run(
    name: str,
    weights: Sequence[Array],
    gradients: Iterable[Sequence[Array]],
    learning_rate: float | Callable[[int], float],
    **options: Any,
) -> list[Array]:
    """The weights after a step for each element of `gradients`."""
    found = [wide(w) for w in weights]
    slots: list[dict[str, Any]] = [{} for _ in found]
    decay = options.pop("weight_decay", DECAY.get(name, 0.0))
    for step, gradient in enumerate(gradients):
        rate = learning_rate(step) if callable(learning_rate) else learning_rate
        limited = clipped([wide(g) for g in gradient], options)
        for i, g in enumerate(limited):
            w = found[i] - found[i] * decay * rate
            found[i] = RULES[name](w, g, slots[i], rate, step + 1, **options)
    return found
