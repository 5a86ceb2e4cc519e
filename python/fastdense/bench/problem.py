"""What one row of a table computes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

DENSE_MODES = {
    "bare": "y = x W",
    "forward": "y = act(x W + b)",
    "training": "y = act(x W + b), then dx, dW and db from dy",
    "dx": "dx = dy Wᵀ",
    "dw": "dW = xᵀ dy",
}
ELEMENTWISE_MODES = {
    "forward": "y from x",
    "backward": "dx from dy and what forward kept",
}
_PRODUCTS = {"bare": 1, "forward": 1, "training": 3, "dx": 1, "dw": 1}
# Arrays that have to be read or written, each once. Dropout's mask need not be stored.
_STREAMS = {
    ("activation", "forward"): 2,
    ("activation", "backward"): 3,
    ("softmax", "forward"): 2,
    ("softmax", "backward"): 3,
    ("dropout", "forward"): 2,
    ("dropout", "backward"): 2,
}


@dataclass(frozen=True)
class Problem:
    """An operation on arrays of one shape and dtype.

    Parameters
    ----------
    operation
        ``dense``, ``activation``, ``softmax`` or ``dropout``.
    mode
        One of `DENSE_MODES` or `ELEMENTWISE_MODES`.
    shape
        ``(M, K, N)`` of a dense layer, x: (M, K), W: (K, N); else that of x.
    dtype
        ``float32`` or ``float64``.
    function
        The activation's name, of a dense layer or alone.
    rate
        Of dropout.
    """

    operation: str
    mode: str
    shape: tuple[int, ...]
    dtype: str
    function: str | None = None
    rate: float | None = None

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Problem:
        """Return the problem whose `to_dict` gave `fields`."""
        return cls(**{**fields, "shape": tuple(fields["shape"])})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, for JSON."""
        return asdict(self)

    @property
    def label(self) -> str:
        """What tells this row of its table from others."""
        shape = "x".join(map(str, self.shape))
        return f"{self.function} {shape}" if self.operation == "activation" else shape

    @property
    def title(self) -> str:
        """What all rows of a table compute."""
        if self.operation == "dense":
            text = f"dense, {self.mode}: {DENSE_MODES[self.mode]}"
            return text.replace("act", self.function) if self.function else text
        name = f"dropout of {self.rate:g}" if self.operation == "dropout" else self.operation
        return f"{name}, {self.mode}: {ELEMENTWISE_MODES[self.mode]}"

    @property
    def unit(self) -> str:
        """Unit of `work`: floating-point operations or bytes."""
        return "FLOP" if self.operation == "dense" else "B"

    @property
    def work(self) -> int:
        """2MKN per product; of an elementwise operation the bytes it has to read and write."""
        if self.operation == "dense":
            return 2 * _PRODUCTS[self.mode] * math.prod(self.shape)
        return _STREAMS[self.operation, self.mode] * math.prod(self.shape) * self.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return np.dtype(self.dtype).itemsize

    @property
    def bytes(self) -> int:
        """Bytes of every array in and out, each once."""
        if self.operation != "dense":
            return self.work
        m, k, n = self.shape
        matrices = m * k + k * n + m * n
        return self.itemsize * (2 * matrices if self.mode == "training" else matrices)
