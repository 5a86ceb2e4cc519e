"""How gradients are clipped, if at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastdense import _core

if TYPE_CHECKING:
    from fastdense._typing import FloatArray


class Clipping(NamedTuple):
    """A name of `_core.CLIPPINGS`, and the limit."""

    kind: str
    limit: float


def clipping_of(
    clipnorm: float | None, clipvalue: float | None, global_clipnorm: float | None
) -> Clipping:
    """Return the way of clipping that is set; as in Keras, a limit of 0 or less is none."""
    for kind, limit in (("norm", clipnorm), ("global_norm", global_clipnorm), ("value", clipvalue)):
        if limit is not None and limit > 0:
            return Clipping(kind, float(limit))
    return Clipping("none", 0.0)


def clipped(gradients: Sequence[FloatArray], clipping: Clipping) -> list[FloatArray]:
    """Return the clipped gradients, for updates in Python; the core clips by itself."""
    kind, limit = clipping
    if kind == "value":
        return [np.clip(gradient, -limit, limit) for gradient in gradients]
    squares = [_core.sum_of_squares(gradient) for gradient in gradients] if kind != "none" else []
    if kind == "norm":
        scales = [_scale_to(limit, math.sqrt(square)) for square in squares]
    elif kind == "global_norm":
        norm = math.sqrt(sum(squares))
        # All become NaN if the norm is infinite, as in Keras.
        scales = [_scale_to(limit, norm) + (norm - norm)] * len(gradients)
    else:
        return list(gradients)
    return [
        gradient * gradient.dtype.type(s) for gradient, s in zip(gradients, scales, strict=True)
    ]


def _scale_to(limit: float, norm: float) -> float:
    return 1.0 if norm <= limit else limit / norm
