"""What ``--help`` explains."""

from __future__ import annotations

DESCRIPTION = """\
Measure fastdense beside other libraries on this machine.

Every contender's result is checked against float64 before it is timed. Contenders then take turns
within one process, which has the number of threads and the instruction set of the table's title."""
READING = """\
how to read a table
  time       median time of one call of fastdense; results are written to arrays that are there
             already, where the library can do so
  spread     distance between the quartiles of its samples, over the median
  GFLOP/s    2 M K N per product, over the time; elementwise operations state GB/s, all bytes that
             have to be read and written
  of peak    share of what this machine does at most, measured in the same process: multiply-adds in
             registers; for elementwise operations a copy of as many bytes, which those that read
             more than they write can exceed
  numpy ...  median time of the others; - where a library doesn't have the operation
  ratio      time of the fastest other one over that of fastdense: above 1, fastdense is faster

The last line has the geometric mean of the ratios and the number of rows with a ratio below 1."""
NETWORKS = """\
what is measured
  Dense layers with relu between them, and in training softmax crossentropy of integer labels. In
  inference every call takes a NumPy array and returns one. In training it takes one step of Adam on
  a batch that is where the library wants it, and goes on training its own weights.

"""
EXAMPLES = """\
examples
  python -m fastdense.bench roofline
  python -m fastdense.bench dense --mode bare,forward --shape 32x784x128 --against numpy,torch
  python -m fastdense.bench activation --threads 1,all --dtype float32,float64 --json out.json
  python -m fastdense.bench network --net 100-256-256-2 --batch 32 --against jax,onnxruntime
  python -m fastdense.bench random --max 1500 --seed 0
  python -m fastdense.bench COMMAND --help"""
