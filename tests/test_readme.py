"""The README's examples run as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_readme_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert len(examples) == 5
    names: dict[str, Any] = {}
    after = []  # what each example has left behind
    for example in examples:
        exec(compile(example, str(README), "exec"), names)
        after.append(dict(names))
    of_model, of_branches, _, of_activation, _ = after
    assert of_model["probabilities"].shape == (1000, 10)
    assert len(of_model["history"].history["val_accuracy"]) > 0
    assert (tmp_path / "net.safetensors").is_file()
    assert set(of_branches["branched"].history.history) == {"loss", "kind_loss", "price_loss"}
    z, y, activation = (of_activation[name] for name in ("z", "y", "activation"))
    assert z.shape == y.shape == (8, 64)
    np.testing.assert_array_equal(y, activation(z))
    assert of_activation["dx"].shape == (8, 32)


def test_readme_has_two_commands_of_one_line_each() -> None:
    commands = re.findall(r"^```bash\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert [command.count("\n") for command in commands] == [1, 1]
    assert "fastdense.demo" in commands[0] and "pytest" in commands[1]
