"""Fixtures of the whole suite; pytest's strictness (warnings are errors) is configured in
pyproject.toml."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

from fastdense import _core, utils

hypothesis.settings.register_profile("dev", deadline=None, max_examples=60)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator whose seed is the test's own name: the same numbers in every run and order."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest) -> None:
    """What a test leaves to chance, as initial weights, is the same in every run and order, too."""
    utils.set_random_seed(zlib.crc32(request.node.name.encode()))


@pytest.fixture(autouse=True)
def restored_thread_count() -> Iterator[None]:
    """Whatever a test sets, the next one starts with what was set before, usually nothing."""
    before = _core.requested_num_threads()
    yield
    _core.set_num_threads(before)
