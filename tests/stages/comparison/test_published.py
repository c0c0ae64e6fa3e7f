"""Published figures as printed."""

import pytest

from posectl.stages.comparison.published import PROBES, TABLE_I, column, lines_columns, probe_columns


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


def test_the_published_probes_as_printed():
    # Table 2 of ACAI, in percent: MNIST at 32 numbers, and the extremes of CIFAR-10 at 1,024.
    rows = {name: probe_columns(name) for name in PROBES}
    printed = {name: [round(100 * figures["probe_accuracy"]["mean"], 2) for figures in row.values()] for name, row in
               rows.items()}  # fmt: skip
    assert printed["mnist32"] == [94.90, 96.45, 96.00, 96.56, 70.74, 97.50, 98.25]
    assert printed["mnist256"] == [93.94, 94.50, 98.51, 98.74, 90.03, 97.25, 99.00]
    assert rows["cifar1024"]["VQ-VAE"]["probe_accuracy"]["std"] == pytest.approx(0.1244)
    # ACAI leads in every row but one, where denoising does.
    leaders = {name: max(row, key=lambda m: row[m]["probe_accuracy"]["mean"]) for name, row in rows.items()}
    assert leaders == {**dict.fromkeys(PROBES, "ACAI"), "cifar256": "denoising"}
