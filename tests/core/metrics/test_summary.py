"""What `summarise` makes of values, against the statistics module and exact arithmetic."""

from __future__ import annotations

import json
import math
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from posectl.core.metrics.summary import row_sums, summarise

NAN, INF = float("nan"), float("inf")
finite = st.floats(-1e6, 1e6)


@given(st.lists(finite, min_size=2, max_size=40))
def test_statistics_are_what_their_names_say(values: list[float]) -> None:
    score = summarise(torch.tensor(values, dtype=torch.float64), "m")
    assert score["mean"] == pytest.approx(statistics.fmean(values), rel=1e-12, abs=1e-9)
    assert score["variance"] == pytest.approx(statistics.variance(values), rel=1e-9, abs=1e-9)
    assert score["std"] == math.sqrt(score["variance"])
    assert score["median"] == pytest.approx(statistics.median(values), rel=1e-12)
    assert (score["minimum"], score["maximum"]) == (min(values), max(values))
    assert (score["count"], score["undefined"], score["undefined_share"]) == (len(values), 0, 0.0)


@given(st.lists(finite, min_size=1, max_size=40))
def test_published_median_is_the_lower_one_as_torch_has_it(values: list[float]) -> None:
    tensor = torch.tensor(values, dtype=torch.float64)
    assert summarise(tensor, "m", compat="naayem")["median"] == tensor.median().item()


def test_median_of_an_even_count_is_the_mean_of_the_middle_two() -> None:
    values = torch.tensor([4.0, 1.0, 3.0, 2.0])
    assert summarise(values, "m")["median"] == 2.5
    assert summarise(values, "m", compat="naayem")["median"] == 2.0


@given(st.lists(finite, min_size=2, max_size=200), st.randoms())
def test_no_bit_depends_on_the_order_of_the_values(values: list[float], random) -> None:
    shuffled = random.sample(values, len(values))
    first, second = (summarise(torch.tensor(v, dtype=torch.float64), "m") for v in (values, shuffled))
    assert first == second


def test_sums_are_correctly_rounded() -> None:
    assert summarise(torch.tensor([1e16, 1.0, -1e16], dtype=torch.float64), "m")["mean"] == 1 / 3
    assert row_sums(torch.tensor([[1e16, 1.0, -1e16], [1.0, 2.0, 3.0]], dtype=torch.float64)).tolist() == [1.0, 6.0]


def test_undefined_values_are_counted_and_left_out() -> None:
    score = summarise(torch.tensor([1.0, NAN, 3.0, INF]), "1")
    assert (score["mean"], score["variance"], score["median"]) == (2.0, 2.0, 2.0)
    assert (score["count"], score["undefined"], score["undefined_share"]) == (2, 2, 0.5)


@pytest.mark.parametrize(("values", "undefined"), [([], 0), ([NAN, INF], 2)])
def test_nothing_defined_gives_none_and_strict_json(values: list[float], undefined: int) -> None:
    score = summarise(torch.tensor(values), "m")
    statistic = ("mean", "variance", "std", "median", "minimum", "maximum")
    assert [score[name] for name in statistic] == [None] * 6
    assert (score["count"], score["undefined"]) == (0, undefined)
    json.dumps(score, allow_nan=False)


def test_one_value_has_no_variance() -> None:
    score = summarise(torch.tensor([3.0]), "m")
    assert (score["mean"], score["median"], score["variance"], score["std"]) == (3.0, 3.0, None, None)


def test_variance_that_overflows_is_none() -> None:
    score = summarise(torch.tensor([1e200, 0.0], dtype=torch.float64), "1")
    assert (score["mean"], score["variance"], score["std"]) == (5e199, None, None)


def test_extra_joins_the_score_and_replaces() -> None:
    score = summarise(torch.tensor([1.0, 2.0]), "m", over="steps", undefined=7)
    assert (score["unit"], score["over"], score["undefined"]) == ("m", "steps", 7)
