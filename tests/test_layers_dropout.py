"""The Dropout layer: training and inference, seeds, noise shapes, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cases
import fastdense
from fastdense import layers

ONES = np.ones((6, 5, 40), np.float32)


def test_dropout_layer_leaves_its_input_alone_when_not_training(rng: np.random.Generator) -> None:
    x = cases.normal(rng, (6, 5), np.float32)
    x[0, :3] = [np.nan, np.inf, -0.0]
    for rate in (0.0, 0.5, 1.0):
        np.testing.assert_array_equal(layers.Dropout(rate)(x), x, strict=True)
        np.testing.assert_array_equal(layers.Dropout(rate)(x, training=False), x, strict=True)


def test_dropout_layer_repeats_its_sequence_from_its_seed() -> None:
    one, two, other = (
        layers.Dropout(0.5, seed=7),
        layers.Dropout(0.5, seed=7),
        layers.Dropout(0.5, seed=8),
    )
    sequence = [one(ONES, training=True) for _ in range(3)]
    for y in sequence:
        np.testing.assert_array_equal(two(ONES, training=True), y)
        assert np.any(other(ONES, training=True) != y)
    assert np.any(sequence[0] != sequence[1]) and np.any(sequence[1] != sequence[2])


def test_dropout_layer_inference_does_not_move_its_sequence_on() -> None:
    one, two = layers.Dropout(0.5, seed=7), layers.Dropout(0.5, seed=7)
    for _ in range(3):
        one(ONES)
        np.testing.assert_array_equal(one(ONES, training=True), two(ONES, training=True))


def test_dropout_layers_without_seed_differ_and_obey_the_process_seed() -> None:
    def masks() -> list[Any]:
        fastdense.utils.set_random_seed(11)
        return [layers.Dropout(0.5)(ONES, training=True) for _ in range(2)]

    one, two = masks()
    again_one, again_two = masks()
    assert np.any(one != two)
    np.testing.assert_array_equal(one, again_one)
    np.testing.assert_array_equal(two, again_two)


def test_dropout_layer_backward_uses_the_mask_of_its_last_forward(rng: np.random.Generator) -> None:
    layer = layers.Dropout(0.5, seed=3)
    for _ in range(3):
        y = layer(ONES, training=True)
        dy = cases.normal(rng, ONES.shape, np.float32)
        np.testing.assert_array_equal(layer.backward(dy), y * dy)
    assert layer.gradients == []


@pytest.mark.parametrize(
    ("noise_shape", "constant"),
    [
        ((None, 1, None), 1),
        ((6, 1, 40), 1),
        ((1, 1, 40), (0, 1)),
        ((1, 40), (0, 1)),
        ([6, 5, 1], 2),
    ],
    ids=str,
)
def test_dropout_layer_drops_whole_units_by_noise_shape(noise_shape: Any, constant: Any) -> None:
    layer = layers.Dropout(0.5, noise_shape=noise_shape, seed=3)
    y = layer(ONES, training=True)
    np.testing.assert_array_equal(np.ptp(y, axis=constant), 0)
    assert 0 < np.count_nonzero(y) < y.size
    np.testing.assert_array_equal(layer.backward(ONES), y)


def test_dropout_layer_gives_zeros_and_zero_gradients_when_rate_is_one() -> None:
    layer = layers.Dropout(1.0)
    x = ONES.copy()
    x[0] = np.nan
    np.testing.assert_array_equal(layer(x, training=True), np.zeros_like(x), strict=True)
    np.testing.assert_array_equal(layer.backward(x), np.zeros_like(x), strict=True)


def test_dropout_layer_is_identity_when_rate_is_zero(rng: np.random.Generator) -> None:
    x = cases.normal(rng, (6, 5), np.float32)
    layer = layers.Dropout(0.0)
    np.testing.assert_array_equal(layer(x, training=True), x)
    np.testing.assert_array_equal(layer.backward(x), x)


def test_dropout_layer_drops_even_when_not_trainable() -> None:
    layer = layers.Dropout(0.5, seed=3, trainable=False)
    assert np.any(layer(ONES, training=True) == 0)
    assert layer.weights == []


@pytest.mark.parametrize("rate", [-0.1, 1.1, 5, np.nan])
def test_dropout_layer_refuses_a_rate_outside_zero_to_one(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        layers.Dropout(rate)


@pytest.mark.parametrize("noise_shape", ["abc", 3, (1.5, 2), (0, 2), (-1, 2), ("a",)], ids=str)
def test_dropout_layer_refuses_a_noise_shape_of_anything_but_positive_integers(
    noise_shape: Any,
) -> None:
    with pytest.raises((TypeError, ValueError), match="noise_shape"):
        layers.Dropout(0.5, noise_shape=noise_shape)


def test_dropout_layer_refuses_a_noise_shape_that_does_not_broadcast() -> None:
    layer = layers.Dropout(0.5, noise_shape=(3, 40))
    with pytest.raises(ValueError, match="noise_shape"):
        layer(ONES, training=True)


@pytest.mark.parametrize("seed", [1.5, "1"])
def test_dropout_layer_refuses_a_seed_that_is_no_integer(seed: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="seed"):
        layers.Dropout(0.5, seed=seed)(ONES, training=True)
