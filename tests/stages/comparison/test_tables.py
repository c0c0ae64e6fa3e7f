"""Tables of scores: their forms."""

import csv
import io
import json

import pytest

from posectl.errors import UsageError
from posectl.stages.comparison.tables import Column, Comparison

SCORE = {"mean": 1.25, "variance": 0.04, "std": 0.2, "median": 1.2, "undefined": 0, "unit": "1"}
METRES = {**SCORE, "mean": 0.0312, "unit": "m"}
TABLE = Comparison(
    [
        Column("plain, d=8", "plain-scores:v1", {"anci": SCORE, "mean_distance": METRES}),
        Column("λ=0.1", "", {"anci": SCORE}),
    ],
    ["anci", "mean_distance"],
    [],
)


def test_markdown_has_mean_and_median_lines_and_a_blank_where_nothing_was_scored():
    assert TABLE.as_text("md").splitlines() == [
        "| mean ± std | plain, d=8 | λ=0.1 |",
        "| --- | ---: | ---: |",
        "| anci | 1.250 ± 0.200 | 1.250 ± 0.200 |",
        "|   median | 1.200 | 1.200 |",
        "| mean_distance (m) | 0.0312 ± 0.200 |  |",
        "|   median | 1.200 |  |",
    ]


def test_csv_keeps_every_digit_and_both_spreads():
    rows = list(csv.DictReader(io.StringIO(TABLE.as_text("csv"))))
    assert [row["metric"] for row in rows] == ["anci", "mean_distance", "anci"]
    assert (rows[1]["mean"], rows[1]["variance"], rows[1]["std"], rows[1]["unit"]) == ("0.0312", "0.04", "0.2", "m")


def test_latex_escapes_what_latex_would_stumble_over():
    text = TABLE.as_text("latex")
    assert r"mean\_distance (m) & 0.0312 $\pm$ 0.200 &  \\" in text
    assert r"$\lambda$=0.1" in text
    assert text.count(r"\\") == 5


def test_json_holds_the_figures():
    assert json.loads(TABLE.as_text("json"))["columns"][0]["scores"]["anci"]["mean"] == 1.25


def test_an_unknown_form_is_told():
    with pytest.raises(UsageError, match="no table format"):
        TABLE.as_text("html")
