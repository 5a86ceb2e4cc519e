"""State, configs and subclasses of optimizers."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from arrays import Guarded
from fastdense import optimizers
from fastdense.optimizers import schedules
from optimizer_cases import CASES, CONFIGURATIONS, label, make, weights_and_gradients
from reference import Array

by_configuration = pytest.mark.parametrize("case", CONFIGURATIONS, ids=label)


@by_configuration
def test_training_resumes_bit_for_bit_from_config_and_variables(
    case: tuple[str, dict[str, Any]], rng: np.random.Generator
) -> None:
    name, options = case
    weights, gradients = weights_and_gradients(rng, 6)
    optimizer = make(name, options)
    for gradient in gradients[:3]:
        optimizer.apply(gradient, weights)
    store: dict[str, Array] = {}
    optimizer.save_own_variables(store)
    config = json.loads(json.dumps(optimizers.serialize(optimizer)))
    copies = [w.copy() for w in weights]
    for gradient in gradients[3:]:
        optimizer.apply(gradient)

    resumed = optimizers.deserialize(config)
    resumed.build(copies)
    resumed.load_own_variables(store)
    assert resumed.iterations == 3 and resumed.learning_rate == 0.01
    for gradient in gradients[3:]:
        resumed.apply(gradient)
    for a, b in zip([*weights, *optimizer.variables], [*copies, *resumed.variables], strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@by_configuration
def test_copies_go_on_with_copies_of_the_weights(
    case: tuple[str, dict[str, Any]], duplicate: Any, rng: np.random.Generator
) -> None:
    weights, gradients = weights_and_gradients(rng, 3)
    optimizer = make(*case)
    optimizer.apply(gradients[0], weights)
    other, copies = duplicate((optimizer, weights))
    optimizer.apply(gradients[1])
    other.apply(gradients[1], copies)
    for a, b in zip([*weights, *optimizer.variables], [*copies, *other.variables], strict=True):
        np.testing.assert_array_equal(a, b, strict=True)
        assert not np.may_share_memory(a, b)


def test_loading_another_number_of_variables_warns_and_changes_nothing() -> None:
    optimizer = optimizers.Adam(0.5)
    with pytest.warns(UserWarning, match=r"has 2 variables .* 3 variables.* not been built yet"):
        optimizer.load_own_variables({"0": np.ones(()), "1": np.ones(()), "2": np.ones(3)})
    assert optimizer.iterations == 0 and optimizer.learning_rate == 0.5


def test_set_weights_takes_all_or_none() -> None:
    optimizer = optimizers.SGD(0.5, momentum=0.5)
    with pytest.raises(ValueError, match="not yet been built"):
        optimizer.set_weights([])
    optimizer.build([np.ones(3, np.float32)])
    good = [np.array(7), np.array(0.25), np.ones(3)]
    for wrong, error, message in (
        (good[:2], ValueError, r"expected 3 arrays\. Received: 2"),
        ([*good[:2], np.ones(4)], ValueError, r"variable 2 has shape \(3,\).*shape \(4,\)"),
        ([*good[:2], np.ones(3, complex)], TypeError, "variable 2 has dtype float32.*complex"),
    ):
        with pytest.raises(error, match=message):
            optimizer.set_weights(wrong)
        assert optimizer.iterations == 0 and optimizer.learning_rate == 0.5
    optimizer.set_weights(good)
    assert optimizer.iterations == 7 and optimizer.learning_rate == 0.25
    np.testing.assert_array_equal(optimizer.slots_of(0)[0], 1)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_config_round_trip(case: tuple[str, dict[str, Any]]) -> None:
    optimizer = make(*case)
    config = optimizers.serialize(optimizer)
    assert config["module"] == "keras.optimizers" and config["class_name"] == case[0]
    again = optimizers.get(json.loads(json.dumps(config)))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert repr(again) == repr(optimizer)


def test_config_holds_the_schedule() -> None:
    optimizer = optimizers.Adam(schedules.CosineDecay(0.1, 10, warmup_target=0.5, warmup_steps=4))
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert [again._learning_rate(step) for step in range(20)] == [
        optimizer._learning_rate(step) for step in range(20)
    ]


@pytest.mark.parametrize("name", ["adam", "Adam", "ADAM", "adamw", "RMSprop", "rmsprop", "sgd"])
def test_names_are_case_insensitive(name: str) -> None:
    found = optimizers.get(name)
    assert type(found).__name__.lower() == name.lower()


def test_get_passes_instances_and_none_on() -> None:
    optimizer = optimizers.Nadam()
    assert optimizers.get(optimizer) is optimizer
    assert optimizers.get(None) is None


class Sign(optimizers.Optimizer):
    """Momentum of signs, made as for Keras."""

    def build(self, weights: Any, names: Any = None) -> None:
        super().build(weights, names)
        self.averages = self.add_optimizer_variables(weights, "average")

    def update_step(self, gradient: Any, weight: Any, learning_rate: float) -> None:
        average = self.averages[self._get_variable_index(weight)]
        average += 0.5 * (np.sign(gradient) - average)
        weight -= learning_rate * average


def test_own_optimizer_is_clipped_and_decays(rng: np.random.Generator) -> None:
    weights = [np.full(2, 8.0), np.full(2, 8.0)]
    optimizer = Sign(0.5, weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_list=[weights[1]])
    optimizer.apply([np.array([3.0, -3.0])] * 2, weights)
    np.testing.assert_array_equal(weights, [[7 - 0.25, 7 + 0.25], [8 - 0.25, 8 + 0.25]])
    assert optimizer.settings() is None
    assert optimizer.iterations == 1 and len(optimizer.variables) == 4
    config = optimizers.serialize(optimizer)
    assert type(optimizers.deserialize(config, {"Sign": Sign})) is Sign
    with pytest.raises(ValueError, match="custom_objects"):
        optimizers.deserialize(config)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_subclass_that_calls_the_update_step_it_overrides(
    case: tuple[str, dict[str, Any]], rng: np.random.Generator
) -> None:
    """The step made in Python, weight by weight, is the one made in the core."""
    name, options = case
    base = getattr(optimizers, name)

    class Same(base):  # type: ignore[misc, valid-type]
        def update_step(self, gradient: Any, weight: Any, learning_rate: float) -> None:
            super().update_step(gradient, weight, learning_rate)

    weights, gradients = weights_and_gradients(rng, 5, np.float64)
    copies = [w.copy() for w in weights]
    optimizer, same = base(0.01, **options), Same(0.01, **options)
    assert same.settings() is None and optimizer.settings() is not None
    for gradient in gradients:
        optimizer.apply(gradient, weights)
        same.apply(gradient, copies)
    for a, b in zip([*weights, *optimizer.variables], [*copies, *same.variables], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("member", ["apply", "current_learning_rate", "update_step"])
def test_subclass_with_a_step_of_its_own_is_not_lowered(member: str) -> None:
    original = getattr(optimizers.SGD, member)
    own = type("Own", (optimizers.SGD,), {member: lambda *args: original(*args)})
    assert own().settings() is None
    assert type("Own", (optimizers.SGD,), {})().settings() is not None


@pytest.mark.parametrize("offset", [0, 4, 16, 60])
@pytest.mark.parametrize("shape", [(), (5,), (300, 7)])
def test_state_begins_where_its_weight_does_in_a_cache_line(
    shape: tuple[int, ...], offset: int
) -> None:
    weight = Guarded(shape, np.float32, offset).array
    optimizer = optimizers.Adagrad()
    optimizer.build([weight])
    (accumulator,) = optimizer.slots_of(0)
    assert accumulator.shape == shape and accumulator.dtype == np.float32
    assert np.all(accumulator == np.float32(0.1))
    assert (accumulator.ctypes.data - weight.ctypes.data) % 64 == 0


def test_add_variable_makes_state() -> None:
    optimizer = Sign(0.5)
    made = optimizer.add_variable((2, 3), "ones", "float64")
    assert made.shape == (2, 3) and made.dtype == np.float64 and np.all(made == 1)
    assert optimizer.variables[-1] is made
    beside = optimizer.add_variable_from_reference(np.ones(3, np.float32), name="beside")
    assert beside.shape == (3,) and beside.dtype == np.float32 and not beside.any()
    first, second = optimizer.add_optimizer_variables([np.ones(2), np.ones(3)], ["a", "b"])
    assert [a.size for a in optimizer.variables[-4:]] == [2, 2, 3, 3]
    assert optimizer.slots_of(1) == [first[1], second[1]]
