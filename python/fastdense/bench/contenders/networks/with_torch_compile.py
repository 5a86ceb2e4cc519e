"""PyTorch, compiled for the batch at hand; the optimizer's fused step stays as it is.

https://docs.pytorch.org/docs/stable/generated/torch.compile.html
"""

from __future__ import annotations

import torch

from fastdense.bench.contenders.networks import with_torch


class Library(with_torch.Library):
    """See `NetworkLibrary`."""

    def transform(self, function: with_torch.Function) -> with_torch.Function:
        """Compile the function, and forget those compiled before: there is a limit to them."""
        torch.compiler.reset()
        compiled: with_torch.Function = torch.compile(function, dynamic=False)
        return compiled
