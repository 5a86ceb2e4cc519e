"""A first real job: handwritten digits, with fastdense and with plain NumPy beside it.

Run ``python -m fastdense.demo``. It needs the extra ``fastdense[demo]``.
"""
