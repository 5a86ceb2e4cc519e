"""Initializers: values, statistics, seeds, names and configs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import fastdense
from fastdense import initializers, layers

SHAPE = (400, 300)
COUNT = math.prod(SHAPE)
FAN_IN, FAN_OUT = SHAPE
# Standard deviation of a standard normal cut at +-2 (Keras' constant).
CUT = 0.87962566103423978
# A mean of n values is within 5 sigma / sqrt(n), a standard deviation within 5 sigma / sqrt(2 n)
# for a normal (less for the flatter laws here), but for one seed in a million; the seeds are fixed.
SIGMAS = 5.0

# Name, arguments, and the law: ("uniform", limit), ("normal", stddev) or ("truncated", resulting
# stddev).
LAWS: list[tuple[str, dict[str, Any], str, float]] = [
    ("GlorotUniform", {}, "uniform", math.sqrt(6 / (FAN_IN + FAN_OUT))),
    ("GlorotNormal", {}, "truncated", math.sqrt(2 / (FAN_IN + FAN_OUT))),
    ("HeUniform", {}, "uniform", math.sqrt(6 / FAN_IN)),
    ("HeNormal", {}, "truncated", math.sqrt(2 / FAN_IN)),
    ("LecunUniform", {}, "uniform", math.sqrt(3 / FAN_IN)),
    ("LecunNormal", {}, "truncated", math.sqrt(1 / FAN_IN)),
    ("RandomNormal", {"stddev": 0.2}, "normal", 0.2),
    ("RandomUniform", {"minval": -0.3, "maxval": 0.3}, "uniform", 0.3),
    ("TruncatedNormal", {"stddev": 0.2}, "truncated", 0.2 * CUT),
    ("VarianceScaling", {}, "truncated", math.sqrt(1 / FAN_IN)),
    (
        "VarianceScaling",
        {"mode": "fan_out", "distribution": "uniform"},
        "uniform",
        math.sqrt(3 / FAN_OUT),
    ),
    (
        "VarianceScaling",
        {"scale": 3.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
        "normal",
        math.sqrt(6 / (FAN_IN + FAN_OUT)),
    ),
]
by_law = pytest.mark.parametrize(("name", "arguments", "law", "size"), LAWS)
NAMES = [
    "zeros",
    "ones",
    "constant",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "variance_scaling",
    "orthogonal",
    "identity",
]
SEEDED = [name for name in NAMES if name not in ("zeros", "ones", "constant", "identity")]


@by_law
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_initializer_follows_its_law(
    name: str, arguments: dict[str, Any], law: str, size: float, dtype: Any
) -> None:
    values = getattr(initializers, name)(**arguments, seed=3)(SHAPE, dtype)
    assert values.shape == SHAPE and values.dtype == dtype
    stddev = size / math.sqrt(3) if law == "uniform" else size
    assert abs(values.mean(dtype=np.float64)) <= SIGMAS * stddev / math.sqrt(COUNT)
    assert abs(values.std(dtype=np.float64) - stddev) <= SIGMAS * stddev / math.sqrt(2 * COUNT)
    limit = {"uniform": size, "truncated": 2 * size / CUT, "normal": math.inf}[law]
    assert np.abs(values).max() <= limit * (1 + np.finfo(np.float32).eps)
    # Of 120,000 values the largest of a normal passes 3.5 sigma, of a bounded law comes near its
    # bound.
    assert np.abs(values).max() >= {"normal": 3.5 * size}.get(law, 0.99 * limit)


@pytest.mark.parametrize("name", SEEDED)
def test_initializer_repeats_its_values_and_differs_between_seeds(name: str) -> None:
    cls = type(initializers.get(name))
    one, same, other = cls(seed=5), cls(seed=5), cls(seed=6)
    first = one((20, 10))
    np.testing.assert_array_equal(one((20, 10)), first)
    np.testing.assert_array_equal(same((20, 10)), first)
    assert not np.any(other((20, 10)) == first)
    unseeded = cls()
    np.testing.assert_array_equal(unseeded((20, 10)), unseeded((20, 10)))
    assert not np.any(unseeded((20, 10)) == cls()((20, 10)))


def test_initializers_of_two_layers_by_name_differ_and_obey_the_process_seed() -> None:
    def kernels() -> list[Any]:
        fastdense.utils.set_random_seed(7)
        made = [layers.Dense(5) for _ in range(2)]
        for layer in made:
            layer.build((None, 6))
        return [layer.kernel.copy() for layer in made]

    one, two = kernels()
    again_one, again_two = kernels()
    assert not np.any(one == two)
    np.testing.assert_array_equal(one, again_one)
    np.testing.assert_array_equal(two, again_two)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 3, 4)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape: tuple[int, ...]) -> None:
    values = initializers.Orthogonal(gain=2.0, seed=1)(shape, np.float64)
    assert values.shape == shape
    flat = values.reshape(-1, shape[-1])
    if flat.shape[0] < flat.shape[1]:
        flat = flat.T
    # Each entry is a sum of at most 6 products of size <= 4; Householder QR adds a small multiple
    # of it.
    np.testing.assert_allclose(
        flat.T @ flat, 4 * np.eye(flat.shape[1]), atol=100 * np.finfo(np.float64).eps
    )


def test_constant_initializers_have_their_values() -> None:
    np.testing.assert_array_equal(
        initializers.Zeros()((2, 3)), np.zeros((2, 3), np.float32), strict=True
    )
    np.testing.assert_array_equal(
        initializers.Ones()((2, 3)), np.ones((2, 3), np.float32), strict=True
    )
    constant = initializers.Constant(2.5)((4,), np.float64)
    np.testing.assert_array_equal(constant, np.full(4, 2.5), strict=True)
    identity = initializers.Identity(gain=3.0)((2, 3))
    np.testing.assert_array_equal(identity, 3 * np.eye(2, 3, dtype=np.float32), strict=True)


@pytest.mark.parametrize("name", NAMES)
def test_initializer_is_found_by_name_class_instance_and_config(name: str) -> None:
    found = initializers.get(name)
    cls = type(found)
    camel = "".join(part.capitalize() for part in name.split("_"))
    assert type(initializers.get(camel)) is cls
    assert type(initializers.get(cls)) is cls
    assert initializers.get(found) is found
    clone = cls.from_config(found.get_config())
    assert clone.get_config() == found.get_config()
    assert initializers.get(initializers.serialize(found)).get_config() == found.get_config()


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("normal", "random_normal"),
        ("uniform", "random_uniform"),
        ("zero", "zeros"),
        ("one", "ones"),
    ],
)
def test_initializer_alias_is_the_named_class(alias: str, name: str) -> None:
    assert type(initializers.get(alias)) is type(initializers.get(name))


def test_initializer_may_be_any_callable() -> None:
    layer = layers.Dense(2, kernel_initializer=lambda shape, dtype=None: np.full(shape, 7, dtype))
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.kernel, np.full((3, 2), 7, np.float32), strict=True)


@pytest.mark.parametrize("bad", ["foo", 3])
def test_initializer_refuses_what_it_does_not_know(bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=str(bad)):
        initializers.get(bad)
    with pytest.raises((TypeError, ValueError), match=str(bad)):
        layers.Dense(3, kernel_initializer=bad)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("VarianceScaling", {"scale": 0}, "scale"),
        ("VarianceScaling", {"scale": -1.0}, "scale"),
        ("VarianceScaling", {"mode": "fan"}, "mode"),
        ("VarianceScaling", {"distribution": "cauchy"}, "distribution"),
        ("GlorotUniform", {"seed": 1.5}, "seed"),
    ],
)
def test_initializer_refuses_bad_arguments(
    name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(initializers, name)(**arguments)


@pytest.mark.parametrize("name", ["orthogonal", "identity"])
def test_matrix_initializer_refuses_a_vector(name: str) -> None:
    with pytest.raises(ValueError, match="shape"):
        initializers.get(name)((5,))
