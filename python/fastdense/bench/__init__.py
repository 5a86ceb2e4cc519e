"""Microbenchmarks: ``python -m fastdense.bench --help``.

Files, from the ground up: `shapes` and `nets` are what is measured by default, `problem` is what
one row computes, `inputs`, `reference` and `network_reference` its numbers, `contenders` the
libraries, `check` and `timing` what is done with them, `worker` one process that does it with one
instruction set and thread count, `launch` the starting of those, `report` and `plot` what is shown.
"""
