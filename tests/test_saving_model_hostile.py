"""Files of models that are damaged, or intact but lie, are refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import subprocesses
from fastdense import Input, Model, Sequential, layers
from fastdense.saving import FileFormatError, container, layout, load_model
from model_cases import branches, nested, stack
from saved_files import write


def parts(tmp_path: Path, model: Model) -> tuple[dict[str, str], dict[str, Any], Any]:
    """The metadata, arrays and architecture of a file of `model`, to be changed and written."""
    model.save(tmp_path / "original")
    contents = container.read(tmp_path / "original")
    return contents.metadata, contents.arrays, json.loads(contents.metadata[layout.ARCHITECTURE])


def refused(tmp_path: Path, metadata: Any, arrays: Any, architecture: Any, match: str) -> None:
    metadata = {**metadata, layout.ARCHITECTURE: json.dumps(architecture)}
    write(tmp_path / "file", arrays, metadata)
    with pytest.raises(FileFormatError, match=match):
        load_model(tmp_path / "file")


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("format", "pt", "Received.*pt"),
        ("version", "2", "Received.*2"),
        ("version", "", "Received"),
        (layout.TRAINING, "{", "JSON"),
        (layout.TRAINING, "[]", "TypeError"),
        (layout.TRAINING, "{}", "KeyError"),
        (layout.TRAINING, "[" * 200 + "]" * 200, "nested"),
        (layout.TRAINING, '{"seeds":{"a":[0,0]},"compile":null,"optimizer":null}', "seeds for"),
        (layout.ARCHITECTURE, "NaN", "NaN"),
        (layout.ARCHITECTURE, "null", "expected a model"),
        (layout.ARCHITECTURE, '"relu"', "Could not interpret|expected a model"),
        (layout.ARCHITECTURE, "[]", "class_name"),
        (layout.ARCHITECTURE, "{}", "class_name"),
        (layout.ARCHITECTURE, '{"class_name":"Dense","config":{"units":2}}', "expected a model"),
    ],
)
def test_metadata_of_another_kind_are_refused(
    tmp_path: Path, key: str, value: str, match: str
) -> None:
    metadata, arrays, _ = parts(tmp_path, stack())
    write(tmp_path / "file", arrays, {**metadata, key: value})
    with pytest.raises(FileFormatError, match=match):
        load_model(tmp_path / "file")


@pytest.mark.parametrize("name", ["os.system", "system", "builtins.eval", "__import__", "Layer"])
@pytest.mark.parametrize("module", ["os", "builtins", "fastdense.layers.os", "keras", None])
@pytest.mark.parametrize("where", ["model", "layer", "activation", "initializer"])
def test_names_are_never_imported(tmp_path: Path, name: str, module: Any, where: str) -> None:
    metadata, arrays, architecture = parts(tmp_path, stack())
    evil = {"module": module, "class_name": name, "config": {}, "registered_name": name}
    layer = architecture["config"]["layers"][1]
    if where == "model":
        architecture = evil
    elif where == "layer":
        architecture["config"]["layers"][1] = evil
    else:
        key = {"activation": "activation", "initializer": "kernel_initializer"}[where]
        layer["config"][key] = evil
    refused(tmp_path, metadata, arrays, architecture, "Could not interpret")


@pytest.mark.parametrize("change", ["missing", "more", "shape", "integers"])
def test_weights_that_do_not_fit_the_architecture_are_refused(tmp_path: Path, change: str) -> None:
    metadata, arrays, architecture = parts(tmp_path, stack())
    name = "weights/dense/kernel"
    if change == "missing":
        arrays["weights/other"] = arrays.pop(name)
    elif change == "more":
        arrays["weights/other"] = arrays[name]
    elif change == "shape":
        arrays[name] = arrays[name].T
    else:
        arrays[name] = arrays[name].astype(np.complex64).view(np.int64)
        arrays["weights/padding"] = arrays[name]
    refused(tmp_path, metadata, arrays, architecture, "weights don't fit")


MEMORY_PROGRAM = """
import resource
from fastdense.saving import FileFormatError, load_model

with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
try:
    load_model({path!r})
except FileFormatError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("units", [10**8, 10**12, 10**30])
def test_memory_does_not_follow_what_a_file_says_of_its_layers(tmp_path: Path, units: int) -> None:
    metadata, arrays, architecture = parts(tmp_path, stack())
    architecture["config"]["layers"][1]["config"]["units"] = units
    metadata = {**metadata, layout.ARCHITECTURE: json.dumps(architecture)}
    write(tmp_path / "file", arrays, metadata)
    printed = subprocesses.python(MEMORY_PROGRAM.format(path=str(tmp_path / "file")))
    assert "larger than what is there" in printed


def doubling(times: int) -> Model:
    """A model of 2**times calls, in which each model calls the one within it twice."""
    model: Any = Sequential([Input((6,)), layers.ReLU()])
    for _ in range(times):
        x = Input((6,))
        model = Model(x, model(model(x)))
    return model


def test_models_that_call_models_are_bounded_by_the_file_size(tmp_path: Path) -> None:
    metadata, arrays, architecture = parts(tmp_path, doubling(3))
    assert layers.serialize(load_model(tmp_path / "original")) == architecture
    large = doubling(14)
    with pytest.raises(ValueError, match="out of all proportion"):
        large.save(tmp_path / "file")
    refused(tmp_path, metadata, arrays, layers.serialize(large), "larger than can be loaded")


def test_models_nested_too_deeply_are_refused_when_they_are_saved(tmp_path: Path) -> None:
    model: Any = Sequential([Input((6,)), layers.ReLU()])
    for _ in range(60):
        model = Sequential([Input((6,)), model])
    with pytest.raises(ValueError, match="levels deep"):
        model.save(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_truncation_and_5000_changed_bytes_are_refused(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.save(tmp_path / "file")
    content = (tmp_path / "file").read_bytes()
    changed = []
    for place, change in zip(
        rng.integers(0, len(content), 5000), rng.integers(1, 256, 5000), strict=True
    ):
        changed.append(bytearray(content))
        changed[-1][place] ^= change
    for bad in (*(content[:size] for size in range(len(content))), *changed):
        (tmp_path / "file").write_bytes(bad)
        with pytest.raises(FileFormatError):
            load_model(tmp_path / "file")


def trained() -> Model:
    model = Sequential([Input((6,)), layers.Dropout(0.5), layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.train_on_batch(np.ones((3, 6), np.float32), np.array([0, 1, 0]))
    return model


EVIL = {"module": "os", "class_name": "system", "config": {"command": "true"}}
HOSTILE_STATES: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "optimizer of someone else": (("compile", "optimizer"), EVIL, "Could not interpret"),
    "loss of someone else": (("compile", "loss"), {**EVIL, "registered_name": "x"}, "Could not"),
    "metric of someone else": (
        ("compile", "metrics"), [{**EVIL, "registered_name": "x"}], "Could not interpret",
    ),
    "no optimizer": (("compile", "optimizer"), None, "optimizer"),
    "optimizer without variables": (("compile", "optimizer"), "sgd", "expected"),
    "unknown argument": (("compile", "evil"), 1, "evil"),
    "metric of a billion thresholds": (
        ("compile", "metrics"),
        [{
            "module": "keras.metrics", "class_name": "AUC", "config": {"num_thresholds": 10**9},
            "registered_name": None,
        }],
        "larger than what may be loaded",
    ),
    "compile is a list": (("compile",), [], "KeyError"),
    "seeds of another layer": (("seeds",), {"": [0, 0], "dense": [0, 0]}, "expected seeds"),
    "no seeds": (("seeds",), {}, "expected seeds"),
    "seed is a name": (("seeds", "dropout"), ["os", "system"], "integer"),
    "seed is a number": (("seeds", "dropout"), 7, "TypeError"),
    "seed is true": (("seeds", "dropout"), [True, 0], "integer"),
    "weights of another model": (("optimizer", "weights"), ["a/kernel", "a/bias"], "KeyError"),
    "weights twice": (("optimizer", "weights"), ["dense/kernel"] * 2, "share memory"),
    "fewer weights": (("optimizer", "weights"), ["dense/kernel"], "zip|expected"),
    "no decays": (("optimizer", "decays"), None, "TypeError"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "value", "match"), HOSTILE_STATES.values(), ids=HOSTILE_STATES)
def test_states_of_training_that_lie_are_refused(
    tmp_path: Path, place: tuple[str, ...], value: Any, match: str
) -> None:
    metadata, arrays, _ = parts(tmp_path, trained())
    state = json.loads(metadata[layout.TRAINING])
    *outer, last = place
    inner = state
    for key in outer:
        inner = inner[key]
    inner[last] = value
    write(tmp_path / "file", arrays, {**metadata, layout.TRAINING: json.dumps(state)})
    with pytest.raises(FileFormatError, match=match):
        load_model(tmp_path / "file")


@pytest.mark.parametrize("change", ["missing", "more", "shape", "name"])
def test_variables_that_do_not_fit_the_optimizer_are_refused(tmp_path: Path, change: str) -> None:
    metadata, arrays, architecture = parts(tmp_path, trained())
    last = max(name for name in arrays if name.startswith(layout.OPTIMIZER))
    if change == "missing":
        del arrays[last]
    elif change == "more":
        arrays["optimizer/99"] = arrays[last]
    elif change == "shape":
        arrays[last] = np.zeros((1, *arrays[last].shape))
    else:
        arrays["optimizer/last"] = arrays.pop(last)
    refused(tmp_path, metadata, arrays, architecture, "expected|KeyError|Optimizer variable")


NASTY = [
    None, True, 0, -1, 10**6, 10**12, 10**30, 1.5, 1e308, "", "relu", "os.system", "\x00",
    "a" * 10**4, [], [None], [[]], [10**9] * 40, {}, {"": {}}, EVIL, ["dense", 0, 0],
]  # fmt: skip


def changed_somewhere(value: Any, rng: np.random.Generator) -> Any:
    """The JSON value with one of its parts, chosen level by level, replaced by a nasty one."""
    if isinstance(value, dict | list) and value and rng.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = keys[int(rng.integers(len(keys)))]
        copy: Any = dict(value) if isinstance(value, dict) else list(value)
        copy[key] = changed_somewhere(value[key], rng)
        return copy
    return NASTY[int(rng.integers(len(NASTY)))]


@pytest.mark.parametrize("make", [trained, branches, nested], ids=lambda make: make.__name__)
def test_any_change_of_the_json_gives_a_model_or_a_format_error(
    tmp_path: Path, rng: np.random.Generator, make: Callable[[], Model]
) -> None:
    metadata, arrays, _ = parts(tmp_path, make())
    refusals = 0
    for _ in range(100):
        key = [layout.ARCHITECTURE, layout.TRAINING][int(rng.integers(2))]
        changed = json.dumps(changed_somewhere(json.loads(metadata[key]), rng))
        write(tmp_path / "file", arrays, {**metadata, key: changed})
        try:
            assert isinstance(load_model(tmp_path / "file"), Model)
        except FileFormatError:
            refusals += 1
    assert refusals > 30
