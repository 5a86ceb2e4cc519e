"""Names: Keras' snake_case, and automatic layer names that don't repeat."""

from __future__ import annotations

import re
from collections import Counter

from fastdense._locks import ForkSafeLock

_lock = ForkSafeLock()
_taken: Counter[str] = Counter()


def to_snake_case(name: str) -> str:
    """Turn a class name into the name Keras derives from it.

    ``Dense`` gives ``dense``, ``LeakyReLU`` gives ``leaky_re_lu``, ``ELU`` gives ``elu``.
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(class_name: str) -> str:
    """Return ``dense``, then ``dense_1``, ``dense_2``, ... for `class_name` ``Dense``."""
    prefix = to_snake_case(class_name)
    with _lock.current:
        count = _taken[prefix]
        _taken[prefix] += 1
    return f"{prefix}_{count}" if count else prefix
