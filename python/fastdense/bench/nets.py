"""Networks: those measured unless others are asked for, and those of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import NamedTuple

# Features in, then units of each layer.
Widths = tuple[int, ...]


class Batches(NamedTuple):
    """Rows of one call."""

    inference: tuple[int, ...]
    training: tuple[int, ...]


# From a control loop's net to one whose weights don't fit into L2; batches of one, of what a
# service gathers or a user trains with, and of a whole data set.
NETS: dict[Widths, Batches] = {
    (8, 64, 64, 4): Batches((1, 64, 4096), (64, 1024)),
    (100, 256, 256, 2): Batches((1, 32, 4096), (32, 256)),
    (784, 512, 512, 10): Batches((1, 32, 1024), (32, 128, 1024)),
    (32, 64, 64, 64, 64, 16): Batches((1, 1024, 65536), (1024, 16384)),
    (1024, 1024, 1024, 1024, 10): Batches((1, 256), (256,)),
}
_OTHER_NETS = Batches((1, 32, 1024), (32, 1024))
_FITTED = (784, 512, 512, 10)
_FIT_BATCHES = (128,)
FIT_ROWS = 50_000


def name_of(widths: Widths) -> str:
    """Return the text that `parse_net` takes."""
    return "-".join(map(str, widths))


def parse_net(text: str) -> Widths:
    """Return the positive integers that ``-`` separates, two or more; else an error of argparse."""
    try:
        widths = tuple(int(width) for width in text.split("-"))
    except ValueError:
        widths = ()
    if len(widths) < 2 or min(widths) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a net: expected features in and units of each layer, positive "
            "integers with - between, like 100-256-256-2"
        )
    return widths


def shapes_of(
    mode: str, nets: Iterable[Widths] | None, batches: Iterable[int] | None
) -> list[tuple[int, ...]]:
    """Return ``(batch, in, ..., out)`` of each row; None stands for the default."""
    if nets is None:
        nets = [_FITTED] if mode == "fit" else NETS
    return [
        (batch, *widths)
        for widths in nets
        for batch in (_default_batches(mode, widths) if batches is None else batches)
    ]


def _default_batches(mode: str, widths: Widths) -> tuple[int, ...]:
    if mode == "fit":
        return _FIT_BATCHES
    batches = NETS.get(widths, _OTHER_NETS)
    return batches.training if mode == "training" else batches.inference
