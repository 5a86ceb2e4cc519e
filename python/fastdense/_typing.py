"""Type aliases shared by the package; imported for type checking only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""A float32 or float64 array."""

DTypeLike: TypeAlias = str | type[Any] | np.dtype[Any] | None
"""float32 or float64 in any of NumPy's spellings; None for the default, float32."""

Shape: TypeAlias = tuple[int | None, ...]
"""The shape of a layer's input or output; None stands for a dimension that is free."""

Config: TypeAlias = dict[str, Any]
"""What `get_config` returns: JSON values only."""

Identifier: TypeAlias = str | Config | Callable[..., Any] | None
"""How users name an object of this library: by name, config, class or instance."""

__all__ = ["ArrayLike", "Config", "DTypeLike", "FloatArray", "Identifier", "Shape"]
