"""This project beside its peers, in one run: `make bench`, or `python -m benchmarks NAME …`.

One module a benchmark, each with a `run(options) -> rows`. Every comparison is made in the same process, on
the same texts and cores, one after the other, and reported as a ratio, since other work may share the
machine.
"""
