"""The digits demo learns, draws, and says so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the demo's data set comes with scikit-learn")
pytest.importorskip("matplotlib")
pytest.importorskip("threadpoolctl")
pytest.importorskip("tqdm")

from sklearn import datasets

from fastdense.demo import digits, network
from fastdense.demo.__main__ import main
from fastdense.demo.plain_numpy import NumpyNetwork


def test_demo_networks_learn_the_digits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    picture = tmp_path / "curves.png"
    main(["--epochs", "12", "--plot", str(picture)])
    printed, progress = capsys.readouterr()
    found = dict(re.findall(r"^(\w+): ([0-9.]+)% of the test digits right", printed, re.MULTILINE))
    assert set(found) == {"fastdense", "NumPy"}
    # One seed, so these are fixed but for rounding: both are above 96.
    assert all(float(share) > 94 for share in found.values()), printed
    assert re.search(r"NumPy takes [0-9.]+ times as long as fastdense", printed)
    assert "Total params: 19,210" in printed and str(picture) in printed
    assert "12/12" in progress
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--plot", "curves.txt"], "ends in .png, .svg, .pdf, found curves.txt"),
        (["--plot", "no/such/folder/curves.png"], "no folder no/such/folder"),
        (["--epochs", "0"], "an integer of at least 1, found 0"),
    ],
)
def test_demo_refuses_wrong_arguments_before_it_trains(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    printed, complaints = capsys.readouterr()
    assert complaint in complaints and not printed


def test_demo_takes_the_same_steps_as_numpy_without_dropout() -> None:
    x, y = digits.load(0).train
    model = network.build(0, drop_rate=0.0)
    plain = NumpyNetwork(model.get_weights(), 0, drop_rate=0.0)
    for start in range(0, 320, 64):
        rows = slice(start, start + 64)
        model.train_on_batch(x[rows], y[rows])
        plain.step(x[rows], y[rows])
    for ours, theirs in zip(model.get_weights(), plain.weights, strict=True):
        assert abs(ours - theirs).max() < 1e-4 * max(1.0, abs(theirs).max())


def test_demo_evaluates_as_numpy_does() -> None:
    data = digits.load(0)
    model = network.build(0)
    plain = NumpyNetwork(model.get_weights(), 0).evaluate(data.test)
    np.testing.assert_allclose(model.evaluate(*data.test, verbose=0), plain, rtol=1e-4)


def test_demo_deals_out_every_digit_once() -> None:
    parts = digits.load(0)
    assert [len(part.x) for part in parts] == [1297, 250, 250]
    dealt = np.concatenate([np.column_stack(part) for part in parts])
    shipped = np.column_stack(datasets.load_digits(return_X_y=True)) / ([16] * 64 + [1])
    assert sorted(map(tuple, dealt)) == sorted(map(tuple, shipped))
