"""Columns derived from others: seeds merged into one, figures as multiples of another's."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import torch

from posectl.core.metrics.summary import summarise
from posectl.stages.comparison.tables import Column

_LINEAR = ("mean", "std", "median", "minimum", "maximum")


def over_seeds(columns: Sequence[Column], keys: Sequence[Hashable], labels: Sequence[str]) -> list[Column]:
    """Merge the columns that share a key, in the order in which keys first come, into the statistics of their means.

    So `std` is the spread between seeds. A column whose key is its own stays as it is. labels: the name of each column
    where it stands for several.
    """
    groups: dict[Hashable, list[int]] = {}
    for i, key in enumerate(keys):
        groups.setdefault(key, []).append(i)
    return [
        columns[group[0]] if len(group) == 1 else _merged(labels[group[0]], [columns[i] for i in group])
        for group in groups.values()
    ]


def _merged(label: str, columns: Sequence[Column]) -> Column:
    names = [name for name in columns[0].scores if all(name in column.scores for column in columns)]
    scores = {name: _over([column.scores[name] for column in columns]) for name in names}
    seeds = f"{len(columns)} seeds"
    return Column(f"{label}, {seeds}", " ".join(c.ref for c in columns), scores, over=seeds)


def _over(scores: Sequence[dict[str, Any]]) -> dict[str, Any]:
    means = [math.nan if score["mean"] is None else score["mean"] for score in scores]
    return summarise(torch.tensor(means, dtype=torch.float64), scores[0]["unit"], over="seeds")


def relative_to(base: Column, columns: Sequence[Column]) -> list[Column]:
    """Divide every figure of the columns by the base's mean of the same metric, without unit; metrics that the base
    lacks, or whose mean is zero there, are left out."""
    divisors = {name: score["mean"] for name, score in base.scores.items() if score["mean"]}
    return [
        replace(c, scores={n: _divided(s, divisors[n]) for n, s in c.scores.items() if n in divisors}) for c in columns
    ]


def undivided(base: Column, rows: Sequence[str]) -> list[str]:
    """Say in a sentence each which of the rows `relative_to` leaves out, and why."""
    zero = [name for name in rows if name in base.scores and base.scores[name]["mean"] == 0]
    nothing = [name for name in rows if name not in zero and not base.scores.get(name, {}).get("mean")]
    return [
        f"Left out: {', '.join(some)}; {base.label} has {what} there to divide by."
        for what, some in (("0", zero), ("no figure", nothing))
        if some
    ]


def _divided(score: dict[str, Any], divisor: float) -> dict[str, Any]:
    over = {key: None if score.get(key) is None else score[key] / divisor for key in _LINEAR if key in score}
    if score.get("variance") is not None:
        over["variance"] = score["variance"] / divisor**2
    return {**score, **over, "unit": "1"}
