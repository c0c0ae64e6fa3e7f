"""posectl compare as a shell and a terminal see it."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli.conftest import Posectl

SMALL = "--endpoints 4 --steps 5 --random-pairs 9 --samples 30 --recall-samples 40 --recall-targets 20".split()


@pytest.fixture
def scored(trained: Posectl) -> Posectl:
    """acai:v1 by its last weights, those that were best, and the pose report's protocol; and a plain model."""
    trained("train", "poses", "--steps", "20", "--set", "mlp.widths=16", "--name", "plain")
    for args in (["plain"], ["acai"], ["acai", "--weights", "best"], ["acai", "--compat", "naayem"]):
        done = trained("evaluate", *args, *SMALL, "--metric", "anci,monotonicity")
        assert done.code == 0, done.err
    return trained


def test_the_ending_of_the_file_is_its_form(scored: Posectl, tmp_path: Path) -> None:
    for name in ("t.csv", "t.tex", "t.json", "t.md"):
        assert scored("compare", "-o", name).out == f"{name}\n"
    assert next(csv.reader((tmp_path / "t.csv").open()))[:3] == ["subject", "ref", "metric"]
    assert (tmp_path / "t.tex").read_text().startswith(r"\begin{tabular}")
    assert [c["label"] for c in json.loads((tmp_path / "t.json").read_text())["columns"]] == [
        "plain, d=8", "acai λ=0.1, d=8",
    ]  # fmt: skip
    assert (tmp_path / "t.md").read_text().startswith("| mean ± std over paths or samples | plain, d=8 |")
    assert scored("compare", "-o", "t.txt", "--format", "csv").code == 0
    assert (tmp_path / "t.txt").read_text().startswith("subject,ref")
    refused = scored("compare", "-o", "t.xlsx")
    assert (refused.code, refused.out) == (2, "")
    assert "no table format has the ending .xlsx" in refused.err.lower()


def test_every_column_says_what_it_is(scored: Posectl) -> None:
    assert "| acai λ=0.1, d=8 |" in scored("compare", "acai").out
    every = scored("compare", "acai-scores:v1", "acai-scores:v2", "acai-scores:v3")
    assert "| acai λ=0.1, d=8 | acai λ=0.1, d=8, best | acai λ=0.1, d=8, compat naayem |" in every.out
    bare = scored("compare")
    assert "| plain, d=8 | acai λ=0.1, d=8 |" in bare.out
    assert "against poses:v1 by --compat naayem" in bare.err


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_on_a_terminal_it_is_aligned_with_arrows_and_the_best_in_bold(
    scored: Posectl, tmp_path: Path, width: int
) -> None:
    figures = [c["scores"]["anci"]["mean"] for c in scored("compare", "--json").json["columns"]]
    shown = on_a_terminal(tmp_path, width, "compare")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in shown.splitlines()]
    (anci,) = [line for line in lines if "anci" in line]
    assert re.match(r" ?anci ↓ +\d\.\d+ ± [\d.e-]+ +\d\.\d+ ± [\d.e-]+$", anci)
    assert any(re.match(r" ?monotonicity ↑ ", line) for line in lines)
    assert max(map(len, lines)) <= width
    assert "|" not in shown
    bold = re.findall(r"\x1b\[1m *([\d.]+) ± ", next(line for line in shown.splitlines() if "anci" in line))
    assert bold == [f"{min(figures):.3f}"]
    assert "Mean ± standard deviation over paths or samples" in shown.replace("\r\n", " ")


def on_a_terminal(folder: Path, width: int, *args: str) -> str:
    """What a command writes to a terminal of this width, in a process of its own."""
    own, its = pty.openpty()
    env = {**os.environ, "COLUMNS": str(width), "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    done = subprocess.Popen(
        [sys.executable, "-m", "posectl", *args], cwd=folder, stdout=its, stderr=subprocess.DEVNULL, env=env
    )
    os.close(its)
    written = b""
    try:
        while chunk := os.read(own, 1 << 16):
            written += chunk
    except OSError:  # the other side is closed
        pass
    assert done.wait(timeout=120) == 0
    return written.decode()
