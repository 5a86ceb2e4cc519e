"""What optimizers refuse, and that nothing is written then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fastdense import _core, optimizers
from fastdense.optimizers import schedules

BUILT_IN = ["SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adamax", "Nadam"]
by_name = pytest.mark.parametrize("name", BUILT_IN)


def built(name: str = "Adam") -> tuple[Any, list[Any]]:
    weights = [np.ones((2, 3), np.float32), np.ones(3, np.float32)]
    optimizer = getattr(optimizers, name)()
    optimizer.build(weights)
    return optimizer, weights


GOOD = [np.ones((2, 3)), np.ones(3)]
MASKED = np.ma.masked_array(np.ones(3), [True, False, False])
WRONG: dict[str, tuple[list[Any], type[Exception], str]] = {
    "shape": ([GOOD[0], np.ones(4)], ValueError, r"gradient 1 has shape \(4,\), expected \(3,\)"),
    "broadcastable": ([GOOD[0], np.ones(())], ValueError, r"gradient 1 has shape \(\)"),
    "rank": ([np.ones(6), GOOD[1]], ValueError, r"gradient 0 has shape \(6,\)"),
    "none": ([None, GOOD[1]], TypeError, "gradient 0 is None"),
    "complex": ([GOOD[0], np.ones(3, complex)], TypeError, "gradient 1: expected an array of real"),
    "text": ([GOOD[0], np.array(["a"] * 3)], TypeError, "gradient 1: expected an array of real"),
    "longdouble": ([GOOD[0], np.ones(3, np.longdouble)], TypeError, "gradient 1"),
    "masked": ([GOOD[0], MASKED], TypeError, "gradient 1: masks are not supported"),
    "too few": ([GOOD[0]], ValueError, "Received a list of 1 gradients.* tracking 2"),
    "too many": ([*GOOD, GOOD[1]], ValueError, "Received a list of 3 gradients.* tracking 2"),
}


@by_name
@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_gradients_are_refused_before_anything_is_written(wrong: str, name: str) -> None:
    gradients, error, message = WRONG[wrong]
    optimizer, weights = built(name)
    before = [variable.copy() for variable in optimizer.variables]
    with pytest.raises(error, match=message):
        optimizer.apply(gradients)
    for weight in weights:
        np.testing.assert_array_equal(weight, 1)
    for variable, old in zip(optimizer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, old)


def test_gradient_that_is_the_weight_itself_is_refused() -> None:
    optimizer, weights = built()
    with pytest.raises(ValueError, match="gradient 1 shares memory with weight 0"):
        optimizer.apply([GOOD[0], weights[0][0]])
    np.testing.assert_array_equal(weights[0], 1)


def test_step_before_build_needs_weights() -> None:
    with pytest.raises(ValueError, match="the optimizer must already be built"):
        optimizers.SGD().apply(GOOD)


def test_weights_of_another_build_are_unknown() -> None:
    optimizer, weights = built()
    with pytest.raises(ValueError, match=r"Unknown variable: an array of shape \(3,\)"):
        optimizer.apply(GOOD, [weights[0], weights[1].copy()])
    np.testing.assert_array_equal(weights[0], 1)


READ_ONLY = np.ones(3, np.float32)
READ_ONLY.flags.writeable = False
SHARED = np.ones((2, 3), np.float32)
BAD_WEIGHTS: dict[str, tuple[list[Any], type[Exception], str]] = {
    "list": ([[1.0, 2.0]], TypeError, "weight 0 must be a float32 or float64 array, got list"),
    "integers": ([np.ones(3, int)], TypeError, "weight 0 must be .*, got int64"),
    "read-only": ([READ_ONLY], ValueError, "weight 0 must be writable"),
    "strided": ([np.ones((4, 4), np.float32)[:, ::2]], ValueError, "C-contiguous"),
    "mixed": ([np.ones(1, np.float32), np.ones(1)], ValueError, "one dtype.*float32.*float64"),
    "twice": ([SHARED, SHARED], ValueError, "weights 0 and 1 share memory"),
    "overlapping": ([SHARED, SHARED[1]], ValueError, "weights 0 and 1 share memory"),
}


@pytest.mark.parametrize("bad", BAD_WEIGHTS)
def test_build_refuses_weights_it_cannot_update(bad: str) -> None:
    weights, error, message = BAD_WEIGHTS[bad]
    optimizer = optimizers.Adam()
    with pytest.raises(error, match=message):
        optimizer.build(weights)
    assert not optimizer.built


def test_names_match_weights() -> None:
    with pytest.raises(ValueError, match=r"one name per weight, 1\. Received: 2"):
        optimizers.SGD().build([np.ones(3)], ["kernel", "bias"])
    optimizer = optimizers.SGD(weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    with pytest.raises(ValueError, match="needs the names of the weights"):
        optimizer.build([np.ones(3)])
    assert not optimizer.built


def test_exclusion_comes_before_build() -> None:
    optimizer, _ = built()
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


@by_name
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 1}, "Argument `learning_rate` should be float.*learning_rate=1"),
        ({"learning_rate": "fast"}, "Argument `learning_rate` should be float"),
        ({"lr": 0.1}, r"Argument\(s\) not recognized: \{'lr': 0.1\}"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of `clipnorm`, `clipvalue`"),
        ({"clipnorm": 1.0, "global_clipnorm": 0.0}, "Only one of `clipnorm`, `clipvalue`"),
        ({"use_ema": True}, "`use_ema` is not supported.*use_ema=True"),
        ({"loss_scale_factor": 2.0}, "`loss_scale_factor` is not supported"),
        ({"gradient_accumulation_steps": 2}, "`gradient_accumulation_steps` is not supported"),
    ],
    ids=str,
)
def test_constructor_refuses(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(optimizers, name)(**options)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, 1, "0.5"])
def test_sgd_refuses_a_momentum_that_is_none(momentum: Any) -> None:
    with pytest.raises(ValueError, match="`momentum` must be a float between"):
        optimizers.SGD(momentum=momentum)


def test_adamw_needs_a_weight_decay() -> None:
    with pytest.raises(ValueError, match="Argument `weight_decay` must be a float"):
        optimizers.AdamW(weight_decay=None)  # type: ignore[arg-type]


def test_decay_of_older_versions_is_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="`decay` is no longer supported") as caught:
        optimizers.SGD(decay=1e-6)
    assert caught[0].filename == __file__


def test_learning_rate_is_settable_unless_there_is_a_schedule() -> None:
    optimizer = optimizers.SGD(0.5)
    variable = optimizer.variables[1]
    optimizer.learning_rate = 0.25
    assert optimizer.learning_rate == 0.25 and variable == 0.25
    optimizer.learning_rate = schedules.ExponentialDecay(0.1, 1, 0.5)
    assert optimizer.learning_rate == 0.1
    assert len(optimizer.variables) == 1
    with pytest.raises(TypeError, match="created with a `LearningRateSchedule`"):
        optimizer.learning_rate = 0.5
    optimizer.learning_rate = lambda: 0.75
    optimizer.learning_rate = 0.5
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize(
    "identifier", ["adan", 7, {"class_name": "Nothing", "config": {}}, {"config": {}}, len]
)
def test_get_refuses_what_names_no_optimizer(identifier: Any) -> None:
    with pytest.raises(ValueError, match=r"optimizer identifier|class_name"):
        optimizers.get(identifier)


def test_a_name_that_is_unknown_is_what_the_error_shows() -> None:
    with pytest.raises(ValueError, match=r"identifier: Adan\. Expected one of Adagrad, Adam,"):
        optimizers.get("Adan")


def test_base_class_has_no_update() -> None:
    with pytest.raises(NotImplementedError, match="Optimizer does not implement `update_step`"):
        optimizers.Optimizer(0.1).apply([np.ones(1)], [np.ones(1)])


ADAM = (_core.OPTIMIZERS["adam"], 0.9, 0.999, 1e-7, 0.0, 0.0, 0, 0.0)
NADAM = (_core.OPTIMIZERS["nadam"], 0.9, 0.999, 1e-7, 0.0, 0.0, 0, 0.0)


def update(
    settings: Any = ADAM,
    iteration: int = 1,
    state: Any = None,
    weight: Any = None,
    gradient: Any = None,
    slots: Any = None,
    decays: Any = (True,),
) -> Any:
    """A step of the core for one weight; None stands for a fitting array."""
    weight = np.ones(3, np.float32) if weight is None else weight
    gradient = np.ones(3) if gradient is None else gradient
    slots = [np.zeros(3, np.float32), np.zeros(3, np.float32)] if slots is None else slots
    _core.update(settings, 0.1, iteration, state, [weight], [gradient], [slots], decays)


CORE_ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: update((1, 2)), TypeError, "an optimizer's settings are a tuple"),
    (lambda: update(list(ADAM)), TypeError, "an optimizer's settings are a tuple"),
    (lambda: update((99, *ADAM[1:])), ValueError, "no optimizer has id 99"),
    (lambda: update((*ADAM[:6], 4, 0.0)), ValueError, "no clipping has id 4"),
    (lambda: update((*ADAM[:5], "a", 0, 0.0)), TypeError, "must be real number"),
    (lambda: update(iteration=0), ValueError, "iteration counts from 1, got 0"),
    (lambda: update(NADAM), TypeError, "state is not an array"),
    (lambda: update(NADAM, state=np.ones(2)), ValueError, r"state has shape \(2,\), expected \(\)"),
    (lambda: update(NADAM, state=np.ones((), np.float32)), TypeError, "state has dtype float32"),
    (lambda: update(weight=[1.0, 2.0, 3.0]), TypeError, "weight 0 is not an array"),
    (lambda: update(weight=READ_ONLY), ValueError, "weight 0 must be writable"),
    (lambda: update(gradient=np.ones(2)), ValueError, r"gradient has shape \(2,\), expected \(3,"),
    (lambda: update(slots=[np.zeros(3, np.float32)]), ValueError, "has 1 slots, expected 2"),
    (lambda: update(slots=[np.zeros(3)] * 2), TypeError, "slot of weight 0 has dtype float64"),
    (lambda: update(slots=[np.zeros(2, np.float32)] * 2), ValueError, "slot of weight 0 has shape"),
    (lambda: update(decays=()), ValueError, "as many gradients, slots and decays as weights, 1"),
]


@pytest.mark.parametrize(("call", "error", "message"), CORE_ERRORS)
def test_core_refuses(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
