"""Microbenchmarks: ``python -m fastdense.bench --help``.

Files, from the ground up: `problem` is what one row of a table computes, `inputs` and `reference`
its numbers, `contenders` the libraries, `check` and `timing` what is done with them, `worker` one
process that does it with one instruction set and thread count, `launch` the starting of those,
`report` and `plot` what is shown.
"""
