"""The table of a model's layers that `summary` prints, laid out as Keras does."""

from __future__ import annotations

import itertools
import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fastdense.layers import Layer
from fastdense.models.members import Network
from fastdense.models.topology import Topology

if TYPE_CHECKING:
    from fastdense._typing import FloatArray, Shape


class _Column(NamedTuple):
    header: str
    end: float  # as a share of the table's width
    align: str = "<"


_SEQUENTIAL = (
    _Column("Layer (type)", 0.45),
    _Column("Output Shape", 0.80),
    _Column("Param #", 1.0, ">"),
)
_BRANCHED = (
    _Column("Layer (type)", 0.30),
    _Column("Output Shape", 0.56),
    _Column("Param #", 0.74, ">"),
    _Column("Connected to", 1.0),
)
_TRAINABLE_WIDTH = 12
_KERAS_NAMES = {"Model": "Functional"}
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def summarize(
    network: Network,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> str:
    """Return the summary; see `Model.summary`."""
    branched = network._topology is not None and not network._topology.is_chain
    columns = list(_BRANCHED if branched else _SEQUENTIAL)
    length = 108 if branched else 88
    length = line_length or min(
        length + show_trainable * _TRAINABLE_WIDTH, shutil.get_terminal_size().columns - 4
    )
    if show_trainable:
        share = 1 - _TRAINABLE_WIDTH / length
        columns = [column._replace(end=column.end * share) for column in columns]
        columns.append(_Column("Trainable", 1.0, "^"))
    if positions is not None:
        if len(positions) != len(columns):
            raise ValueError(
                f"summary: expected {len(columns)} positions, one for each of "
                f"{[column.header for column in columns]}. Received: positions={positions}"
            )
        columns = [c._replace(end=end) for c, end in zip(columns, positions, strict=True)]
    cells = [row.cells(branched, show_trainable) for row in _rows(network, expand_nested)]
    return "\n".join(
        [f'Model: "{network.name}"', *_table(columns, cells, length), *_footer(network)]
    )


class _Row(NamedTuple):
    """A layer, how deep it is nested, and the network that it is shown as a part of."""

    layer: Layer
    level: int
    topology: Topology | None

    def cells(self, branched: bool, show_trainable: bool) -> list[str]:
        """Return the texts of the row."""
        layer, kind = self.layer, type(self.layer).__name__
        indent = "   " * self.level + "└ " if self.level else ""
        cells = [
            f"{indent}{layer.name} ({_KERAS_NAMES.get(kind, kind)})",
            self._output_shape(),
            f"{layer.count_params():,}" if layer.built else "0 (unbuilt)",
        ]
        if branched:
            cells.append(self._connections())
        if show_trainable:
            cells.append(("Y" if layer.trainable else "N") if layer.weights else "-")
        return cells

    def _output_shape(self) -> str:
        calls = [] if self.topology is None else self.topology.calls[self.layer]
        if not calls:
            return "?"
        shapes = [_shape(tensor.shape) for tensor in calls[-1].outputs]
        return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"

    def _connections(self) -> str:
        if self.topology is None:
            return "-"
        sources = [x for call in self.topology.calls[self.layer] for x in call.inputs]
        places = map(self.topology.place_of, sources)
        return ", ".join(f"{name}[{call}][{output}]" for name, call, output in places) or "-"


def _rows(network: Network, expand: bool, level: int = 0) -> list[_Row]:
    rows = []
    for layer in network.operations:
        rows.append(_Row(layer, level, network._topology))
        if expand and isinstance(layer, Network):
            rows += _rows(layer, expand, level + 1)
    return rows


def _shape(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def _table(columns: Sequence[_Column], rows: Sequence[Sequence[str]], length: int) -> list[str]:
    """Return the lines of a table that is `length` characters wide."""
    ends = [0, *(int(column.end * (length - 1)) for column in columns)]
    widths = [end - start - 1 for start, end in itertools.pairwise(ends)]
    if min(widths) < 4:
        raise ValueError(
            f"Insufficient console width to print summary. Received: line_length={length}"
        )

    def rule(left: str, line: str, cross: str, right: str) -> str:
        return left + cross.join(line * width for width in widths) + right

    def row(cells: Sequence[str], bar: str) -> list[str]:
        wrapped = [
            textwrap.wrap(cell, width - 2, break_on_hyphens=False, drop_whitespace=False) or [""]
            for cell, width in zip(cells, widths, strict=True)
        ]
        height = max(map(len, wrapped))
        return [
            bar
            + bar.join(
                f" {(lines[i].rstrip() if i < len(lines) else ''):{column.align}{width - 2}} "
                for lines, column, width in zip(wrapped, columns, widths, strict=True)
            )
            + bar
            for i in range(height)
        ]

    lines = [rule("┏", "━", "┳", "┓"), *row([column.header for column in columns], "┃")]
    lines.append(rule("┡", "━", "╇", "┩"))
    for i, cells in enumerate(rows):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines += row(cells, "│")
    return [*lines, rule("└", "─", "┴", "┘")]


def _footer(network: Network) -> list[str]:
    """Return the lines that count parameters and their memory."""
    return [
        f" {what}: {sum(weight.size for weight in weights):,} ({_memory(weights)})"
        for what, weights in (
            ("Total params", network.weights),
            ("Trainable params", network.trainable_weights),
            ("Non-trainable params", network.non_trainable_weights),
        )
    ]


def _memory(weights: Sequence[FloatArray]) -> str:
    size = float(sum(weight.nbytes for weight in weights))
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} {_UNITS[-1]}"
