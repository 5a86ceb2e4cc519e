"""The digits demo learns, and says so."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("sklearn", reason="the demo's data set comes with scikit-learn")
pytest.importorskip("tqdm")

from fastdense import demo


def test_demo_networks_learn_the_digits(capsys: pytest.CaptureFixture[str]) -> None:
    demo.main(["--epochs", "12"])
    printed = capsys.readouterr().out
    found = dict(re.findall(r"^(\w+): ([0-9.]+)% of the test digits right", printed, re.MULTILINE))
    assert set(found) == {"fastdense", "NumPy"}
    # One seed, so these are fixed but for rounding: both are above 96.
    assert all(float(share) > 94 for share in found.values()), printed
    assert re.search(r"NumPy takes [0-9.]+ times as long as fastdense", printed)


def test_demo_takes_the_same_step_as_numpy_without_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DROP_RATE", 0.0)
    digits = demo.load_digits(0)
    fast = demo.FastDenseNetwork(digits.x_train.shape[1], 0)
    plain = demo.NumpyNetwork(fast.optimizer.weights, 0)
    for x, labels in list(demo.batches(digits, 64, 0))[:5]:
        fast.step(x, labels)
        plain.step(x, labels)
    for ours, theirs in zip(fast.optimizer.weights, plain.optimizer.weights, strict=True):
        assert abs(ours - theirs).max() < 1e-4 * max(1.0, abs(theirs).max())
