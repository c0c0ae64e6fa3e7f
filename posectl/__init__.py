"""posectl: train autoencoders whose latent space interpolates well, and measure exactly how well.

>>> import posectl
>>> lab = posectl.open("artifacts")
>>> model = lab.train(reg={"acai": 0.3}, latent=8, steps=20)
>>> model.sample(3, seed=0).shape
(3, 17, 3)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from posectl.version import __version__ as __version__

if TYPE_CHECKING:
    from posectl.api import metrics as metrics
    from posectl.api.lab import Lab as Lab
    from posectl.api.lab import open as open
    from posectl.api.regularizers import regularizers as regularizers
    from posectl.api.search import nearest as nearest
    from posectl.core.kinds import Kind as Kind
    from posectl.core.kinds import kind as kind
    from posectl.core.metrics import metric as metric
    from posectl.core.metrics import metric_input as metric_input
    from posectl.core.nets import net as net
    from posectl.core.objectives import objective as objective
    from posectl.core.objectives.base import Objective as Objective
    from posectl.data.dataset import Dataset as Dataset
    from posectl.data.readers import option as option
    from posectl.data.readers import reader as reader
    from posectl.errors import PosectlError as PosectlError
    from posectl.stages.drawing.drawings import drawing as drawing

_MODULES = {
    "Dataset": "data.dataset",
    "Kind": "core.kinds",
    "Lab": "api.lab",
    "Objective": "core.objectives.base",
    "PosectlError": "errors",
    "drawing": "stages.drawing.drawings",
    "kind": "core.kinds",
    "metric": "core.metrics",
    "metric_input": "core.metrics",
    "metrics": "api.metrics",
    "nearest": "api.search",
    "net": "core.nets",
    "objective": "core.objectives",
    "open": "api.lab",
    "option": "data.readers",
    "reader": "data.readers",
    "regularizers": "api.regularizers",
}
"""The names of the library, each with the module that it is imported from when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"posectl.{_MODULES[name]}")
    value = module if name == "metrics" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_MODULES, "__version__"])
