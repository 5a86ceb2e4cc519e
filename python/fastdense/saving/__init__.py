"""Saving models and weights to files, and loading them."""

from __future__ import annotations

from fastdense.saving.errors import FileFormatError

__all__ = ["FileFormatError"]
