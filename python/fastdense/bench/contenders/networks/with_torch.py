"""PyTorch, eager: fused multiply-adds, relu in place, the fused optimizer.

https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html
https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812, everybody's name for it

from fastdense.bench.contenders.networks import NetworkLibrary
from fastdense.bench.network_reference import BETA_1, BETA_2, EPSILON, LEARNING_RATE
from fastdense.bench.timing import Call

if TYPE_CHECKING:
    from fastdense.bench.contenders.networks import Layers
    from fastdense.bench.inputs import Array

Tensor = Any
Function = Callable[..., Tensor]


class Library(NetworkLibrary):
    """See `NetworkLibrary`."""

    version = str(torch.__version__)

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def transform(self, function: Function) -> Function:
        """Return what is called in the function's place: here itself."""
        return function

    def inference(self, x: Array, layers: Layers) -> Call:
        """Compute in inference mode."""
        weights = [tuple(map(torch.from_numpy, layer)) for layer in layers]
        forward = self.transform(lambda x: _forward(weights, x))

        def call() -> Any:
            with torch.inference_mode():
                return forward(torch.from_numpy(x)).numpy()

        return call

    def training(self, x: Array, labels: Array, layers: Layers) -> Call:
        """Compute the loss, its gradients, and update."""
        weights = [
            tuple(torch.from_numpy(array).requires_grad_() for array in layer) for layer in layers
        ]
        optimizer = torch.optim.Adam(
            [array for layer in weights for array in layer],
            lr=LEARNING_RATE,
            betas=(BETA_1, BETA_2),
            eps=EPSILON,
            fused=True,
        )
        loss_of = self.transform(lambda x, labels: F.cross_entropy(_forward(weights, x), labels))
        batch = torch.from_numpy(x), torch.from_numpy(labels)

        def call() -> Tensor:
            optimizer.zero_grad()
            loss = loss_of(*batch)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return call


def _forward(weights: list[tuple[Tensor, ...]], x: Tensor) -> Tensor:
    for kernel, bias in weights[:-1]:
        x = torch.relu_(torch.addmm(bias, x, kernel))
    kernel, bias = weights[-1]
    return torch.addmm(bias, x, kernel)
