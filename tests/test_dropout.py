"""ops.dropout_forward and dropout_backward: the mask, its scale, its statistics, its gradient."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import bounds
import cases
import fastdense
from fastdense import ops

by_dtype = pytest.mark.parametrize("dtype", bounds.FLOATS)
# A count of n independent events is within 5 standard deviations but for 1 run in 1.7 million; the
# seeds here are fixed, so a test that passes once passes always.
SIGMAS = 5.0
# The probability of dropping may be rounded to 16 random bits.
RATE_STEP = 2.0**-16
SAMPLE = 1 << 20


def drop(x: Any, rate: float, seed: int, noise_shape: Any = None) -> Any:
    return ops.dropout_forward(x, rate, seed, noise_shape=noise_shape)[0]


def kept(
    shape: Any, rate: float, seed: int, dtype: Any = np.float32, noise_shape: Any = None
) -> Any:
    """Boolean mask of what dropout keeps."""
    return drop(np.ones(shape, dtype), rate, seed, noise_shape) != 0


@by_dtype
@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_dropout_scales_what_it_keeps_and_zeroes_the_rest(
    rate: float, dtype: Any, rng: np.random.Generator
) -> None:
    x = cases.normal(rng, (23, 37), dtype)
    y = drop(x, rate, 5)
    mask = kept(x.shape, rate, 5, dtype)
    assert y.dtype == dtype and 0 < mask.sum() < mask.size
    np.testing.assert_array_equal(y[~mask], 0)
    # 1 / (1 - rate) is rounded (1 - rate itself too, in float64's last bit) and so is the product:
    # 3 u.
    np.testing.assert_allclose(y[mask], x[mask] / (1 - rate), rtol=3 * bounds.unit(dtype))


def test_dropout_mask_depends_on_seed_and_element_index_only() -> None:
    whole = kept((5000,), 0.3, 7)
    np.testing.assert_array_equal(kept((5000,), 0.3, 7, np.float64), whole)
    np.testing.assert_array_equal(kept((50, 100), 0.3, 7).ravel(), whole)
    np.testing.assert_array_equal(kept((10, 5, 20, 5), 0.3, 7).ravel(), whole)
    for length in [*range(1, 140), 1000, 4097]:
        np.testing.assert_array_equal(kept((length,), 0.3, 7), whole[:length])
    for threads in (1, 2, 3, 4):
        with fastdense.num_threads(threads):
            np.testing.assert_array_equal(kept((SAMPLE,), 0.3, 7)[:5000], whole)


def test_dropout_mask_is_same_whatever_the_memory_layout(rng: np.random.Generator) -> None:
    x = cases.normal(rng, (31, 45), np.float32)
    expected = drop(x, 0.4, 9)
    np.testing.assert_array_equal(drop(np.asfortranarray(x), 0.4, 9), expected)
    np.testing.assert_array_equal(drop(x[::-1, ::-1].copy()[::-1, ::-1], 0.4, 9), expected)


@by_dtype
def test_dropout_is_identity_when_rate_is_zero(dtype: Any, rng: np.random.Generator) -> None:
    x = cases.normal(rng, (9, 35), dtype)
    x[0, :5] = [np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).smallest_subnormal]
    y, residuals = ops.dropout_forward(x, 0.0, 1)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(ops.dropout_backward(x, residuals), x)


@by_dtype
@pytest.mark.parametrize("noise_shape", [None, (9, 1), (1, 35), (35,)])
def test_dropout_gives_zeros_and_zero_gradient_when_rate_is_one(
    noise_shape: Any, dtype: Any, rng: np.random.Generator
) -> None:
    x = cases.normal(rng, (9, 35), dtype)
    x[0, :3] = [np.nan, np.inf, -np.inf]
    y, residuals = ops.dropout_forward(x, 1.0, 1, noise_shape=noise_shape)
    np.testing.assert_array_equal(y, np.zeros_like(x), strict=True)
    np.testing.assert_array_equal(ops.dropout_backward(x, residuals), np.zeros_like(x), strict=True)


@by_dtype
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_dropout_gives_zero_when_the_dropped_value_is_not_finite(
    special: float, dtype: Any
) -> None:
    for length in range(1, 71):
        mask = kept((length,), 0.5, 11)
        y = drop(np.full(length, special, dtype), 0.5, 11)
        np.testing.assert_array_equal(y, np.where(mask, special, 0.0))


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 0.5, 0.75, 0.99])
@pytest.mark.parametrize("seed", [0, 1, 12345, 2**32, 2**64 - 1])
def test_dropout_keeps_the_expected_fraction(rate: float, seed: int) -> None:
    mask = kept((SAMPLE,), rate, seed)
    sigma = np.sqrt(rate * (1 - rate) / SAMPLE)
    assert abs(mask.mean() - (1 - rate)) <= SIGMAS * sigma + RATE_STEP


def test_dropout_masks_of_different_seeds_are_independent() -> None:
    seeds = [0, 1, 2, 3, 1000, 2**31, 2**32, 2**32 + 1, 2**63, 2**64 - 1]
    masks = [kept((SAMPLE // 4,), 0.5, seed) for seed in seeds]
    for one, two in itertools.combinations(masks, 2):
        agreement = np.mean(one == two)
        assert abs(agreement - 0.5) <= SIGMAS * 0.5 / np.sqrt(one.size)


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 7, 8, 15, 16, 32, 64, 128, 1024])
def test_dropout_elements_of_one_mask_are_independent(lag: int) -> None:
    mask = kept((SAMPLE,), 0.5, 21)
    agreement = np.mean(mask[lag:] == mask[:-lag])
    assert abs(agreement - 0.5) <= SIGMAS * 0.5 / np.sqrt(SAMPLE - lag)


@by_dtype
@pytest.mark.parametrize(
    ("noise_shape", "constant"),
    [
        ((6, 1, 40), (1,)),
        ((1, 1, 40), (0, 1)),
        ((1, 40), (0, 1)),
        ((40,), (0, 1)),
        ((6, 5, 1), (2,)),
        ((6, 1, 1), (1, 2)),
        ((None, 1, None), (1,)),
    ],
    ids=str,
)
def test_dropout_drops_whole_units_along_the_ones_of_noise_shape(
    noise_shape: Any, constant: tuple[int, ...], dtype: Any, rng: np.random.Generator
) -> None:
    x = cases.normal(rng, (6, 5, 40), dtype)
    y, residuals = ops.dropout_forward(x, 0.5, 3, noise_shape=noise_shape)
    np.testing.assert_array_equal(y[y != 0], 2 * x[y != 0])
    mask = y != 0
    assert 0 < mask.sum() < mask.size
    first = mask
    for axis in constant:
        first = np.take(first, [0], axis=axis)
    np.testing.assert_array_equal(mask, np.broadcast_to(first, mask.shape))
    # Every axis that is not constant varies somewhere.
    for axis in set(range(3)) - set(constant):
        assert np.any(mask != np.take(mask, [0], axis=axis))
    dy = cases.normal(rng, x.shape, dtype)
    dx = ops.dropout_backward(dy, residuals)
    np.testing.assert_array_equal(dx, np.where(mask, 2 * dy, 0))


def test_dropout_noise_shape_of_x_is_the_default() -> None:
    np.testing.assert_array_equal(
        kept((6, 5, 40), 0.5, 3, noise_shape=(6, 5, 40)), kept((6, 5, 40), 0.5, 3)
    )


@by_dtype
def test_dropout_backward_uses_the_mask_and_scale_of_the_forward(
    dtype: Any, rng: np.random.Generator
) -> None:
    for length in (1, 15, 16, 17, 70, 5000):
        x, dy = cases.normal(rng, (length,), dtype), cases.normal(rng, (length,), dtype)
        _, residuals = ops.dropout_forward(x, 0.3, 17)
        dx = ops.dropout_backward(dy, residuals)
        np.testing.assert_array_equal(dx, drop(dy, 0.3, 17), strict=True)
        np.testing.assert_array_equal(dx, ops.dropout_backward(dy, residuals))


@pytest.mark.parametrize("rate", [-0.1, 1.1, np.nan, np.inf])
def test_dropout_refuses_a_rate_outside_zero_to_one(rate: float) -> None:
    with pytest.raises(ValueError, match=r"rate.*(0.*1)"):
        ops.dropout_forward(np.ones(3), rate, 0)


@pytest.mark.parametrize("rate", ["0.5", None, 1j])
def test_dropout_refuses_a_rate_that_is_no_number(rate: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="rate"):
        ops.dropout_forward(np.ones(3), rate, 0)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1"])
def test_dropout_refuses_a_seed_that_is_no_64_bit_integer(seed: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="seed"):
        ops.dropout_forward(np.ones(3), 0.5, seed)


@pytest.mark.parametrize(
    "noise_shape", [(2,), (3, 4, 4), (1, 3, 4), (3, 0), (-1, 4), (4, 3), (2**70, 4)], ids=str
)
def test_dropout_refuses_a_noise_shape_that_does_not_broadcast(noise_shape: Any) -> None:
    with pytest.raises(ValueError, match="noise_shape"):
        ops.dropout_forward(np.ones((3, 4)), 0.5, 0, noise_shape=noise_shape)


@pytest.mark.parametrize("noise_shape", [3, "ab", (1.5, 4), (3, "4")], ids=str)
def test_dropout_refuses_a_noise_shape_that_is_no_sequence_of_integers(noise_shape: Any) -> None:
    with pytest.raises(TypeError, match="noise_shape"):
        ops.dropout_forward(np.ones((3, 4)), 0.5, 0, noise_shape=noise_shape)


def test_dropout_backward_refuses_dy_of_another_shape() -> None:
    _, residuals = ops.dropout_forward(np.ones((3, 4)), 0.5, 0)
    with pytest.raises(ValueError, match=r"dy.*\(3, 4\)"):
        ops.dropout_backward(np.ones((4, 3)), residuals)
