"""What one row of a table computes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from fastdense.bench.nets import name_of

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
NETWORK_MODES = {
    "inference": "y = model(x)",
    "frozen": "y from x through fastdense's model.freeze(); others as in inference",
    "training": "a step of Adam on a fixed batch",
    "fit": "an epoch of fastdense's model.fit, shuffled, beside its steps alone",
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
        ``dense``, ``activation``, ``softmax``, ``dropout`` or ``network``.
    mode
        One of `DENSE_MODES`, `ELEMENTWISE_MODES` or `NETWORK_MODES`.
    shape
        ``(M, K, N)`` of a dense layer, x: (M, K), W: (K, N); ``(batch, in, ..., out)`` of a
        network; else that of x.
    dtype
        ``float32`` or ``float64``.
    function
        The activation's name, of a dense layer or alone.
    rate
        Of dropout.
    rows
        Of the epoch of a network in mode fit; others have one batch.
    """

    operation: str
    mode: str
    shape: tuple[int, ...]
    dtype: str
    function: str | None = None
    rate: float | None = None
    rows: int | None = None

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
        if self.operation == "network":
            batch, *widths = self.shape
            return f"{name_of(tuple(widths))} @ {batch}"
        shape = "x".join(map(str, self.shape))
        return f"{self.function} {shape}" if self.operation == "activation" else shape

    @property
    def title(self) -> str:
        """What all rows of a table compute."""
        if self.operation == "dense":
            text = f"dense, {self.mode}: {DENSE_MODES[self.mode]}"
            return text.replace("act", self.function) if self.function else text
        if self.operation == "network":
            rows = f"\n{self.rows} rows" if self.rows else ""
            return f"network, {self.mode}: {NETWORK_MODES[self.mode]}{rows}"
        name = f"dropout of {self.rate:g}" if self.operation == "dropout" else self.operation
        return f"{name}, {self.mode}: {ELEMENTWISE_MODES[self.mode]}"

    @property
    def is_stateful(self) -> bool:
        """Whether a call goes on from where the one before left the weights."""
        return self.mode in ("training", "fit") and self.operation == "network"

    @property
    def calls_checked(self) -> int:
        """How many first calls are compared with the right results.

        The first step's loss tells nothing of its update: the next ones' do.
        """
        return 3 if self.operation == "network" and self.mode == "training" else 1

    @property
    def unit(self) -> str:
        """Unit of `work`: floating-point operations or bytes."""
        return "FLOP" if self.operation in ("dense", "network") else "B"

    @property
    def work(self) -> int:
        """2MKN per product; of an elementwise operation the bytes it has to read and write.

        A layer in training has three products, but the first needs no gradient of its input.
        """
        if self.operation == "network":
            batch, *widths = self.shape
            per_row = [2 * k * n for k, n in pairwise(widths)]
            if self.is_stateful:
                return (self.rows or batch) * (3 * sum(per_row) - per_row[0])
            return batch * sum(per_row)
        if self.operation == "dense":
            return 2 * _PRODUCTS[self.mode] * math.prod(self.shape)
        return _STREAMS[self.operation, self.mode] * math.prod(self.shape) * self.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return np.dtype(self.dtype).itemsize

    @property
    def bytes(self) -> int:
        """Bytes of every array in and out of an operation, each once."""
        if self.operation != "dense":
            return self.work
        m, k, n = self.shape
        matrices = m * k + k * n + m * n
        return self.itemsize * (2 * matrices if self.mode == "training" else matrices)
