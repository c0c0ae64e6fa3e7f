"""Poses in motion as a skeleton that turns, and the formats of other programs that hold such."""
