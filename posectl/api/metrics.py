"""The metrics as functions of arrays, without a store: `posectl.metrics.smoothness_ratio(paths)`.

Every metric of posectl.core.metrics, those registered from outside too, under its name; arrays are NumPy's or
PyTorch's. The kind of sample follows from their shape ((..., 17, 3) are poses, (..., 1 or 3, H, W) images), or by
`kind="images"`. Each returns {"mean", "variance", "std", "median", "unit", ...}.

>>> import numpy as np
>>> import posectl
>>> a, b = np.zeros((2, 1, 17, 3))
>>> b[..., 0] = 1.0  # a metre along x
>>> alpha = np.linspace(0, 1, 5)[None, :, None, None]
>>> path = (1 - alpha) * a[:, None] + alpha * b[:, None]  # (1, 5, 17, 3), straight and even
>>> posectl.metrics.smoothness_ratio(path)["mean"]
1.0
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from posectl.api.arrays import as_tensor
from posectl.core.kinds import KINDS, Kind, of_shape
from posectl.core.metrics import INPUTS, METRICS, Score
from posectl.errors import InvalidInputError, UsageError, did_you_mean

_PATHS = {"paths", "random_paths", "interval_paths", "interval_truth"}


def __getattr__(name: str) -> Callable[..., Score]:
    if name.startswith("_") or name not in METRICS.names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _of_arrays(name)


def __dir__() -> list[str]:
    return METRICS.names()


@functools.cache
def _of_arrays(name: str) -> Callable[..., Score]:
    """Wrap a metric so that it takes arrays of either sort, and tells their kind."""
    metric = METRICS.get(name)
    signature = inspect.signature(metric)
    shown = sorted({p.name: p for p in _arrays(metric) if p.name != "kind"}.values(), key=_place)

    @functools.wraps(metric)
    def of_arrays(*arrays: Any, kind: str | Kind | None = None, **named: Any) -> Score:
        try:
            given = inspect.Signature(shown).bind(*arrays, **named).arguments
        except TypeError as error:
            raise UsageError(f"{name}: {error}.", f"It takes {', '.join(p.name for p in shown)}.") from None
        values = {key: _tensor(value, key) for key, value in given.items()}
        if "kind" in signature.parameters:
            values["kind"] = _kind(kind, values)
        return _called(metric, values)

    return of_arrays


def _arrays(function: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    """Yield the parameters of a metric, those of a registered input in place of that input, where arrays make it."""
    for parameter in inspect.signature(function).parameters.values():
        if _is_made_of_arrays(parameter.name):
            yield from _arrays(INPUTS.get(parameter.name))
        else:
            yield parameter


def _place(parameter: inspect.Parameter) -> tuple[int, bool]:
    return parameter.kind, parameter.default is not parameter.empty


def _called(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    """Call a metric, or the function of an input, with the values and inputs that it names."""
    made = {name: _called(INPUTS.get(name), values) for name in _named(function) if _is_made_of_arrays(name)}
    return function(**{name: value for name, value in {**values, **made}.items() if name in _named(function)})


def _is_made_of_arrays(name: str) -> bool:
    """Tell whether an input is a registered one that needs no model."""
    return name in INPUTS.names() and "model" not in _named(INPUTS.get(name))


def _named(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def _tensor(value: Any, name: str) -> Any:
    is_array = isinstance(value, np.ndarray | torch.Tensor) or (isinstance(value, list) and value and name != "parents")
    return as_tensor(value, name) if is_array else value


def _kind(kind: str | Kind | None, values: dict[str, Any]) -> Kind:
    if isinstance(kind, Kind):
        return kind
    if kind is not None:
        return KINDS.get(kind)
    for name, value in values.items():
        if isinstance(value, torch.Tensor):
            shape = tuple(value.shape[2 if name in _PATHS else 1 :])
            found = of_shape(shape)
            if found is None:
                raise InvalidInputError(
                    f"{name} has shape {tuple(value.shape)}, which no kind of sample has.",
                    did_you_mean("poses", KINDS.names()) + " Name it: kind=...",
                )
            return found
    raise UsageError("No array was given.", "Give at least one.")
