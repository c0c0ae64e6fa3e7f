"""`store ls` and `store rm` as a person at a terminal meets them."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pytest

from posectl.cli.tables import aligned, fitting
from posectl.stages.artifacts.listing import age
from posectl.store import Store


@pytest.fixture
def filled(trained):
    """The dataset `poses` and the model `acai`, its scores and paths, a recipe's model, and a sweep of two."""
    short = ("--steps", "5", "--set", "mlp.widths=16")
    for args in (
        ("evaluate", "acai", "--metric", "reconstruction_mpjpe"),
        ("interpolate", "poses#1", "poses#200", "--model", "acai", "--steps", "3"),
        ("train", "poses", "--reg", "posectl", "--lam", "0.2", *short),
        ("sweep", "poses", "--reg", "acai", "--lam", "0,0.1", "--latent", "3,4", *short),
        ("store", "alias", "acai", "best"),
    ):
        done = trained(*args)
        assert done.code == 0, done.err
    return trained


def test_each_artifact_is_listed_with_what_it_is_of(filled, tmp_path):
    lines = filled("store", "ls").out.splitlines()
    assert lines[0].split() == "ref kind data set regularizers d error age size aliases".split()
    rows = {row["ref"]: row for row in filled("store", "ls", "--json").json}
    errors = {a.ref: a.summary.get("test_error") for a in Store(tmp_path / "artifacts").artifacts("model")}
    sweep = min(error for ref, error in errors.items() if ref.startswith("poses-acai-d"))

    def told(ref):
        return tuple(rows[ref][key] for key in ("kind", "dataset", "regularizers", "latent", "error", "unit"))

    assert told("poses:v1") == ("dataset", "", "", "", None, "")
    assert told("acai:v1") == ("model", "poses:v1", "acai 0.1", "8", errors["acai:v1"], "m")
    assert told("acai-paths:v1") == ("paths", "poses:v1", "acai 0.1", "8", None, "")
    assert told("acai-scores:v1")[:4] == ("scores", "poses:v1", "acai 0.1", "8")
    assert told("acai-scores:v1")[4] == pytest.approx(errors["acai:v1"], rel=1e-4)
    assert told("poses-posectl:v1")[:4] == ("model", "poses:v1", "posectl 0.2", "8")
    assert told("poses-acai-sweep:v1") == ("sweep", "poses:v1", "acai 0 to 0.1", "3, 4", sweep, "m")
    model = next(line for line in lines if line.startswith("acai:v1 "))
    assert f"acai 0.1  8  {1000 * errors['acai:v1']:.1f} mm" in " ".join(model.split()).replace(" 8 ", "  8  ")
    assert model.endswith("best")
    assert {row["ref"] for row in filled("store", "ls", "--kind", "sweep", "--json").json} == {"poses-acai-sweep:v1"}
    assert [row["ref"] for row in filled("store", "ls", "posectl", "--json").json] == ["poses-posectl:v1"]


def test_ages_are_whole_numbers_of_the_largest_unit():
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for created, text in {
        "2026-03-01T11:59:20.000000Z": "40 s",
        "2026-03-01T11:00:01.5Z": "59 min",
        "2026-03-01T11:00:00Z": "1 h",
        "2026-02-27T12:00:00Z": "2 d",
        "2026-03-01T12:00:30Z": "0 s",
    }.items():
        assert age(created, now) == text


def test_no_cell_of_a_table_is_cut_and_spare_columns_go_first():
    header = ("model", "lambda", "empty", "error")
    rows = [("poses-acai-d8-l0.1-s0", "0.1", "", "0.054"), ("poses-acai-d16-l0-s0", "0", "", "0.2")]
    assert fitting(header, rows, 100) == ["model", "lambda", "error"]
    assert fitting(header, rows, 35, ["lambda"]) == ["model", "error"]
    assert fitting(header, rows, 10, ["lambda"]) == ["model", "error"]  # what is left is wrapped by the terminal
    assert aligned(header, rows, ["model", "error"]) == [
        "model                  error",
        "────────────────────────────",
        "poses-acai-d8-l0.1-s0  0.054",
        "poses-acai-d16-l0-s0     0.2",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("width", [60, 80, 110])
def test_names_are_whole_at_every_width(filled, tmp_path: Path, width: int):
    for args, names in (
        (["store", "ls"], ["poses-acai-d4-l0.1-s0:v1", "poses-acai-sweep:v1"]),
        (["evaluate", "acai", "--endpoints", "4", "--steps", "5", "--samples", "20", "--recall-samples", "20"],
         ["reconstruction_mpjpe", "path_length_ratio", "precision_distance"]),
        (["sweep", "poses", "--reg", "acai", "--lam", "0,0.1", "--latent", "3,4", "--steps", "5", "--set",
          "mlp.widths=16"], ["poses-acai-d4-l0.1-s0:v1"]),
    ):  # fmt: skip
        env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        terminal = pexpect.spawn(sys.executable, ["-m", "posectl", *args], cwd=str(tmp_path), encoding="utf-8",
                                 dimensions=(50, width), timeout=120, env={**env, "TERM": "xterm"})  # fmt: skip
        terminal.expect(pexpect.EOF)
        lines = terminal.before.splitlines()
        assert "…" not in terminal.before
        for name in names:
            assert any(line.startswith(name) and len(line) <= width for line in lines), terminal.before


def test_a_removal_is_asked_on_a_terminal_and_nowhere_else(trained, tmp_path: Path):
    store = Store(tmp_path / "artifacts")
    for _ in range(4):
        assert trained("sample", "acai", "-n", "3", "--force").code == 0

    def asked(answer: str, *options: str) -> tuple[str, int]:
        terminal = pexpect.spawn(sys.executable, ["-m", "posectl", "store", "rm", "acai-samples:v2", *options],
                                 cwd=str(tmp_path), encoding="utf-8", timeout=60)  # fmt: skip
        if answer:
            terminal.expect_exact("[y/N] ")
            terminal.send(answer)
        terminal.expect(pexpect.EOF)
        terminal.close()
        return terminal.before, terminal.exitstatus

    told, code = asked("n\n")
    assert ("Nothing was removed." in told, code) == (True, 130)
    told, code = asked("\x03")
    assert ("Interrupted" in told, code) == (True, 130)
    assert store.versions("acai-samples") == [1, 2, 3, 4]
    assert asked("y\n")[1] == 0
    assert store.versions("acai-samples") == [1, 3, 4]
    assert asked("", "--yes")[1] == 3  # it is gone, and nobody was asked
    assert trained("store", "rm", "acai-samples:v1", "acai-samples:v3").out.count("removed") == 2
    assert store.versions("acai-samples") == [4]
