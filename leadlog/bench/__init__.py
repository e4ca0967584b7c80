"""Paired benchmarks: our path (A) against a limit (B), interleaved in one run, told as a ratio.

A bare rate says as much about the machine and its neighbours as about the program. Both sides of
a pair do their work in turns on the same machine, so what disturbs one disturbs the other, and
the median of the rounds' ratios holds still where rates move twofold.
"""
