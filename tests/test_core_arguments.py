"""The compiled core checks what it is given, whoever calls it: wrong input raises, no crash."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from fastdense import _core

X = np.ones((3, 4), np.float32)
KERNEL = np.ones((4, 2), np.float32)
LINEAR = (_core.ACTIVATIONS["linear"], 0.0, 0.0, 0.0)
RELU = (_core.ACTIVATIONS["relu"], 0.0, 0.0, 0.0)


class Unwilling:
    def __float__(self) -> float:
        raise ArithmeticError("no number")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ((), TypeError),
        ([0, 0.0, 0.0, 0.0], TypeError),
        ((0, 0.0, 0.0), TypeError),
        ((-1, 0.0, 0.0, 0.0), ValueError),
        ((10**6, 0.0, 0.0, 0.0), ValueError),
        ((10**30, 0.0, 0.0, 0.0), OverflowError),
        (("relu", 0.0, 0.0, 0.0), TypeError),
        ((1, Unwilling(), 0.0, 0.0), ArithmeticError),
        ((1, 0.0, 0.0, "a"), TypeError),
    ],
    ids=str,
)
def test_core_refuses_an_activation_code_that_is_none(code: Any, error: type[Exception]) -> None:
    for call in (
        lambda: _core.activation(X, code),
        lambda: _core.activation_backward(X, X, code),
        lambda: _core.dense(X, KERNEL, None, code),
    ):
        with pytest.raises(error):
            call()


@pytest.mark.parametrize(
    "noise_shape", [(1,) * 3, (1,) * 200, (-1,) * 9, (2, 4), (2**70, 4), (1, 3), 3, "ab", (1, 4.0)]
)
def test_core_refuses_a_noise_shape_that_does_not_broadcast(noise_shape: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="noise_shape"):
        _core.dropout(X, 0.5, 1, noise_shape)


def test_core_backward_refuses_what_no_forward_returned() -> None:
    with pytest.raises(TypeError, match="saved"):
        _core.activation_backward(X, None, RELU)
    with pytest.raises(ValueError, match="dy has shape"):
        _core.dense_backward(X, X, KERNEL, None, LINEAR, True, True, True)
    with pytest.raises((TypeError, ValueError), match="saved"):
        _core.dense_backward(X[:, :2], X, KERNEL, None, RELU, True, True, True)


@pytest.mark.parametrize("kind", ["activation", "dropout", "dense"])
def test_core_refuses_a_node_with_more_inputs_than_it_reads(kind: str) -> None:
    nodes = [(kind, (0, 1), 2, 1, RELU, 0, None, 0.0)]
    ends = [(0, (2,)), (1, (6,))], [(2, (8,))]
    with pytest.raises(ValueError, match="only sums and concatenations take several"):
        _core.Network("float32", [2, 6, 8], *ends, nodes, [np.ones((2, 8), np.float32)])


def test_core_refuses_a_network_of_another_dtype() -> None:
    with pytest.raises(ValueError, match=r"network: dtype must be .* got 'float16'"):
        _core.Network("float16", [], [], [], [], [])


def test_core_refuses_unaligned_labels() -> None:
    labels = np.frombuffer(bytearray(25), np.int64, offset=1)
    code = (_core.LOSSES["sparse_categorical_crossentropy"], 0.0, 0.0)
    with pytest.raises(TypeError, match="aligned"):
        _core.loss(code, labels, X, None, 1.0, False, False)


def test_core_refuses_glu_inside_dense() -> None:
    with pytest.raises(ValueError, match="glu"):
        _core.dense(X, KERNEL, None, (_core.ACTIVATIONS["glu"], 0.0, 0.0, 0.0))


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax", "glu", "relu"])
def test_core_returns_at_once_when_rows_are_empty(name: str) -> None:
    code = (_core.ACTIVATIONS[name], 0.0, 0.0, 0.0)
    # A loop over so many rows would not end in this life.
    x = np.empty((2**60, 0), np.float32)
    y, saved = _core.activation_forward(x, code)
    assert y.shape == x.shape
    assert _core.activation_backward(y, saved, code).shape == x.shape


def test_core_refuses_a_noise_shape_of_more_axes_than_arrays_have() -> None:
    with pytest.raises(ValueError, match="noise_shape must not have more axes"):
        _core.dropout(X, 0.5, 1, (1,) * 65)


def test_core_makes_no_more_threads_than_can_be_useful() -> None:
    before = _core.requested_num_threads()
    try:
        _core.set_num_threads(10**6)
        assert _core.requested_num_threads() == 10**6
        assert _core.get_num_threads() <= 8 * (os.cpu_count() or 1)
    finally:
        _core.set_num_threads(before)
    with pytest.raises(ValueError, match="n must not be negative"):
        _core.set_num_threads(-1)


def test_core_sums_the_columns_of_a_wide_matrix() -> None:
    dy = np.ones((130, 40000), np.float32)
    x = np.zeros((130, 1), np.float32)
    kernel = np.zeros((1, 40000), np.float32)
    _, _, db = _core.dense_backward(dy, x, kernel, None, LINEAR, False, False, True)
    np.testing.assert_array_equal(db, np.full(40000, 130, np.float32))


def test_import_names_any_bytes_of_the_environment_it_cannot_use() -> None:
    environment = {**os.environb, b"FASTDENSE_ISA": b"\xff"}
    done = subprocess.run(
        [sys.executable, "-c", "import fastdense"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ImportError: FASTDENSE_ISA='\\xff' is not an instruction set" in done.stderr
