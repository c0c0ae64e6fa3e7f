"""Exact nearest neighbours: float32 only ever rules a pair out, float64 decides.

A lower bound in float32, widened by a proven bound of its rounding, rules out boxes of many samples, then single ones;
what is left is measured in float64, one coordinate after the other, and ties go to the lowest index. So neither the
blocks nor the threads nor the order of the samples can change a bit of the result.
"""
