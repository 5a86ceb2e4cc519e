"""A layer after a call that raised: as it was before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastdense import layers

X = np.ones((2, 4), np.float32)


def test_layer_is_not_half_built_when_its_build_raises() -> None:
    shapes = iter([(7,), (3,)])
    layer = layers.Dense(3, bias_initializer=lambda shape, dtype: np.ones(next(shapes)))
    with pytest.raises(ValueError, match=r"bias.*\(7,\)"):
        layer.build((None, 4))
    assert not layer.built and layer.weights == []
    with pytest.raises(AttributeError):
        _ = layer.kernel
    assert layer(np.ones((2, 5), np.float32)).shape == (2, 3), "nothing of the first shape is left"


def test_dense_refuses_units_that_glu_cannot_halve_before_it_is_built() -> None:
    layer = layers.Dense(3, activation="glu")
    with pytest.raises(ValueError, match=r"divisible by 2.*3\)"):
        layer(X)
    assert not layer.built and layer.weights == []


def test_layer_refuses_a_second_weight_of_a_name() -> None:
    class Twice(layers.Identity):
        def build(self, input_shape: Any) -> None:
            self.first = self.add_weight((2,), "zeros", name="a")
            self.add_weight((3,), "zeros", name="a")

    layer = Twice()
    with pytest.raises(ValueError, match="'a' already"):
        layer(X)
    assert layer.weights == [] and not hasattr(layer, "first")


def test_subclass_adds_weights_after_the_build_of_its_base() -> None:
    class Scaled(layers.Dense):
        def build(self, input_shape: Any) -> None:
            super().build(input_shape)
            self.scale = self.add_weight((self.units,), "ones", name="scale")

    layer = Scaled(3)
    layer(X)
    assert layer.built and [weight.shape for weight in layer.weights] == [(4, 3), (3,), (3,)]
    with pytest.raises(ValueError, match="already built"):
        layer.add_weight((1,), name="late")


def test_dropout_draws_no_mask_when_its_call_raises() -> None:
    layer, other = (layers.Dropout(0.5, noise_shape=(None, 4), seed=1) for _ in range(2))
    with pytest.raises(ValueError, match="noise_shape"):
        layer(np.ones((2, 5), np.float32), training=True)
    np.testing.assert_array_equal(layer(X, training=True), other(X, training=True))


def test_layer_keeps_its_step_when_the_activity_regularizer_raises() -> None:
    class OnceOnly:
        calls = 0

        def __call__(self, y: Any) -> float:
            self.calls += 1
            if self.calls > 1:
                raise RuntimeError("a second call")
            return 0.0

        def gradient(self, y: Any) -> Any:
            return np.zeros_like(y)

    layer = layers.ReLU(activity_regularizer=OnceOnly())
    layer(X, training=True)
    with pytest.raises(RuntimeError, match="second"):
        layer(np.ones((7, 4), np.float32), training=True)
    np.testing.assert_array_equal(layer.backward(X), X)


@pytest.mark.parametrize("result", [RuntimeError(), np.ones((1, 3)), np.ones(7)], ids=repr)
def test_apply_constraints_changes_all_weights_or_none(result: Any) -> None:
    def bad(w: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    layer = layers.Dense(3, kernel_constraint="unit_norm", bias_constraint=bad)
    layer(X)
    before = layer.get_weights()
    with pytest.raises((RuntimeError, ValueError)):
        layer.apply_constraints()
    for weight, old in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_set_weights_takes_views_of_the_weights_as_they_were() -> None:
    layer = layers.Dense(3)
    layer.build((None, 1))
    layer.set_weights([[[1, 2, 3]], [4, 5, 6]])
    layer.set_weights([layer.bias[None, :], layer.kernel[0]])
    np.testing.assert_array_equal(layer.kernel, [[4, 5, 6]])
    np.testing.assert_array_equal(layer.bias, [1, 2, 3])
    layer.bias = layer.bias[::-1]
    np.testing.assert_array_equal(layer.bias, [3, 2, 1])


def test_set_weights_refuses_masked_elements() -> None:
    layer = layers.Dense(3)
    layer.build((None, 1))
    with pytest.raises(TypeError, match="mask"):
        layer.bias = np.ma.masked_array(np.zeros(3), mask=[True, False, False])
