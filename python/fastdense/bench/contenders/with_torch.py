"""PyTorch: inference mode and results written in place; autograd for gradients.

https://pytorch.org/tutorials/recipes/recipes/tuning_guide.html
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812, everybody's name for it

from fastdense.bench.problem import Problem
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.inputs import Inputs

Tensor = Any
# In place where there is such a function; what it returns is the result.
_IN_PLACE: dict[str | None, Callable[[Tensor], Tensor]] = {
    None: lambda z: z,
    "relu": torch.relu_,
    "gelu": F.gelu,
    "tanh": torch.tanh_,
    "sigmoid": torch.sigmoid_,
    "silu": partial(F.silu, inplace=True),
    "softplus": F.softplus,
    "elu": partial(F.elu, inplace=True),
    "mish": partial(F.mish, inplace=True),
}
_NEW: dict[str | None, Callable[[Tensor], Tensor]] = {
    None: lambda z: z,
    "relu": torch.relu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softplus": F.softplus,
    "elu": F.elu,
    "mish": F.mish,
    "softmax": partial(torch.softmax, dim=-1),
}
# Into an array that is there.
_OUT: dict[str, Callable[..., Tensor]] = {
    "relu": lambda x, out: torch.clamp_min(x, 0, out=out),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softmax": partial(torch.softmax, dim=-1),
}


class Library:
    """See `fastdense.bench.contenders.Contender`."""

    version = str(torch.__version__)

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self._grad_mode = contextlib.ExitStack()

    def prepare(self, problem: Problem, inputs: Inputs) -> Call | None:
        """Return the call."""
        # Stays until the next problem: to switch it in every call takes a microsecond.
        self._grad_mode.close()
        self._grad_mode.enter_context(
            torch.inference_mode(problem.mode not in ("training", "backward"))
        )
        tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
        if problem.operation == "dense":
            return _dense(problem, **tensors)
        return _elementwise(problem, **tensors)

    def to_numpy(self, results: Any) -> Any:
        """Return views of the tensors."""
        return [tensor.detach().numpy() for tensor in results]


def _dense(problem: Problem, x: Tensor, kernel: Tensor, bias: Tensor, dy: Tensor) -> Call:
    y, dx, dkernel = torch.empty_like(dy), torch.empty_like(x), torch.empty_like(kernel)
    match problem.mode:
        case "bare":
            return lambda: (torch.mm(x, kernel, out=y),)
        case "dx":
            return lambda: (torch.mm(dy, kernel.t(), out=dx),)
        case "dw":
            return lambda: (torch.mm(x.t(), dy, out=dkernel),)
        case "forward":
            in_place = _IN_PLACE[problem.function]
            return lambda: (in_place(torch.addmm(bias, x, kernel, out=y)),)
    function = _NEW[problem.function]
    variables = [tensor.clone().requires_grad_() for tensor in (x, kernel, bias)]

    def training() -> Any:
        x, kernel, bias = variables
        y = function(torch.addmm(bias, x, kernel))
        return y, *torch.autograd.grad(y, variables, dy)

    return training


def _elementwise(problem: Problem, x: Tensor, dy: Tensor) -> Call:
    if problem.operation == "dropout":
        function: Callable[[Tensor], Tensor] = partial(
            F.dropout, p=float(problem.rate or 0), training=True
        )
    else:
        name = problem.function or problem.operation
        function = _NEW[name]
        if problem.mode == "forward" and name in _OUT:
            function = partial(_OUT[name], out=torch.empty_like(x))
    if problem.mode == "forward":
        return lambda: (function(x),)
    x = x.clone().requires_grad_()
    y = function(x)
    kept = (y,) if problem.operation == "dropout" else ()
    return lambda: (*torch.autograd.grad(y, x, dy, retain_graph=True), *kept)
