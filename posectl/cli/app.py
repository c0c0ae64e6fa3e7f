"""The app with every command, in the order in which a user meets them."""

# ruff: noqa: I001 - the order of the imports is the order in `posectl --help`.
from __future__ import annotations

from posectl.cli.root import app
from posectl.cli import prepare, train, sweep, interpolate, sample, evaluate, compare, render, plot
from posectl.cli import store, demo, doctor, completion

__all__ = [
    "app", "compare", "completion", "demo", "doctor", "evaluate", "interpolate", "plot", "prepare", "render", "sample",
    "store", "sweep", "train",
]  # fmt: skip
