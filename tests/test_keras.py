"""Against Keras itself, where it is installed with a backend: values, layers, laws, configs.

Keras computes in float32; both sides are compared with bounds relative to the float64 reference's
size, so a difference of definition shows and Keras' own rounding doesn't.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bounds
import cases
from fastdense import activations, constraints, initializers, layers, regularizers
from keras_backend import import_keras

keras = import_keras()
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
# Keras' float32 functions are within a few ulp of their size; a wrong constant or slope is off by
# 1e-4 and more.
TOLERANCE = 64 * bounds.unit(np.float32)


def numpy(tensor: Any) -> Any:
    return keras.ops.convert_to_numpy(tensor)


# Keras' sparsemax adds up the cumulative sums of the support where the definition it cites (Martins
# and Astudillo, 2016) takes the last one: with more than one element in the support its result
# doesn't sum to 1 [3.15, torch, NumPy].
COMPARABLE = [case for case in cases.ALL_CASES if case.name != "sparsemax"]


@pytest.mark.parametrize("case", COMPARABLE, ids=str)
def test_activation_equals_keras(case: cases.Case, rng: np.random.Generator) -> None:
    special = [
        0.0,
        0.25,
        0.5,
        1.0,
        -1.0,
        3.0,
        -3.0,
        6.0,
        -0.5,
        20.0,
        -20.0,
        30.0,
        -30.0,
        1e-4,
        -1e-4,
        1e4,
    ]
    x = np.concatenate([rng.uniform(-8, 8, 984), special]).astype(np.float32).reshape(20, 50)
    if case.name == "exponential":
        x = np.minimum(x, 30)
    expected = numpy(getattr(keras.activations, case.name)(x, **case.params))
    got = getattr(activations, case.name)(x, **case.params)
    # Softmax and its kin sum over rows that hold 1e4; the elementwise ones round relative to their
    # input.
    scale = 1 + np.abs(x).max() if case in cases.SOFTMAX_CASES else 1 + np.abs(expected)
    bounds.assert_within(got, np.float64(expected), TOLERANCE * scale, str(case))


def test_sparsemax_equals_keras_when_one_element_is_the_support(rng: np.random.Generator) -> None:
    x = (rng.permuted(np.arange(-20, 20, 4.0), axis=0) * np.ones((3, 1))).astype(np.float32)
    expected = numpy(keras.activations.sparsemax(x))
    np.testing.assert_array_equal(activations.sparsemax(x), expected, strict=True)
    assert expected.max() == 1


@pytest.mark.parametrize("name", sorted({case.name for case in cases.ALL_CASES}))
def test_activation_signature_equals_keras(name: str) -> None:
    import inspect

    def defaults(function: Any) -> dict[str, Any]:
        found = inspect.signature(function).parameters
        return {
            key: value.default for key, value in found.items() if key != "alpha" or name != "relu"
        }

    assert defaults(getattr(activations, name)) == defaults(getattr(keras.activations, name))


def test_activations_of_keras_are_all_here() -> None:
    offered = {name for name in dir(keras.activations) if not name.startswith("_")}
    assert offered - {name for name in dir(activations) if not name.startswith("_")} == set()


LAYERS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "Dense": ("Dense", {"units": 7, "activation": "tanh"}, (4, 6)),
    "Dense-rank-3": ("Dense", {"units": 7, "use_bias": False}, (4, 3, 6)),
    "Dense-regularized": (
        "Dense",
        {
            "units": 7,
            "kernel_regularizer": "l2",
            "bias_regularizer": "l1",
            "activity_regularizer": "l2",
        },
        (4, 6),
    ),
    "Activation": ("Activation", {"activation": "gelu"}, (4, 6)),
    "ReLU": ("ReLU", {"max_value": 2.0, "negative_slope": 0.25, "threshold": 0.5}, (4, 6)),
    "LeakyReLU": ("LeakyReLU", {}, (4, 6)),
    "PReLU": ("PReLU", {"alpha_initializer": "ones", "shared_axes": [1]}, (4, 3, 6)),
    "ELU": ("ELU", {"alpha": 0.5}, (4, 6)),
    "Softmax": ("Softmax", {"axis": 1}, (4, 3, 6)),
    "Softmax-joint": ("Softmax", {"axis": [1, 2]}, (4, 3, 6)),
    "Flatten": ("Flatten", {}, (4, 3, 6)),
    "Reshape": ("Reshape", {"target_shape": (9, -1)}, (4, 3, 6)),
    "Identity": ("Identity", {}, (4, 6)),
    "Dropout": ("Dropout", {"rate": 0.5, "seed": 3}, (4, 6)),
}
by_layer = pytest.mark.parametrize(("name", "arguments", "shape"), LAYERS.values(), ids=LAYERS)


@by_layer
def test_layer_equals_keras_layer_with_the_same_weights(
    name: str, arguments: dict[str, Any], shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    ours, theirs = getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments)
    ours.build(shape)
    theirs.build(shape)
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert ours.count_params() == theirs.count_params()
    weights = [rng.standard_normal(w.shape).astype(np.float32) for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    x = rng.standard_normal(shape).astype(np.float32)
    np.testing.assert_allclose(ours(x), numpy(theirs(x)), rtol=TOLERANCE, atol=TOLERANCE)
    losses = [float(numpy(keras.ops.convert_to_tensor(loss))) for loss in theirs.losses]
    np.testing.assert_allclose([float(loss) for loss in ours.losses], losses, rtol=TOLERANCE)
    batchless = (None, *shape[1:])
    assert tuple(ours.compute_output_shape(batchless)) == tuple(
        theirs.compute_output_shape(batchless)
    )


@by_layer
def test_layer_config_has_the_keys_and_values_of_keras(
    name: str, arguments: dict[str, Any], shape: tuple[int, ...]
) -> None:
    ours = getattr(layers, name)(**arguments, name="same").get_config()
    theirs = getattr(keras.layers, name)(**arguments, name="same").get_config()
    # The dtype policy's spelling and Keras' quantization stay Keras' own.
    for key in set(theirs) - {"dtype", "quantization_config"}:
        assert key in ours, f"Keras' config has {key}"
        if not isinstance(theirs[key], dict):
            same = (
                list(ours[key]) == list(theirs[key])
                if isinstance(theirs[key], list | tuple)
                else ours[key] == theirs[key]
            )
            assert same, f"{key}: {ours[key]!r}, Keras has {theirs[key]!r}"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("GlorotUniform", {}),
        ("GlorotNormal", {}),
        ("HeUniform", {}),
        ("HeNormal", {}),
        ("LecunUniform", {}),
        ("LecunNormal", {}),
        ("RandomNormal", {}),
        ("RandomUniform", {}),
        ("TruncatedNormal", {}),
        (
            "VarianceScaling",
            {"scale": 3.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
        ),
        ("Orthogonal", {"gain": 2.0}),
    ],
)
def test_initializer_has_the_spread_of_keras(name: str, arguments: dict[str, Any]) -> None:
    shape = (400, 300)
    ours = getattr(initializers, name)(**arguments, seed=1)(shape)
    theirs = numpy(getattr(keras.initializers, name)(**arguments, seed=1)(shape))
    # Two standard deviations of 120,000 values each: 5 sigma of their difference is 5 /
    # sqrt(120000), relative. Keras' truncation on torch lets 4% ** 4 of the values stand at what
    # its first draw gave: far below that.
    assert ours.std() == pytest.approx(theirs.std(), rel=5 / np.sqrt(ours.size))


@pytest.mark.parametrize(
    ("kind", "name", "arguments"),
    [
        ("regularizers", "L1", {"l1": 0.25}),
        ("regularizers", "L2", {"l2": 0.25}),
        ("regularizers", "L1L2", {"l1": 0.25, "l2": 0.5}),
        ("regularizers", "OrthogonalRegularizer", {"factor": 0.5}),
        ("regularizers", "OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
        ("constraints", "MaxNorm", {"max_value": 1.5, "axis": 1}),
        ("constraints", "NonNeg", {}),
        ("constraints", "UnitNorm", {"axis": 0}),
        ("constraints", "MinMaxNorm", {"min_value": 0.5, "max_value": 1.5, "rate": 0.5, "axis": 0}),
    ],
)
def test_regularizer_and_constraint_equal_keras(
    kind: str, name: str, arguments: dict[str, Any], rng: np.random.Generator
) -> None:
    w = rng.standard_normal((7, 5)).astype(np.float32)
    ours = getattr({"regularizers": regularizers, "constraints": constraints}[kind], name)(
        **arguments
    )
    theirs = getattr(getattr(keras, kind), name)(**arguments)
    # As a tensor: for a NumPy array Keras' own normalize takes axis 0 for the last one.
    expected = numpy(theirs(keras.ops.convert_to_tensor(w)))
    np.testing.assert_allclose(ours(w), expected, rtol=TOLERANCE, atol=TOLERANCE)
    assert ours.get_config() == pytest.approx(theirs.get_config())


def test_dropout_mask_statistics_equal_keras() -> None:
    x = np.ones((200, 5, 100), np.float32)
    arguments: dict[str, Any] = {"rate": 0.3, "noise_shape": (None, 1, None), "seed": 5}
    ours = layers.Dropout(**arguments)(x, training=True)
    theirs = numpy(keras.layers.Dropout(**arguments)(x, training=True))
    # 20,000 independent decisions on either side.
    sigma = np.sqrt(2 * 0.3 * 0.7 / 20_000)
    assert abs(np.mean(ours > 0) - np.mean(theirs > 0)) <= 5 * sigma
    np.testing.assert_allclose(ours.max(), theirs.max(), rtol=TOLERANCE)
    np.testing.assert_array_equal(np.ptp(ours, axis=1), 0)
