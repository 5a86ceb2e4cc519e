"""Keras itself, for the tests that compare with it where it is installed."""

from __future__ import annotations

import importlib.util
import os
import warnings
from typing import Any

import pytest

BACKENDS = {"torch": "torch", "jax": "jax", "tensorflow": "tensorflow"}


def import_keras() -> Any:
    """Keras on whichever backend is installed; skips the calling test or module without either."""
    if "KERAS_BACKEND" not in os.environ:
        found = [name for name, module in BACKENDS.items() if importlib.util.find_spec(module)]
        if not found:
            pytest.skip("no backend of Keras is installed", allow_module_level=True)
        os.environ["KERAS_BACKEND"] = found[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("keras")
