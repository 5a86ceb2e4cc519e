"""How JAX is used, by itself and by Keras."""

from __future__ import annotations

import jax


def call_without_thread() -> None:
    """Have functions run where they are called; to be called before the first array is made.

    A call that is waited for anyway is faster without a thread in between: 6 us instead of 15 to
    70.
    """
    jax.config.update("jax_cpu_enable_async_dispatch", False)
