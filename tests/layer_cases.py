"""One configured instance of every layer, for what all layers have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fastdense import layers


class LayerCase(NamedTuple):
    """How to make a layer, the input shape to use it on (batch included) and the output shape
    there."""

    make: Callable[..., Any]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


LAYERS: dict[str, LayerCase] = {
    "Dense": LayerCase(lambda **kw: layers.Dense(7, "tanh", **kw), (4, 6), (4, 7)),
    "Dense-rank-3": LayerCase(lambda **kw: layers.Dense(7, **kw), (4, 3, 6), (4, 3, 7)),
    "Dense-no-bias": LayerCase(lambda **kw: layers.Dense(7, use_bias=False, **kw), (4, 6), (4, 7)),
    "Dense-configured": LayerCase(
        lambda **kw: layers.Dense(
            7,
            activation="gelu",
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l2",
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
            **kw,
        ),
        (4, 6),
        (4, 7),
    ),
    "Activation": LayerCase(lambda **kw: layers.Activation("softplus", **kw), (4, 3, 6), (4, 3, 6)),
    "Activation-glu": LayerCase(lambda **kw: layers.Activation("glu", **kw), (4, 6), (4, 3)),
    "Dropout": LayerCase(lambda **kw: layers.Dropout(0.5, seed=3, **kw), (4, 3, 6), (4, 3, 6)),
    "Dropout-units": LayerCase(
        lambda **kw: layers.Dropout(0.5, noise_shape=(None, 1, 6), seed=3, **kw),
        (4, 3, 6),
        (4, 3, 6),
    ),
    "ReLU": LayerCase(
        lambda **kw: layers.ReLU(max_value=2.0, negative_slope=0.25, threshold=0.5, **kw),
        (4, 6),
        (4, 6),
    ),
    "LeakyReLU": LayerCase(lambda **kw: layers.LeakyReLU(0.125, **kw), (4, 6), (4, 6)),
    "PReLU": LayerCase(
        lambda **kw: layers.PReLU("random_normal", shared_axes=[1], **kw), (4, 3, 6), (4, 3, 6)
    ),
    "ELU": LayerCase(lambda **kw: layers.ELU(alpha=0.5, **kw), (4, 6), (4, 6)),
    "Softmax": LayerCase(lambda **kw: layers.Softmax(axis=1, **kw), (4, 3, 6), (4, 3, 6)),
    "Softmax-joint": LayerCase(
        lambda **kw: layers.Softmax(axis=[1, 2], **kw), (4, 3, 6), (4, 3, 6)
    ),
    "Flatten": LayerCase(lambda **kw: layers.Flatten(**kw), (4, 3, 6), (4, 18)),
    "Reshape": LayerCase(lambda **kw: layers.Reshape((9, -1), **kw), (4, 3, 6), (4, 9, 2)),
    "Identity": LayerCase(lambda **kw: layers.Identity(**kw), (4, 3, 6), (4, 3, 6)),
}
