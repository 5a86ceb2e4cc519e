"""The training of models."""

from __future__ import annotations


class Trainer:
    """What a model has by being trained as a whole."""
