"""What became of loss and accuracy, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from fastdense.callbacks import History

SUFFIXES = (".png", ".svg", ".pdf")


def draw(history: History, path: Path) -> None:
    """Draw a curve over the epochs for training and validation each; needs no display."""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        epochs = [epoch + 1 for epoch in history.epoch]
        axes.plot(epochs, history.history[name], label="training")
        axes.plot(epochs, history.history[f"val_{name}"], label="validation")
        axes.set(xlabel="epoch", title=name)
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=150)
