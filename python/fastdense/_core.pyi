"""Types of the compiled core. `fastdense.ops` is its public face."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Array: TypeAlias = NDArray[np.floating[Any]]
_Code: TypeAlias = tuple[int, float, float, float]

ACTIVATIONS: dict[str, int]

def dense(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None,
    code: _Code,
    out: _Array | None = None,
) -> _Array: ...
def dense_forward(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None,
    code: _Code,
) -> tuple[_Array, _Array, _Array, _Array | None]: ...
def dense_backward(
    dy: ArrayLike,
    x_used: _Array,
    kernel_used: _Array,
    saved: _Array | None,
    code: _Code,
    needs_input_grad: bool,
    needs_kernel_grad: bool,
    needs_bias_grad: bool,
) -> tuple[_Array | None, _Array | None, _Array | None]: ...
def activation(x: ArrayLike, code: _Code, out: _Array | None = None) -> _Array: ...
def activation_forward(x: ArrayLike, code: _Code) -> tuple[_Array, _Array | None]: ...
def activation_backward(dy: ArrayLike, saved: _Array | None, code: _Code) -> _Array: ...
def dropout(
    x: ArrayLike, rate: float, seed: int, noise_shape: tuple[int, ...] | None = None
) -> _Array: ...
def prelu_forward(x: ArrayLike, alpha: ArrayLike) -> tuple[_Array, _Array]: ...
def prelu_backward(dy: ArrayLike, x_used: _Array, alpha: ArrayLike) -> tuple[_Array, _Array]: ...
def get_num_threads() -> int: ...
def requested_num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def config() -> dict[str, object]: ...
