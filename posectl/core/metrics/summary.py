"""The result of every metric: mean, variance, standard deviation and median, named as what they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from posectl.core.metrics import Score


def summarise(values: Tensor, unit: str, *, compat: str | None = None, **extra: Any) -> Score:
    """Summarise a metric's values, one value an item, as statistics ready for strict JSON.

    values (...), any shape; those that are not finite are left out and counted as `undefined`; `undefined_share` is
    their share of all. `count` is the number of values that the statistics are of. `variance` is unbiased (divided by
    count - 1), as in the published table of the pose report, and `std` is its root. `median` is the mean of the two
    middle values of an even count; under compat="naayem" the lower of them, as torch's median is. Sums are correctly
    rounded, so that not one bit depends on the order of the values, on blocks or on threads. A statistic of too few
    values (variance and std: fewer than two), or one that overflows, is None. `unit` is "1" where there is none.
    `extra` joins the score, and replaces what it shares a name with.
    """
    every = values.detach().double().flatten().cpu()
    finite = sorted(every[every.isfinite()].tolist())
    undefined = len(every) - len(finite)
    mean, variance = moments(finite)
    return {
        "mean": mean,
        "variance": variance,
        "std": None if variance is None else math.sqrt(variance),
        "median": _median(finite, lower=compat == "naayem") if finite else None,
        "minimum": finite[0] if finite else None,
        "maximum": finite[-1] if finite else None,
        "count": len(finite),
        "undefined": undefined,
        "undefined_share": undefined / max(len(every), 1),
        "unit": unit,
        **extra,
    }


def with_test(measured: Callable[[Tensor], Score], real: Tensor, test: Tensor | None) -> Score:
    """Return the score by real samples and, under `test`, that by those of the test split, where these are given."""
    return {**measured(real), **({} if test is None else {"test": measured(test)})}


def columns(values: Tensor, *statistics: str) -> dict[str, Tensor]:
    """Return the named statistics of each column of values (N, T), each (T,) float64 on the CPU; NaN if undefined."""
    scores = [summarise(column, "1") for column in values.unbind(1)]
    return {
        name: torch.tensor([torch.nan if score[name] is None else score[name] for score in scores], dtype=torch.float64)
        for name in statistics
    }


def moments(values: list[float]) -> tuple[float | None, float | None]:
    """Return mean and unbiased variance of finite values, by correctly rounded sums; None of too few or on overflow."""
    if not values:
        return None, None
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, None
    variance = math.fsum((value - mean) * (value - mean) for value in values) / (len(values) - 1)
    return mean, variance if math.isfinite(variance) else None


def row_sums(values: Tensor) -> Tensor:
    """Return correctly rounded sums (N,) float64 of the rows of values (N, M): the same bits whatever N is."""
    rows = values.double().cpu().numpy()
    return torch.tensor([math.fsum(row.tolist()) for row in rows], dtype=torch.float64).to(values.device)


def _median(ordered: list[float], *, lower: bool) -> float:
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low if lower else low + (high - low) / 2
