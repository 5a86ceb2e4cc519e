"""What layers accept: ranks, subclasses of arrays, masks, dtypes, call arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastdense import layers
from layer_cases import LAYERS, LayerCase

by_layer = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)


@by_layer
@pytest.mark.parametrize("training", [False, True])
def test_layer_refuses_rank_0_and_stays_unbuilt(case: LayerCase, training: bool) -> None:
    layer = case.make()
    with pytest.raises(ValueError, match=r"ndim=0.*\(\)"):
        layer(np.array(1, np.float32), training=training)
    assert not layer.built
    layer(np.ones(case.input_shape, np.float32), training=training)


@by_layer
def test_layer_refuses_an_unknown_call_argument_and_stays_unbuilt(case: LayerCase) -> None:
    layer = case.make(name="some_name")
    with pytest.raises(TypeError, match=r"some_name.*unknown"):
        layer(np.ones(case.input_shape, np.float32), unknown=1)
    assert not layer.built


@by_layer
def test_layer_refuses_masked_elements(case: LayerCase) -> None:
    values = np.ones(case.input_shape, np.float32)
    layer = case.make()
    with pytest.raises(TypeError, match="mask"):
        layer(np.ma.masked_array(values, mask=values > 0))
    y = layer(np.ma.masked_array(values))
    assert type(y) is np.ndarray
    np.testing.assert_array_equal(y, layer(values))


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_layer_treats_a_matrix_as_the_array_it_is() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    for layer in (layers.Identity(), layers.Reshape((2, 2)), layers.Dense(2), layers.Flatten()):
        y = layer(np.asmatrix(x))
        assert type(y) is np.ndarray
        np.testing.assert_array_equal(y, layer(x))


def test_layer_converts_to_c_order() -> None:
    assert layers.Identity()(np.asfortranarray(np.ones((3, 4)))).flags.c_contiguous


@pytest.mark.parametrize(
    "dtype",
    [{}, {"config": None}, {"config": {}}, {"config": {"name": "int8"}}, [], np.ones(3), 3, "foo",
     np.int8, ">f4", list],
    ids=str,
)  # fmt: skip
def test_layer_refuses_a_dtype_that_is_neither_float32_nor_float64(dtype: Any) -> None:
    with pytest.raises(ValueError, match="dtype"):
        layers.Dense(3, dtype=dtype)


@pytest.mark.parametrize(
    "dtype",
    ["float64", "f8", float, np.float64, np.dtype(np.float64),
     {"class_name": "DTypePolicy", "config": {"name": "float64"}}],
    ids=str,
)  # fmt: skip
def test_layer_accepts_every_spelling_of_a_dtype(dtype: Any) -> None:
    assert layers.Dense(3, dtype=dtype).dtype == "float64"
    assert layers.Dense(3).dtype == "float32"
