"""A model comes back from its file with the same layers and weights, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import subprocesses
from fastdense import Input, Model, Sequential, layers
from fastdense.saving import (
    FileFormatError,
    custom_object_scope,
    load_model,
    paths,
    save_model,
)
from layer_cases import LAYERS
from model_cases import MODELS, branches, nested, stack

every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


def x_for(model: Model, rng: np.random.Generator) -> Any:
    arrays = [rng.standard_normal((3, 6)).astype(tensor.dtype) for tensor in model.inputs]
    return arrays[0] if len(arrays) == 1 else arrays


def saved_and_loaded(model: Model, path: Path, **options: Any) -> Model:
    model.save(path)
    return load_model(path, **options)


def assert_same(model: Model, other: Model, x: Any) -> None:
    assert type(other) is type(model)
    assert other.get_config() == model.get_config()
    for select in (True, False):
        assert list(other._select(select)) == list(model._select(select))
    for a, b in zip(model.weights, other.weights, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
        assert not np.may_share_memory(a, b) and b.flags.writeable and b.flags.c_contiguous
    ys, others = (y if isinstance(y, list) else [y] for y in (model(x), other(x)))
    for y, z in zip(ys, others, strict=True):
        np.testing.assert_array_equal(y, z)


@every_model
def test_model_comes_back(
    tmp_path: Path, rng: np.random.Generator, make: Callable[[], Model]
) -> None:
    model = make()
    assert_same(model, saved_and_loaded(model, tmp_path / "file"), x_for(model, rng))


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_comes_back(tmp_path: Path, rng: np.random.Generator, name: str) -> None:
    case = LAYERS[name]
    model = Sequential([Input(case.input_shape[1:]), case.make(name="layer")])
    for weight in model.weights:
        weight[...] = rng.random(weight.shape)
    other = saved_and_loaded(model, tmp_path / "file")
    assert_same(model, other, rng.standard_normal(case.input_shape).astype(np.float32))


def test_model_without_weights_comes_back(tmp_path: Path) -> None:
    model = Sequential([Input((3,)), layers.ReLU()])
    x = np.array([[-1, 0, 1]], np.float32)
    assert_same(model, saved_and_loaded(model, tmp_path / "file"), x)


def test_model_that_is_not_built_comes_back(tmp_path: Path) -> None:
    other = saved_and_loaded(Sequential([layers.Dense(3), layers.ReLU()]), tmp_path / "file")
    assert not other.built and other(np.ones((2, 5), np.float32)).shape == (2, 3)


@every_model
def test_same_model_gives_the_same_file(tmp_path: Path, make: Callable[[], Model]) -> None:
    model = make()
    model.save(tmp_path / "a")
    load_model(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_file_is_one_of_the_safetensors_package(tmp_path: Path) -> None:
    model = branches()
    save_model(model, tmp_path / "model.safetensors")
    found = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    for path, weight in paths.weights_by_path(model).items():
        np.testing.assert_array_equal(found[f"weights/{path}"], weight.value)


def test_model_comes_back_in_another_process(tmp_path: Path, rng: np.random.Generator) -> None:
    model = nested()
    x = x_for(model, rng)
    model.save(tmp_path / "file")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", model(x))
    printed = subprocesses.python(
        "import numpy as np; from fastdense.saving import load_model\n"
        f"folder = {str(tmp_path)!r}\n"
        "y = load_model(folder + '/file')(np.load(folder + '/x.npy'))\n"
        "print(np.array_equal(y, np.load(folder + '/y.npy')))"
    )
    assert printed == "True"


def test_loading_runs_no_initializer(tmp_path: Path) -> None:
    def ones(shape: Any, dtype: Any) -> Any:
        calls.append(shape)
        return np.ones(shape, dtype)

    calls: list[Any] = []
    model = Sequential([Input((2,)), layers.Dense(3, kernel_initializer=ones)])
    assert calls == [(2, 3)]
    other = saved_and_loaded(model, tmp_path / "file", custom_objects={"ones": ones})
    assert calls == [(2, 3)]
    np.testing.assert_array_equal(other.weights[0], np.ones((2, 3)))


class Scaled(layers.Layer):
    """A layer of a user, with an argument and a weight of its own."""

    def __init__(self, power: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.power = power

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(input_shape[1:], "random_normal", name="scale")

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale**self.power

    def get_config(self) -> Any:
        return {**super().get_config(), "power": self.power}


def cube(x: Any) -> Any:
    return x**3


def with_custom_objects() -> Model:
    inner = Sequential([Input((6,)), Scaled(2), layers.Dense(6, activation=cube)])
    x = Input((6,))
    return Model(x, layers.Activation(cube)(inner(x)))


CUSTOM = {"Scaled": Scaled, "cube": cube}


def test_custom_objects_come_back(tmp_path: Path, rng: np.random.Generator) -> None:
    model = with_custom_objects()
    other = saved_and_loaded(model, tmp_path / "file", custom_objects=CUSTOM)
    assert_same(model, other, x_for(model, rng))
    with custom_object_scope(CUSTOM):
        assert_same(model, load_model(tmp_path / "file"), x_for(model, rng))


@pytest.mark.parametrize("missing", CUSTOM)
def test_custom_object_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    with_custom_objects().save(tmp_path / "file")
    objects = {name: value for name, value in CUSTOM.items() if name != missing}
    with pytest.raises(FileFormatError, match=rf"file: .*{missing}.*custom_objects"):
        load_model(tmp_path / "file", custom_objects=objects)


def test_custom_object_whose_constructor_raises_is_a_format_error(tmp_path: Path) -> None:
    class Angry(layers.Identity):
        def __init__(self, **kwargs: Any) -> None:
            if armed:
                raise ZeroDivisionError("angry")
            super().__init__(**kwargs)

    armed: list[int] = []
    Sequential([Input((2,)), Angry()]).save(tmp_path / "file")
    armed.append(1)
    with pytest.raises(FileFormatError, match="ZeroDivisionError: angry"):
        load_model(tmp_path / "file", custom_objects={"Angry": Angry})


def test_config_that_json_lacks_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    layer = Scaled(power=float("nan"))  # type: ignore[arg-type]
    model = Sequential([Input((2,)), layer], name="mine")
    with pytest.raises(ValueError, match=r"config of model 'mine'.*JSON"):
        model.save(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_models_with_a_layer_in_common_are_saved_by_their_weights_only(tmp_path: Path) -> None:
    dense, x = layers.Dense(6, name="common"), Input((6,))
    inner = Sequential([Input((6,)), dense], name="inner")
    model = Model(x, dense(inner(x)))
    with pytest.raises(ValueError, match=r"'common' belongs to two.*'inner/common' and 'common'"):
        model.save(tmp_path / "file")
    before = model.get_weights()
    model.save_weights(tmp_path / "file")
    for weight in model.weights:
        weight[...] = 0
    model.load_weights(tmp_path / "file")
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_file_of_weights_is_no_model(tmp_path: Path) -> None:
    stack().save_weights(tmp_path / "file")
    with pytest.raises(FileFormatError, match="weights alone"):
        load_model(tmp_path / "file")
