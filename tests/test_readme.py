"""The README's examples run as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

README = Path(__file__).resolve().parents[1] / "README.md"


def test_readme_examples_run() -> None:
    examples = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert len(examples) == 3
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, str(README), "exec"), names)
    assert names["z"].shape == names["y"].shape == (8, 64)
    np.testing.assert_array_equal(names["y"], names["activation"](names["z"]))
    assert names["dx"].shape == (8, 32)


def test_readme_has_two_commands_of_one_line_each() -> None:
    commands = re.findall(r"^```bash\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert [command.count("\n") for command in commands] == [1, 1]
    assert "fastdense.demo" in commands[0] and "pytest" in commands[1]
