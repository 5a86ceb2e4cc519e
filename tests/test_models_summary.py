"""The table that `summary` prints."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fastdense import Input, Model, Sequential, layers
from models import branched, residual


def summary(model: Any, **arguments: Any) -> list[str]:
    texts: list[str] = []
    model.summary(print_fn=texts.append, **arguments)
    (text,) = texts
    return text.splitlines()


def cells(lines: list[str]) -> list[list[str]]:
    """The rows of the table, of lines that were not wrapped."""
    return [
        [cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in lines if line[0] in "│┃"
    ]


def test_summary_of_a_stack(capsys: pytest.CaptureFixture[str]) -> None:
    model = Sequential(
        [
            layers.Dense(32, activation="tanh", input_shape=(16,), name="a"),
            layers.Activation("relu", name="b"),
            layers.Dense(8, activation="softmax", name="c"),
        ],
        name="stack",
    )
    model.layers[2].trainable = False
    lines = summary(model)
    assert lines[0] == 'Model: "stack"'
    assert cells(lines) == [
        ["Layer (type)", "Output Shape", "Param #"],
        ["a (Dense)", "(None, 32)", "544"],
        ["b (Activation)", "(None, 32)", "0"],
        ["c (Dense)", "(None, 8)", "264"],
    ]
    assert lines[-3:] == [
        " Total params: 808 (3.16 KB)",
        " Trainable params: 544 (2.12 KB)",
        " Non-trainable params: 264 (1.03 KB)",
    ]
    model.summary()
    assert capsys.readouterr().out.splitlines() == lines


def test_summary_of_branches_tells_what_is_connected_to_what() -> None:
    lines = summary(branched(), line_length=120)
    assert cells(lines)[1:] == [
        ["a (InputLayer)", "(None, 4)", "0", "-"],
        ["b (InputLayer)", "(None, 4)", "0", "-"],
        ["shared (Dense)", "(None, 3)", "15", "a[0][0], b[0][0]"],
        ["inner (Sequential)", "(None, 3)", "12", "shared[0][0], shared[1][0],"],
        ["", "", "", "inner[1][0]"],
        ["joined (Concatenate)", "(None, 9)", "0", "inner[0][0], inner[2][0],"],
        ["", "", "", "shared[0][0]"],
        ["head (Dense)", "(None, 2)", "20", "joined[0][0]"],
    ]


def test_summary_of_a_functional_stack_has_no_connections() -> None:
    x = Input((4,), name="x")
    model = Model(x, layers.Dense(1000, name="d")(x))
    assert cells(summary(model)) == [
        ["Layer (type)", "Output Shape", "Param #"],
        ["x (InputLayer)", "(None, 4)", "0"],
        ["d (Dense)", "(None, 1000)", "5,000"],
    ]


def test_summary_of_what_is_not_built() -> None:
    model = Sequential([layers.Dense(3, name="d")])
    assert cells(summary(model))[1:] == [["d (Dense)", "?", "0 (unbuilt)"]]


def test_summary_expands_nested_models_and_shows_what_is_trainable() -> None:
    model = Sequential([residual(), layers.ReLU(name="end")], name="outer")
    model.layers[0].get_layer("second").trainable = False
    rows = cells(summary(model, expand_nested=True, show_trainable=True, line_length=100))
    assert [(row[0], row[3]) for row in rows] == [
        ("Layer (type)", "Trainable"),
        ("residual (Functional)", "Y"),
        ("└ inputs (InputLayer)", "-"),
        ("└ first (Dense)", "Y"),
        ("└ relu (Activation)", "-"),
        ("└ second (Dense)", "N"),
        ("└ sum (Add)", "-"),
        ("end (ReLU)", "-"),
    ]


def test_summary_of_several_outputs_lists_their_shapes() -> None:
    x = Input((4,), name="x")
    inner = Model(x, [layers.Dense(3)(x), layers.ReLU()(x)], name="inner")
    y = Input((4,), name="y")
    rows = cells(summary(Model(y, inner(y)), line_length=108))
    assert rows[2][:2] == ["inner (Functional)", "[(None, 3), (None, 4)]"]


@pytest.mark.parametrize("length", [40, 61, 88, 120])
def test_summary_lines_have_the_length_asked_for(length: int) -> None:
    for model in (residual(), Sequential([residual()])):
        lines = summary(model, line_length=length, show_trainable=length > 80)
        table = lines[1 : lines.index(next(line for line in lines if line[0] == "└")) + 1]
        assert {len(line) for line in table} == {length}
        names = "".join(row[0] for row in cells(lines)).replace(" ", "")
        assert all(layer.name in names for layer in model.layers), "wrapped, not cut off"


def test_summary_takes_positions_and_refuses_those_that_do_not_fit() -> None:
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    lines = summary(model, line_length=80, positions=[0.5, 0.75, 1.0])
    assert lines[1].index("┳") == int(0.5 * 79)
    with pytest.raises(ValueError, match="3 positions"):
        summary(model, positions=[0.5, 1.0])
    with pytest.raises(ValueError, match="width"):
        summary(model, line_length=12)
