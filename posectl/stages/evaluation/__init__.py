"""Evaluation: the inputs that metrics are computed from."""
