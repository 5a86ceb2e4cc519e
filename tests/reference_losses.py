"""Losses in NumPy and float64, as Keras documents them: values of samples along the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import Array, wide

EPSILON = 1e-7


def _clip(p: Array, dtype: Any) -> Array:
    """What probabilities are clipped to: the bounds are numbers of the computing type."""
    scalar = np.dtype(dtype).type
    return np.clip(p, float(scalar(EPSILON)), float(scalar(1 - EPSILON)))


def _softmax(x: Array) -> Array:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def mean_squared_error(t: Array, p: Array, dtype: Any) -> Array:
    return np.mean((t - p) ** 2, axis=-1)


def mean_absolute_error(t: Array, p: Array, dtype: Any) -> Array:
    return np.mean(np.abs(t - p), axis=-1)


def mean_absolute_percentage_error(t: Array, p: Array, dtype: Any) -> Array:
    return 100 * np.mean(np.abs(t - p) / np.maximum(np.abs(t), EPSILON), axis=-1)


def mean_squared_logarithmic_error(t: Array, p: Array, dtype: Any) -> Array:
    difference = np.log1p(np.maximum(p, EPSILON)) - np.log1p(np.maximum(t, EPSILON))
    return np.mean(difference**2, axis=-1)


def huber(t: Array, p: Array, dtype: Any, delta: float = 1.0) -> Array:
    e = np.abs(t - p)
    return np.mean(np.where(e <= delta, e**2 / 2, delta * e - delta**2 / 2), axis=-1)


def log_cosh(t: Array, p: Array, dtype: Any) -> Array:
    return np.mean(np.log(np.cosh(p - t)), axis=-1)


def poisson(t: Array, p: Array, dtype: Any) -> Array:
    return np.mean(p - t * np.log(p + EPSILON), axis=-1)


def _signs(t: Array) -> Array:
    return 2 * t - 1 if np.all((t == 0) | (t == 1)) else t


def hinge(t: Array, p: Array, dtype: Any) -> Array:
    return np.mean(np.maximum(1 - _signs(t) * p, 0), axis=-1)


def squared_hinge(t: Array, p: Array, dtype: Any) -> Array:
    return np.mean(np.maximum(1 - _signs(t) * p, 0) ** 2, axis=-1)


def categorical_hinge(t: Array, p: Array, dtype: Any) -> Array:
    pos, neg = np.sum(t * p, axis=-1), np.max((1 - t) * p, axis=-1)
    return np.maximum(neg - pos + 1, 0)


def cosine_similarity(t: Array, p: Array, dtype: Any) -> Array:
    def unit(x: Array) -> Array:
        return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), EPSILON)

    return -np.sum(unit(t) * unit(p), axis=-1)


def kl_divergence(t: Array, p: Array, dtype: Any) -> Array:
    t, p = np.clip(t, EPSILON, 1), np.clip(p, EPSILON, 1)
    return np.sum(t * np.log(t / p), axis=-1)


def binary_crossentropy(
    t: Array, p: Array, dtype: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    t = t * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return np.mean(np.log1p(np.exp(-np.abs(p))) + np.maximum(p, 0) - t * p, axis=-1)
    q = _clip(p, dtype)
    return np.mean(-t * np.log(q) - (1 - t) * np.log1p(-q), axis=-1)


def categorical_crossentropy(
    t: Array, p: Array, dtype: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    t = t * (1 - label_smoothing) + label_smoothing / p.shape[-1]
    if from_logits:
        z = p - np.max(p, axis=-1, keepdims=True)
        return -np.sum(t * (z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))), axis=-1)
    q = _clip(p / np.sum(p, axis=-1, keepdims=True), dtype)
    return -np.sum(t * np.log(q), axis=-1)


def sparse_categorical_crossentropy(
    t: Array, p: Array, dtype: Any, from_logits: bool = False
) -> Array:
    one_hot = np.eye(p.shape[-1])[np.asarray(t, np.int64)]
    return categorical_crossentropy(one_hot, p, dtype, from_logits)


def binary_focal_crossentropy(
    t: Array,
    p: Array,
    dtype: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
) -> Array:
    t = t * (1 - label_smoothing) + label_smoothing / 2
    p = 1 / (1 + np.exp(-p)) if from_logits else p
    q = _clip(p, dtype)
    focus = (1 - (t * p + (1 - t) * (1 - p))) ** gamma
    weight = t * alpha + (1 - t) * (1 - alpha) if apply_class_balancing else 1.0
    return np.mean(weight * focus * (-t * np.log(q) - (1 - t) * np.log1p(-q)), axis=-1)


def categorical_focal_crossentropy(
    t: Array,
    p: Array,
    dtype: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
) -> Array:
    t = t * (1 - label_smoothing) + label_smoothing / p.shape[-1]
    p = _softmax(p) if from_logits else p
    q = _clip(p / np.sum(p, axis=-1, keepdims=True), dtype)
    return np.sum(-alpha * (1 - q) ** gamma * t * np.log(q), axis=-1)


def values(name: str, y_true: Any, y_pred: Array, **parameters: Any) -> Array:
    """The values of the samples in float64, for predictions of a computing type."""
    return globals()[name](wide(np.asarray(y_true)), wide(y_pred), y_pred.dtype, **parameters)
