"""Tables of scores: the forms, and the published figures as printed."""

import csv
import io
import json

import pytest

from posectl.errors import UsageError
from posectl.stages.comparison.published import TABLE_I, column, lines_columns
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


def test_published_columns_as_printed():
    # Table I of the pose report, d = 16 at lambda 0.3 and d = 8 at lambda 0.8.
    figures = column("d16", 0.3)
    assert [figures[row]["mean"] for row in figures] == [1.23, 4.17, 0.45, 3.76, 1.89]
    assert [figures[row]["median"] for row in figures] == [1.10, 3.70, 0.43, 3.72, 1.90]
    assert column("d8", 0.8)["smoothness_ratio"]["variance"] == 13.9
    assert column("d8", 0.7) is None


def test_the_published_trends():
    # protocols d3: the ratio rises with lambda from 0 to 0.1 at both sizes; plain ANCI is larger at d = 8.
    for table in TABLE_I.values():
        ratios = [figures[1][0] for lam, figures in table.items() if lam <= 0.1]
        assert ratios == sorted(ratios)
    assert column("d8", 0)["anci"]["mean"] > column("d16", 0)["anci"]["mean"]


def test_the_published_lines_as_printed():
    # Table 1 of ACAI: Mean Distance in thousandths, Smoothness.
    table = lines_columns()
    assert [round(1000 * figures["mean_distance"]["mean"], 2) for figures in table.values()] == [
        6.88, 2.85, 4.21, 1.21, 3.26, 5.41, 0.24,
    ]  # fmt: skip
    assert [figures["smoothness"]["mean"] for figures in table.values()] == [0.44, 0.74, 0.66, 0.49, 0.14, 0.77, 0.10]
    assert table["ACAI"]["mean_distance"]["std"] == pytest.approx(1e-5)
    ranked = sorted(table, key=lambda method: table[method]["mean_distance"]["mean"])
    assert ranked == ["ACAI", "VAE", "dropout", "AAE", "denoising", "VQ-VAE", "baseline"]
