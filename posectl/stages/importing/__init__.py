"""Weights of other programs as models of posectl, one file a layout.

`@layout("naayem")` on a function (tensors, path) registers a layout: it returns a `Described`, or None for tensors that
are not of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.registry import Registry
from posectl.stages.artifacts.about import ModelAbout

Tensors = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Described:
    """A model from elsewhere: what rebuilds it, its weights "encoder.*" and "decoder.*", and sentences to be told.

    origin: where it came from, for the record. beside: names of other numbers that the file holds, and may.
    """

    about: ModelAbout
    weights: dict[str, np.ndarray]
    origin: dict[str, Any]
    told: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()


Layout = Callable[[Tensors, Path], Described | None]

LAYOUTS: Registry[Layout] = Registry("layout of weights", "posectl.stages.importing", decorator="layout")
layout = LAYOUTS.register
