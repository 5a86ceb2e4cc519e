"""The functional face: one function per operation, arrays in, arrays out.

Arrays are float32 or float64. C-contiguous ones in native byte order are used in place; anything
else that converts is converted once: other layouts copied, float16, integers and booleans taken to
float32, a mix of float32 and float64 to float64. Complex, object and string arrays raise TypeError.

``*_forward`` returns residuals for ``*_backward``: opaque, and referring to the arrays that went in
and came out, so leave those unchanged in between. All functions can be called from many threads.

`activation` is None, the name of a function in `fastdense.activations`, such a function, a
`functools.partial` of one with parameters bound, an activation layer, or any Python callable on
arrays. A callable has a gradient if it offers one as ``callable.backward(x, y, dy)``.
"""

from __future__ import annotations

from fastdense.ops._activation import (
    ActivationResiduals,
    activation,
    activation_backward,
    activation_forward,
)
from fastdense.ops._dense import DenseResiduals, dense, dense_backward, dense_forward
from fastdense.ops._dropout import DropoutResiduals, dropout_backward, dropout_forward

__all__ = [
    "ActivationResiduals",
    "DenseResiduals",
    "DropoutResiduals",
    "activation",
    "activation_backward",
    "activation_forward",
    "dense",
    "dense_backward",
    "dense_forward",
    "dropout_backward",
    "dropout_forward",
]
