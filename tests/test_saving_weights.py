"""Weights go into a file and come back by their paths, all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from fastdense import Input, Model, Sequential, layers
from fastdense.saving import FileFormatError, paths, save_model


def make(units: int = 4, inner: str | None = None, dtype: str = "float32") -> Model:
    """A stack within a network, with branches and a name or two that were given."""
    stack = Sequential(
        [Input((6,), dtype=dtype), layers.Dense(5, dtype=dtype), layers.PReLU(dtype=dtype)],
        name=inner,
    )
    source = Input((6,), dtype=dtype)
    a = layers.Dense(units, "tanh", dtype=dtype)(stack(source))
    b = layers.Dense(units, use_bias=False, name="short", dtype=dtype)(source)
    return Model(source, layers.Dense(2, dtype=dtype)(a + b))


def filled(model: Model, start: int = 0) -> Model:
    for i, weight in enumerate(model.weights, start):
        weight[...] = np.arange(weight.size).reshape(weight.shape) + 1000 * i
    return model


def same(a: Model, b: Model) -> bool:
    return all(
        x.dtype == y.dtype and np.array_equal(x, y)
        for x, y in zip(a.weights, b.weights, strict=True)
    )


PATHS = {
    "sequential/dense/kernel": (6, 5),
    "sequential/dense/bias": (5,),
    "sequential/p_re_lu/alpha": (5,),
    "dense/kernel": (5, 4),
    "dense/bias": (4,),
    "short/kernel": (6, 4),
    "dense_1/kernel": (4, 2),
    "dense_1/bias": (2,),
}


@pytest.mark.parametrize("made_before", [0, 1, 3])
def test_paths_do_not_depend_on_what_was_made_before(made_before: int) -> None:
    for _ in range(made_before):
        make()
    found = {path: weight.value.shape for path, weight in paths.weights_by_path(make()).items()}
    assert found == PATHS


def test_paths_have_the_names_that_were_given() -> None:
    names = ["dense_1", "first", "dense", "re_lu"]
    stack = Sequential([Input((2,)), *(layers.Dense(2, name=name) for name in names)])
    found = list(paths.layers_by_path(stack))
    assert found == ["dense", "first", "dense_1", "re_lu"]


def test_paths_count_around_a_name_that_was_given() -> None:
    class Other(layers.Dense):
        pass

    stack = Sequential([Input((2,)), layers.Dense(2), Other(2, name="dense"), layers.Dense(2)])
    assert list(paths.layers_by_path(stack)) == ["dense_1", "dense", "dense_2"]


def test_shared_layer_has_one_path() -> None:
    dense = layers.Dense(6)
    source = Input((6,))
    model = Model(source, dense(dense(source)))
    assert list(paths.weights_by_path(model)) == ["dense/kernel", "dense/bias"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_come_back(tmp_path: Path, dtype: str) -> None:
    model, other = filled(make(dtype=dtype)), make(dtype=dtype)
    arrays = other.weights
    model.save_weights(tmp_path / "file")
    other.load_weights(tmp_path / "file")
    assert same(model, other)
    assert all(a is b for a, b in zip(arrays, other.weights, strict=True)), "in place"


def test_weights_are_read_by_the_safetensors_package(tmp_path: Path) -> None:
    model = filled(make())
    model.save_weights(tmp_path / "file.safetensors")
    found = safetensors.numpy.load_file(tmp_path / "file.safetensors")
    assert {name: array.shape for name, array in found.items()} == {
        f"weights/{path}": shape for path, shape in PATHS.items()
    }
    for path, weight in paths.weights_by_path(model).items():
        np.testing.assert_array_equal(found[f"weights/{path}"], weight.value)


def test_weights_come_out_of_the_file_of_a_model(tmp_path: Path) -> None:
    model, other = filled(make()), make()
    save_model(model, tmp_path / "file")
    other.load_weights(tmp_path / "file")
    assert same(model, other)


def test_same_weights_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        filled(make()).save_weights(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def shorter() -> Model:
    source = Input((6,))
    return Model(source, layers.Dense(2)(layers.Dense(4, "tanh")(layers.Dense(5)(source))))


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (lambda: make(units=3), r"'dense/kernel' has shape \(5, 3\) in the model, \(5, 4\)"),
        (lambda: make(inner="stack"), "the file has no 'stack/dense/kernel'"),
        (shorter, "the model has no 'short/kernel'"),
    ],
    ids=["shape", "name", "layers"],
)
def test_weights_that_do_not_fit_change_nothing(tmp_path: Path, other: Any, match: str) -> None:
    filled(make()).save_weights(tmp_path / "file")
    model = filled(other(), start=50)
    before = model.get_weights()
    with pytest.raises(ValueError, match=match) as raised:
        model.load_weights(tmp_path / "file")
    assert not isinstance(raised.value, FileFormatError), "there is nothing wrong with the file"
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_weights_that_do_not_fit_are_skipped_if_wanted(tmp_path: Path) -> None:
    model, other = filled(make(units=4)), filled(make(units=3), start=50)
    before = dict(zip(PATHS, other.get_weights(), strict=True))
    model.save_weights(tmp_path / "file")
    with pytest.warns(UserWarning, match=r"not loaded.*'dense/kernel'.*'short/kernel'"):
        other.load_weights(tmp_path / "file", skip_mismatch=True)
    saved = dict(zip(PATHS, model.weights, strict=True))
    loaded = {path: weight.value for path, weight in paths.weights_by_path(other).items()}
    skipped = {"dense/kernel", "dense/bias", "short/kernel", "dense_1/kernel"}
    for path, weight in loaded.items():
        np.testing.assert_array_equal(weight, (before if path in skipped else saved)[path])


def test_integers_are_no_weights(tmp_path: Path) -> None:
    class Counting(layers.Identity):
        def build(self, input_shape: Any) -> None:
            self.add_weight((2,), "zeros", "int64", name="count")

    def make_with(layer: layers.Layer) -> Model:
        return Sequential([Input((2,)), layer], name="model")

    class Floating(layers.Identity):
        def build(self, input_shape: Any) -> None:
            self.add_weight((2,), "zeros", name="count")

    make_with(Floating(name="layer")).save_weights(tmp_path / "file")
    with pytest.raises(ValueError, match="int64 in the model, float32"):
        make_with(Counting(name="layer")).load_weights(tmp_path / "file")


def test_model_that_is_not_built_has_no_weights_to_save(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="built"):
        Sequential([layers.Dense(2)]).save_weights(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["file.h5", "file.weights.h5", "file.hdf5", "file.KERAS"])
@pytest.mark.parametrize("method", ["save", "save_weights", "load_weights"])
def test_extensions_of_other_formats_are_refused(tmp_path: Path, name: str, method: str) -> None:
    with pytest.raises(ValueError, match="not supported yet"):
        getattr(make(), method)(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["save", "save_weights"])
def test_file_stays_if_it_must_not_be_overwritten(tmp_path: Path, method: str) -> None:
    path = tmp_path / "file"
    getattr(make(), method)(path, overwrite=False)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="file"):
        getattr(filled(make()), method)(path, overwrite=False)
    assert path.read_bytes() == before
    getattr(filled(make()), method)(str(path))
    assert path.read_bytes() != before


def test_damaged_file_changes_nothing(tmp_path: Path) -> None:
    filled(make()).save_weights(tmp_path / "file")
    content = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(content[:-1] + b"\xff")
    model = filled(make(), start=50)
    before = model.get_weights()
    with pytest.raises(FileFormatError, match=r"file: .*SHA-256"):
        model.load_weights(tmp_path / "file")
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_file_that_is_not_there_is_no_format_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make().load_weights(tmp_path / "file")
