"""What is made from a file: weights of zeros, and nothing beyond an allowance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastdense import Input, Model, Sequential, layers, metrics
from fastdense.layers.loading import Allowance, loading


def never(shape: Any, dtype: Any) -> Any:
    raise AssertionError("the initializer ran")


def test_weights_to_be_loaded_are_zeros_and_no_initializer_runs() -> None:
    layer = layers.Dense(3, kernel_initializer=never, bias_initializer="ones", dtype="float64")
    with loading(Allowance(8 * (2 * 3 + 3), 0, 0)):
        layer.build((None, 2))
    np.testing.assert_array_equal(layer.kernel, np.zeros((2, 3)))
    np.testing.assert_array_equal(layer.bias, np.zeros(3))
    assert layer.kernel.dtype == layer.bias.dtype == np.float64


@pytest.mark.parametrize("units", [4, 10**6, 10**12, 10**30])
def test_weights_larger_than_what_is_there_are_refused_unallocated(units: int) -> None:
    layer = layers.Dense(units)
    with loading(Allowance(4 * (2 * 3 + 3), 0, 0)), pytest.raises(ValueError, match="larger than"):
        layer.build((None, 2))
    assert not layer.built and layer.weights == []


def test_weights_are_initialized_again_after_the_block() -> None:
    with pytest.raises(ValueError, match="larger"), loading(Allowance(0, 0, 0)):
        layers.Dense(3).build((None, 2))
    layer = layers.Dense(3, bias_initializer="ones")
    layer.build((None, 2))
    np.testing.assert_array_equal(layer.bias, np.ones(3))


def test_calls_of_a_network_are_counted() -> None:
    def make() -> Model:
        inner = Sequential([Input((2,)), layers.ReLU(), layers.ReLU()])  # 2 calls of its own
        x = Input((2,))
        return Model(x, inner(inner(x)))  # and 4 more

    with loading(Allowance(0, 0, 6)):
        make()
    with loading(Allowance(0, 0, 5)), pytest.raises(ValueError, match="larger than can be"):
        make()


@pytest.mark.parametrize(
    "arguments",
    [{"num_thresholds": 10**15}, {"multi_label": True, "num_labels": 10**12}],
    ids=["thresholds", "labels"],
)
def test_counts_of_metrics_are_bounded(arguments: dict[str, Any]) -> None:
    with loading(Allowance(0, 10**6, 0)):
        metrics.AUC()
        with pytest.raises(ValueError, match="larger than what may be loaded"):
            metrics.AUC(**arguments)
