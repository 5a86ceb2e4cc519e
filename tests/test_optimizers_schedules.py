"""Learning rate schedules against their formulas."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from fastdense.optimizers import schedules

STEPS = [0, 1, 2, 9, 10, 11, 19, 20, 21, 25, 30, 100]


def approx(value: float) -> Any:
    return pytest.approx(value, rel=1e-14, abs=0)


@pytest.mark.parametrize("step", STEPS)
def test_schedules_are_their_formulas(step: int) -> None:
    decay = schedules.ExponentialDecay(0.1, 10, 0.9)
    assert decay(step) == approx(0.1 * 0.9 ** (step / 10))
    stairs = schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True)
    assert stairs(step) == approx(0.1 * 0.9 ** (step // 10))
    inverse = schedules.InverseTimeDecay(0.1, 10, 0.5)
    assert inverse(step) == approx(0.1 / (1 + 0.5 * step / 10))
    inverse_stairs = schedules.InverseTimeDecay(0.1, 10, 0.5, True)
    assert inverse_stairs(step) == approx(0.1 / (1 + 0.5 * (step // 10)))
    polynomial = schedules.PolynomialDecay(0.1, 20, 0.01, power=2.0)
    assert polynomial(step) == approx(0.09 * (1 - min(step, 20) / 20) ** 2 + 0.01)
    cycle = schedules.PolynomialDecay(0.1, 10, 0.01, cycle=True)
    length = 10 * max(1, math.ceil(step / 10))
    assert cycle(step) == approx(0.09 * (1 - step / length) + 0.01)
    cosine = schedules.CosineDecay(0.1, 20, alpha=0.2)
    half = 0.5 * (1 + math.cos(math.pi * min(step, 20) / 20))
    assert cosine(step) == approx(0.1 * (0.8 * half + 0.2))


def test_piecewise_constant_includes_its_boundaries() -> None:
    schedule = schedules.PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.25])
    found = [schedule(step) for step in (0, 10, 11, 20, 21, 99)]
    assert found == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]


def test_cosine_warms_up_to_the_target() -> None:
    schedule = schedules.CosineDecay(0.0, 10, 0.1, warmup_target=0.4, warmup_steps=4)
    assert [schedule(step) for step in range(5)] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert schedule(9) == pytest.approx(0.4 * (0.9 * 0.5 + 0.1))
    assert schedule(14) == schedule(1000) == pytest.approx(0.04)


ALL = [
    schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True),
    schedules.InverseTimeDecay(0.1, 10, 0.9, name="mine"),
    schedules.PolynomialDecay(0.1, 10, 0.01, 2.0, True),
    schedules.PiecewiseConstantDecay([1, 2], [1.0, 0.5, 0.25]),
    schedules.CosineDecay(0.1, 10, 0.2, warmup_target=1.0, warmup_steps=3),
]


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_config_round_trip(schedule: Any) -> None:
    config = schedules.serialize(schedule)
    assert config["module"] == "keras.optimizers.schedules"
    again = schedules.deserialize(json.loads(json.dumps(config)))
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    "make",
    [
        lambda steps: schedules.ExponentialDecay(0.1, steps, 0.9),
        lambda steps: schedules.InverseTimeDecay(0.1, steps, 0.9),
        lambda steps: schedules.PolynomialDecay(0.1, steps),
        lambda steps: schedules.CosineDecay(0.1, steps),
    ],
)
@pytest.mark.parametrize("steps", [0, -1])
def test_decay_steps_are_positive(make: Any, steps: int) -> None:
    with pytest.raises(
        ValueError, match=f"`decay_steps` must be > 0. Received: decay_steps={steps}"
    ):
        make(steps)


def test_boundaries_fit_the_values() -> None:
    with pytest.raises(ValueError, match="boundaries should be 1 less than the length of values"):
        schedules.PiecewiseConstantDecay([1, 2], [1.0, 0.5])
    with pytest.raises(ValueError, match="boundaries in ascending order"):
        schedules.PiecewiseConstantDecay([2, 1], [1.0, 0.5, 0.25])


class Halving(schedules.LearningRateSchedule):
    def __call__(self, step: int) -> float:
        return 0.5**step


def test_base_class_says_what_a_subclass_lacks() -> None:
    with pytest.raises(NotImplementedError, match="'LearningRateSchedule' must override `__call__"):
        schedules.LearningRateSchedule()(0)
    with pytest.raises(NotImplementedError, match="'Halving' must override `get_config"):
        Halving().get_config()


def test_own_schedule_is_found_in_custom_objects() -> None:
    class Named(Halving):
        def get_config(self) -> dict[str, Any]:
            return {}

    config = schedules.serialize(Named())
    assert schedules.deserialize(config, {"Named": Named})(2) == 0.25
    with pytest.raises(ValueError, match="custom_objects"):
        schedules.deserialize(config)
