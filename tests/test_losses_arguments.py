"""Losses: what they refuse, names and configs, codes of the core, losses of one's own."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
import pytest

from fastdense import _core, losses
from loss_cases import ALL_CASES, CORE_CASES, LossCase
from reference import Array

P = np.full((3, 4), 0.25, np.float32)
LABELS = np.array([0, 3, 1])
MSE = (_core.LOSSES["mean_squared_error"], 0.0, 0.0)
SPARSE = (_core.LOSSES["sparse_categorical_crossentropy"], 0.0, 0.0)


@pytest.mark.parametrize(
    ("y_true", "message"),
    [
        ([0, 4, 1], r"label 4 at index \(1,\), expected labels in \[0, 4\)"),
        ([0, 1, -1], r"label -1 at index \(2,\)"),
        (np.array([2**63, 0, 0], np.uint64), "label -9223372036854775808 at index"),
        ([0.5, 1, 2], "holds 0.5, expected integers"),
        ([np.nan, 1, 2], "holds nan"),
        ([1e300, 1, 2], r"holds 1e\+300"),
        ([0, 1], r"shape \(2,\), expected \(3,\) for y_pred of shape \(3, 4\)"),
        (P, r"shape \(3, 4\), expected \(3,\)"),
    ],
)
def test_labels_that_are_no_classes_are_refused(y_true: Any, message: str) -> None:
    for call in (losses.SparseCategoricalCrossentropy(), losses.sparse_categorical_crossentropy):
        with pytest.raises(ValueError, match=message):
            call(np.asarray(y_true), P)
    with pytest.raises(ValueError, match=message):
        losses.prepare_targets(
            losses.SparseCategoricalCrossentropy(), np.asarray(y_true), P.shape, P.dtype
        )


def test_labels_may_lie_unaligned() -> None:
    labels = np.array([2, 0, 1, 1])
    unaligned = np.ndarray(labels.shape, labels.dtype, b"\0" + labels.tobytes(), 1)
    assert not unaligned.flags.aligned
    p = np.full((4, 3), 1 / 3, np.float32) + np.eye(4, 3, dtype=np.float32)
    loss = losses.SparseCategoricalCrossentropy()
    assert loss(unaligned, p) == loss(labels, p)


@pytest.mark.parametrize("case", [c for c in ALL_CASES if c.targets != "labels"], ids=str)
@pytest.mark.parametrize("shape", [(3, 1), (4, 3), (3, 4, 2), (4,), ()])
def test_targets_of_another_shape_are_refused(case: LossCase, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"y_true has shape .*, expected"):
        case.make().value_and_gradient(np.zeros(shape, np.float32), P)
    with pytest.raises(ValueError, match=r"y_true has shape .*, expected"):
        losses.prepare_targets(case.make(), np.zeros(shape), P.shape, P.dtype)


@pytest.mark.parametrize("loss", [losses.MeanSquaredError(), losses.BinaryFocalCrossentropy()])
@pytest.mark.parametrize("shape", [(2,), (4,), (3, 4), (3, 1, 1)])
def test_sample_weights_of_another_shape_are_refused(
    loss: losses.Loss, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"sample_weight has shape .*, expected \(3,\)"):
        loss(P, P, np.ones(shape))


def test_arrays_of_no_real_numbers_are_refused() -> None:
    loss = losses.MeanSquaredError()
    for arguments in ((P + 1j, P), (P, P + 1j), (P, P, 1j), ([["a"]], P)):
        with pytest.raises(TypeError, match=r"real numbers.*Received"):
            loss(*arguments)
    for labels in (np.array(["a", "b", "c"]), LABELS + 0j):
        with pytest.raises(TypeError, match="expected integers"):
            losses.SparseCategoricalCrossentropy()(labels, P)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"reduction": "average"}, ValueError, "reduction=average"),
        ({"axis": True}, TypeError, "axis=True"),
        ({"axis": 1.0}, TypeError, "axis=1.0"),
        ({"label_smoothing": 1.5}, ValueError, "label_smoothing=1.5"),
        ({"label_smoothing": np.nan}, ValueError, "label_smoothing=nan"),
        ({"dtype": "int32"}, ValueError, "int32"),
    ],
)
def test_constructor_refuses(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        losses.CategoricalCrossentropy(**arguments)


@pytest.mark.parametrize("axis", [2, -3])
def test_axis_that_is_not_there_is_refused(axis: int) -> None:
    for name in ("CosineSimilarity", "BinaryFocalCrossentropy", "SparseCategoricalCrossentropy"):
        loss = getattr(losses, name)(axis=axis)
        with pytest.raises(ValueError, match=rf"axis={axis}, y_pred.shape=\(3, 4\)"):
            loss.value_and_gradient(LABELS if name.startswith("Sparse") else P, P)


def test_training_needs_one_number() -> None:
    for loss in (losses.Hinge(reduction=None), losses.BinaryFocalCrossentropy(reduction="none")):
        with pytest.raises(ValueError, match="training needs one number"):
            loss.value_and_gradient(P, P)


def test_one_class_alone_makes_crossentropy_warn() -> None:
    with pytest.warns(UserWarning, match="binary_crossentropy"):
        losses.CategoricalCrossentropy()(np.ones((3, 1)), np.ones((3, 1)))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ((), TypeError),
        ([0, 0.0, 0.0], TypeError),
        ((0, 0.0, 0.0, 0.0), TypeError),
        ((-1, 0.0, 0.0), ValueError),
        ((len(_core.LOSSES), 0.0, 0.0), ValueError),
        (("mse", 0.0, 0.0), TypeError),
        ((0, "a", 0.0), TypeError),
    ],
    ids=str,
)
def test_core_refuses_a_loss_code_that_is_none(code: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        _core.loss(code, P, P, None, 1.0, True, True)


def test_core_refuses_arrays_that_do_not_fit() -> None:
    for arguments, error, message in (
        ((MSE, P[:2], P, None), ValueError, r"y_true has shape \(2, 4\), expected \(3, 4\)"),
        ((MSE, P, np.float32(1), None), ValueError, "y_pred has rank 0"),
        ((MSE, P, P, np.ones(2)), ValueError, r"sample_weight has shape \(2,\), expected \(3,\)"),
        ((SPARSE, LABELS[:2], P, None), ValueError, r"y_true has shape \(2,\)"),
        ((SPARSE, LABELS + 1, P, None), ValueError, "label 4 in row 1"),
        ((SPARSE, LABELS.astype(np.int32), P, None), TypeError, "int64"),
        ((SPARSE, np.repeat(LABELS, 2)[::2], P, None), TypeError, "int64"),
    ):
        with pytest.raises(error, match=message):
            _core.loss(*arguments, 1.0, True, True)


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_loss_round_trips_through_config(case: LossCase) -> None:
    loss = case.make(reduction="sum", name="mine")
    config = losses.serialize(loss)
    assert isinstance(config, dict) and config["module"] == "keras.losses"
    again = losses.get(config)
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert loss.get_config().items() >= {**case.params, "reduction": "sum", "name": "mine"}.items()


@pytest.mark.parametrize("case", ALL_CASES, ids=str)
def test_function_stands_for_its_class(case: LossCase) -> None:
    function = getattr(losses, case.function)
    cls = getattr(losses, case.class_name)
    assert function.__name__ == case.function
    for identifier in (function, case.function, case.class_name, cls, losses.serialize(function)):
        assert type(losses.get(identifier)) is cls
    bound = losses.get(functools.partial(function, **case.params))
    assert type(bound) is cls and bound.get_config() == case.make().get_config()
    signature = inspect.signature(function)
    assert not {"reduction", "name", "dtype"} & set(signature.parameters)
    assert set(case.params) <= set(signature.parameters)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("mse", "mean_squared_error"),
        ("MAE", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("MSLE", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("KLD", "kl_divergence"),
        ("huber", "huber_loss"),
    ],
)
def test_loss_has_keras_aliases(alias: str, name: str) -> None:
    found = losses.get(alias)
    assert found is not None and found.name == name


def test_get_refuses_what_is_no_loss() -> None:
    assert losses.get(None) is None
    for identifier in ("mean", 3, {"class_name": "Nothing", "config": {}}):
        with pytest.raises(ValueError, match="loss identifier"):
            losses.get(identifier)


@pytest.mark.parametrize("case", CORE_CASES, ids=str)
def test_code_of_the_core_computes_the_loss(case: LossCase, rng: np.random.Generator) -> None:
    y_true, y_pred = case.data(rng, (9, 4), np.float32)
    code = case.make().lower()
    assert code is not None and code == case.make(reduction="mean").lower()
    targets = losses.prepare_targets(case.make(), y_true, y_pred.shape, y_pred.dtype)
    total, _, gradient = _core.loss(code, targets, y_pred, None, 1 / 9, False, True)
    value, expected = case.make().value_and_gradient(y_true, y_pred)
    assert total / 9 == value
    np.testing.assert_array_equal(gradient, expected)


def test_what_the_core_does_not_know_has_no_code() -> None:
    class Mine(losses.MeanSquaredError):
        def call(self, y_true: Any, y_pred: Array) -> Array:
            return np.zeros(len(y_pred))

    for loss in (
        Mine(),
        losses.MeanSquaredError(reduction="sum"),
        losses.MeanSquaredError(reduction=None),
        losses.MeanSquaredError(dtype="float64"),
        losses.CategoricalCrossentropy(axis=1),
        losses.SparseCategoricalCrossentropy(ignore_class=0),
        losses.BinaryFocalCrossentropy(),
    ):
        assert loss.lower() is None


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("BinaryCrossentropy", "sigmoid"),
        ("CategoricalCrossentropy", "softmax"),
        ("SparseCategoricalCrossentropy", "softmax"),
    ],
)
def test_on_logits_is_the_same_loss(name: str, activation: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal((8, 5))
    e = np.exp(x)
    p = e / (1 + e) if activation == "sigmoid" else e / e.sum(axis=1, keepdims=True)
    y_true = rng.integers(0, 5, 8) if name.startswith("Sparse") else rng.dirichlet(np.ones(5), 8)
    loss = getattr(losses, name)(reduction="sum")
    fused = loss.on_logits(activation)
    assert type(fused) is type(loss) and fused.from_logits and not loss.from_logits
    assert fused(y_true, x) == pytest.approx(loss(y_true, p), rel=1e-13)
    assert fused.get_config() == {**loss.get_config(), "from_logits": True}
    other = "softmax" if activation == "sigmoid" else "sigmoid"
    assert loss.on_logits(other) is None and fused.on_logits(activation) is None
    assert getattr(losses, name)(axis=0).on_logits(activation) is None
    assert losses.MeanSquaredError().on_logits(activation) is None


class Scaled(losses.Loss):
    """A loss of one's own, with a gradient."""

    def call(self, y_true: Any, y_pred: Array) -> Array:
        """Twice the sum of squares."""
        return np.asarray(2 * np.sum((y_true - y_pred) ** 2, axis=-1))

    def gradient(self, y_true: Any, y_pred: Array) -> Array:
        """Its derivative."""
        return np.asarray(4 * (y_pred - y_true))


def test_own_loss_is_reduced_and_weighted(rng: np.random.Generator) -> None:
    y_true, y_pred = rng.standard_normal((2, 6, 3))
    weights = rng.uniform(0, 2, 6)
    for reduction in ("mean", "sum", "mean_with_sample_weight"):
        value, gradient = Scaled(reduction=reduction).value_and_gradient(y_true, y_pred, weights)
        same = losses.MeanSquaredError(reduction=reduction)
        expected, slopes = same.value_and_gradient(y_true, y_pred, weights)
        assert value == pytest.approx(6 * expected, rel=1e-13)
        np.testing.assert_allclose(gradient, 6 * slopes, rtol=1e-13)
    assert Scaled().name == "scaled" and Scaled().lower() is None
    again = losses.deserialize(losses.serialize(Scaled("s", "sum")), {"Scaled": Scaled})
    assert isinstance(again, Scaled) and again.get_config() == {"name": "s", "reduction": "sum"}


def absolute(y_true: Array, y_pred: Array) -> Array:
    return np.asarray(np.mean(np.abs(y_true - y_pred), axis=-1))


def test_any_function_is_a_loss_and_trains_with_a_gradient() -> None:
    y_true, y_pred = np.zeros((2, 2), np.float32), np.float32([[1, -2], [3, 4]])
    loss = losses.get(absolute)
    assert loss is not None and loss.name == "absolute"
    assert loss(y_true, y_pred) == 2.5
    with pytest.raises(TypeError, match="gradient"):
        loss.value_and_gradient(y_true, y_pred)
    absolute.gradient = lambda t, p: np.sign(p - t) / 2  # type: ignore[attr-defined]
    try:
        value, gradient = loss.value_and_gradient(y_true, y_pred)
    finally:
        del absolute.gradient  # type: ignore[attr-defined]
    assert value == 2.5
    np.testing.assert_array_equal(gradient, [[0.25, -0.25], [0.25, 0.25]])


def test_own_gradient_of_another_shape_is_refused() -> None:
    class Wrong(Scaled):
        def gradient(self, y_true: Any, y_pred: Array) -> Array:
            return np.zeros(3)

    with pytest.raises(ValueError, match=r"`gradient` returned shape \(3,\), expected \(3, 4\)"):
        Wrong().value_and_gradient(P, P)


def test_loss_computes_in_the_dtype_of_the_predictions_or_its_own() -> None:
    wide, narrow = P.astype(np.float64), P.astype(np.float16)
    for dtype, y_pred, expected in (
        (None, P, np.float32),
        (None, wide, np.float64),
        (None, narrow, np.float32),
        (None, P.tolist(), np.float32),
        ("float64", P, np.float64),
        ("float32", wide, np.float32),
    ):
        _, gradient = losses.MeanSquaredError(dtype=dtype).value_and_gradient(P + 1, y_pred)
        assert gradient.dtype == expected


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.float32, bool])
def test_labels_may_be_of_any_kind(kind: Any, rng: np.random.Generator) -> None:
    y_pred = rng.uniform(0.1, 1, (4, 2))
    labels = np.array([0, 1, 1, 0])
    loss = losses.SparseCategoricalCrossentropy()
    expected = loss(labels, y_pred)
    assert loss(labels.astype(kind), y_pred) == expected == loss(labels.reshape(4, 1), y_pred)
    prepared = losses.prepare_targets(loss, labels[:, None].astype(kind), (4, 2), y_pred.dtype)
    assert prepared.dtype == np.int64 and prepared.shape == (4,)
