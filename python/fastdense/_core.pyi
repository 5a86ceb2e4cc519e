"""Types of the compiled core. `fastdense.ops` is its public face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Array: TypeAlias = NDArray[np.floating[Any]]
_Code: TypeAlias = tuple[int, float, float, float]
_LossCode: TypeAlias = tuple[int, float, float]

_Settings: TypeAlias = tuple[int, float, float, float, float, float, int, float]

ACTIVATIONS: dict[str, int]
CONSTRAINTS: dict[str, int]
CLIPPINGS: dict[str, int]
OPTIMIZERS: dict[str, int]
LOSSES: dict[str, int]

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
def prelu_backward(dy: ArrayLike, x: _Array, alpha: ArrayLike) -> tuple[_Array, _Array]: ...
def penalty(x: ArrayLike, l1: float, l2: float) -> float: ...
def penalty_gradient(x: ArrayLike, l1: float, l2: float, scale: float = 1.0) -> _Array: ...
def constrain(w: ArrayLike, code: _Code) -> _Array: ...
def sum_of_squares(x: ArrayLike) -> float: ...
def update(
    settings: _Settings,
    learning_rate: float,
    iteration: int,
    state: _Array | None,
    weights: Sequence[_Array],
    gradients: Sequence[ArrayLike],
    slots: Sequence[Sequence[_Array]],
    decays: Sequence[bool],
) -> None: ...
def loss(
    code: _LossCode,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None,
    scale: float,
    needs_rows: bool,
    needs_grad: bool,
) -> tuple[float, _Array | None, _Array | None]: ...
def label_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None, top_k: int
) -> tuple[float, float]: ...
def one_hot_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None, top_k: int
) -> tuple[float, float]: ...
def threshold_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None, threshold: float
) -> tuple[float, float]: ...
def multiply_add_peak(dtype: str, steps: int) -> tuple[float, int]: ...
def stream_read(x: ArrayLike, passes: int) -> float: ...
def stream_write(y: _Array, passes: int) -> None: ...
def stream_copy(x: ArrayLike, y: _Array, passes: int) -> None: ...
def get_num_threads() -> int: ...
def requested_num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def config() -> dict[str, object]: ...

_Node: TypeAlias = tuple[str, tuple[int, ...], int, int, _Code, int | None, int | None, float]
_Parameter: TypeAlias = tuple[int, int, bool, float, float, _Code | None, bool, Sequence[_Array]]

class Network:
    def __init__(
        self,
        dtype: str,
        sizes: Sequence[int],
        inputs: Sequence[tuple[int, tuple[int, ...]]],
        outputs: Sequence[tuple[int, tuple[int, ...]]],
        nodes: Sequence[_Node],
        parameters: Sequence[_Array],
        is_frozen: bool = False,
    ) -> None: ...
    def run(self, inputs: Sequence[_Array]) -> list[_Array] | None: ...
    def __call__(self, x: object) -> _Array | None: ...

class Trainer:
    def __init__(
        self,
        dtype: str,
        sizes: Sequence[int],
        inputs: Sequence[tuple[int, tuple[int, ...]]],
        outputs: Sequence[tuple[int, tuple[int, ...]]],
        nodes: Sequence[_Node],
        arrays: Sequence[_Array],
        parameters: Sequence[_Parameter],
        losses: Sequence[tuple[_LossCode, float, _Code | None]],
        optimizer: _Settings,
        state: _Array | None,
    ) -> None: ...
    def step(
        self,
        inputs: Sequence[_Array],
        targets: Sequence[NDArray[Any] | None],
        weights: Sequence[_Array | None],
        samples: NDArray[np.int64] | None,
        seeds: Sequence[int],
        learning_rate: float,
        iteration: int,
        wants_predictions: bool,
    ) -> tuple[float, list[float], list[_Array]]: ...
    def test(
        self,
        inputs: Sequence[_Array],
        targets: Sequence[NDArray[Any] | None],
        weights: Sequence[_Array | None],
        samples: NDArray[np.int64] | None,
        wants_predictions: bool,
    ) -> tuple[float, list[float], list[_Array]]: ...
