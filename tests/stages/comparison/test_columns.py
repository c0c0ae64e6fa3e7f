"""Columns made of columns: statistics over seeds, and multiples of another's."""

import math
from statistics import mean, median, stdev

import pytest

from posectl.stages.comparison.columns import over_seeds, relative_to, undivided
from posectl.stages.comparison.tables import Column


def score(mean: float | None, unit: str = "1", std: float = 0.5) -> dict[str, object]:
    return {"mean": mean, "variance": std**2, "std": std, "median": mean, "unit": unit}


def column(name: str, anci: float | None, distance: float) -> Column:
    return Column(name, f"{name}:v1", {"anci": score(anci), "mean_distance": score(distance, "m")})


SEEDS = (1.21, 1.25, 1.32)


def test_seeds_become_one_column_of_their_means_and_the_spread_between_them() -> None:
    columns = [column("a", 7.0, 1.0), *(column(f"s{i}", x, 2 * x) for i, x in enumerate(SEEDS))]
    first, merged = over_seeds(columns, ["a", "s", "s", "s"], ["a", "acai", "acai", "acai"])
    assert first is columns[0]
    assert (merged.label, merged.ref, merged.over) == ("acai, 3 seeds", "s0:v1 s1:v1 s2:v1", "3 seeds")
    assert merged.scores["anci"]["mean"] == pytest.approx(mean(SEEDS), rel=1e-15)
    assert merged.scores["anci"]["std"] == pytest.approx(stdev(SEEDS), rel=1e-12)
    assert merged.scores["anci"]["median"] == median(SEEDS)
    assert merged.scores["anci"]["count"] == 3
    assert merged.scores["mean_distance"]["unit"] == "m"


def test_a_seed_without_a_figure_is_left_out_and_counted() -> None:
    (merged,) = over_seeds([column("s0", None, 1.0), column("s1", 2.0, 1.0)], ["s", "s"], ["x", "x"])
    assert (merged.scores["anci"]["mean"], merged.scores["anci"]["undefined"]) == (2.0, 1)


def test_metrics_that_not_every_seed_has_are_left_out() -> None:
    lacking = Column("s1", "s1:v1", {"anci": score(1.0)})
    (merged,) = over_seeds([column("s0", 1.0, 1.0), lacking], ["s", "s"], ["x", "x"])
    assert list(merged.scores) == ["anci"]


def test_multiples_of_the_first_column_have_no_unit() -> None:
    base, other = relative_to(column("plain", 1.25, 0.16), [column("plain", 1.25, 0.16), column("acai", 1.5, 0.2)])
    assert base.scores["anci"]["mean"] == 1.0
    assert other.scores["anci"]["mean"] == pytest.approx(1.2)
    assert other.scores["mean_distance"]["mean"] == pytest.approx(1.25)
    assert other.scores["mean_distance"]["std"] == pytest.approx(0.5 / 0.16)
    assert math.sqrt(other.scores["mean_distance"]["variance"]) == pytest.approx(0.5 / 0.16)
    assert other.scores["mean_distance"]["unit"] == "1"


def test_nothing_is_divided_by_what_is_not_there_or_is_zero() -> None:
    base = Column("plain", "", {"anci": score(None), "overshoot": score(0.0)})
    columns = [Column("x", "", {"anci": score(1.0), "overshoot": score(1.0), "prdc": score(1.0)})]
    assert relative_to(base, columns)[0].scores == {}
    assert undivided(base, ["anci", "overshoot", "prdc"]) == [
        "Left out: overshoot; plain has 0 there to divide by.",
        "Left out: anci, prdc; plain has no figure there to divide by.",
    ]
    assert undivided(column("a", 1.0, 1.0), ["anci"]) == []
