"""Tables of scores: their forms."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from posectl.errors import UsageError
from posectl.stages.comparison.tables import Column, Comparison, form_of

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
        "| mean ± std over paths or samples | plain, d=8 | λ=0.1 |",
        "| --- | ---: | ---: |",
        "| anci | 1.250 ± 0.200 | 1.250 ± 0.200 |",
        "|   median | 1.200 | 1.200 |",
        "| mean_distance (mm) | 31.200 ± 200.000 |  |",
        "|   median | 1200.000 |  |",
    ]


def test_csv_keeps_every_digit_and_both_spreads():
    rows = list(csv.DictReader(io.StringIO(TABLE.as_text("csv"))))
    assert [row["metric"] for row in rows] == ["anci", "mean_distance", "anci"]
    assert (rows[1]["mean"], rows[1]["variance"], rows[1]["std"], rows[1]["unit"]) == ("0.0312", "0.04", "0.2", "m")


def test_latex_escapes_what_latex_would_stumble_over():
    text = TABLE.as_text("latex")
    assert r"mean\_distance (mm) & 31.200 $\pm$ 200.000 &  \\" in text
    assert r"$\lambda$=0.1" in text
    assert text.count(r"\\") == 5


def test_json_holds_the_figures():
    assert json.loads(TABLE.as_text("json"))["columns"][0]["scores"]["anci"]["mean"] == 1.25


def test_an_unknown_form_is_told():
    with pytest.raises(UsageError, match="no table format"):
        TABLE.as_text("html")


def test_a_spread_over_seeds_is_told_from_one_over_paths():
    columns = [*TABLE.columns[:1], replace(TABLE.columns[1], over="3 seeds")]
    mixed = Comparison(columns, ["anci"], [])
    assert mixed.as_text("md").splitlines()[:4] == [
        "| mean ± std | plain, d=8 | λ=0.1 |",
        "| --- | ---: | ---: |",
        "| ± over | paths or samples | 3 seeds |",
        "| anci | 1.250 ± 0.200 | 1.250 ± 0.200 |",
    ]
    assert [row["over"] for row in csv.DictReader(io.StringIO(mixed.as_text("csv")))] == ["paths or samples", "3 seeds"]
    assert [column["over"] for column in json.loads(mixed.as_text("json"))["columns"]] == [
        "paths or samples",
        "3 seeds",
    ]


@pytest.mark.parametrize(
    ("row", "arrow", "best"),
    [("anci", "↓", [1]), ("prdc.recall", "↑", [0]), ("recall_distance.test", "↓", [1]), ("admissibility.met", " ", []),
     ("classifier_accuracy.standardised", "↑", [0]), ("anybodys", " ", [])],
)  # fmt: skip
def test_the_best_is_what_the_metric_says_among_what_was_scored_here(row, arrow, best):
    columns = [Column(str(x), "", {row: {**SCORE, "mean": x}}, scored=x < 9) for x in (2.0, 1.0, 99.0, -1.0)]
    columns[3] = replace(columns[3], scored=False)
    line = Comparison(columns, [row], []).line(row)
    assert (line.arrow, line.best) == (arrow, best)
    assert Comparison(columns[:1], [row], []).line(row).best == []  # alone it is the best of nothing


@pytest.mark.parametrize(
    ("path", "form"),
    [("t.csv", "csv"), ("t.TEX", "latex"), ("a.b/t.json", "json"), ("t.md", "md"), ("t.txt", "md"), ("table", "md")],
)
def test_a_files_ending_names_its_form(path, form):
    assert form_of(Path(path)) == form


def test_an_ending_of_something_else_is_told():
    with pytest.raises(UsageError, match=r"ending \.html") as told:
        form_of(Path("t.html"))
    assert "--format" in told.value.hint
