"""One thing per input or output of a model: by position, by name, or the only one there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def is_nested(value: object) -> bool:
    """Whether `value` is a list, tuple or dict of things, and not one thing."""
    return isinstance(value, list | tuple | Mapping)


def leaves(value: Any) -> list[Any]:
    """Return the things in lists and dicts, however deep, in their order."""
    if isinstance(value, Mapping):
        return leaves(list(value.values()))
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def align(value: Any, names: Sequence[str], argument: str) -> list[Any]:
    """Return what `value` holds for each of `names`, in their order.

    Parameters
    ----------
    value
        A list or tuple with an entry for each name, a dict with a key for each, or, if there is
        but one name, the entry itself.
    names
        The names of the model's inputs or outputs.
    argument
        What `value` is called in messages.

    Raises
    ------
    ValueError
        If there are more or fewer entries than names, or other keys.
    """
    if isinstance(value, Mapping):
        if set(value) != set(names):
            raise ValueError(
                f"Expected keys {list(names)} in the dict `{argument}`. "
                f"Received: {argument} with keys {list(value)}"
            )
        return [value[name] for name in names]
    entries = list(value) if isinstance(value, list | tuple) else [value]
    if len(entries) != len(names):
        raise ValueError(
            f"`{argument}`: expected {len(names)} of them, one for each of {list(names)}, in a "
            f"list or a dict. Received: {_described(value)}"
        )
    return entries


def broadcast(value: Any, names: Sequence[str], argument: str) -> list[Any]:
    """Return what `align` does, where one thing that is not nested stands for each of `names`."""
    return align(value, names, argument) if is_nested(value) else [value] * len(names)


def _described(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a single {type(value).__name__}"
