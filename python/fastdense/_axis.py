"""Axis arguments: one integer of any kind, several, or None for all."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable
from typing import Any, SupportsIndex, TypeAlias

Axis: TypeAlias = SupportsIndex | Iterable[SupportsIndex] | None
"""What users may write."""

PlainAxis: TypeAlias = int | tuple[int, ...] | None
"""What `plain_axis` makes of it."""


def plain_axis(axis: Axis, name: str) -> PlainAxis:
    """Return `axis` as Python integers; TypeError, naming `name`, if it is something else."""
    if axis is None:
        return None
    given: Any = axis  # an array has both `__index__` and `__iter__`, and perhaps neither works
    with contextlib.suppress(TypeError):
        return operator.index(given)
    with contextlib.suppress(TypeError):
        return tuple(map(operator.index, given))
    raise TypeError(
        f"{name}: axis must be an integer, several of them or None. Received: axis={axis!r}"
    )


def resolve_axes(axis: PlainAxis, shape: tuple[object, ...], name: str) -> tuple[int, ...]:
    """Return the axes of `shape` that `axis` means, counted from 0.

    Raises
    ------
    ValueError
        If there are none, or one isn't there, or one is given twice.
    """
    ndim = len(shape)
    given = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = tuple(one % ndim if -ndim <= one < ndim else -1 for one in given)
    if not axes or -1 in axes or len(set(axes)) < len(axes):
        raise ValueError(
            f"{name}: axis must name one or more different axes of x. "
            f"Received: axis={axis}, x.shape={shape}"
        )
    return axes
