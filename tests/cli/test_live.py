"""The live table of a sweep: what it shows of each replica, and where it is not drawn."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

import pexpect
from rich.console import Console

from posectl.cli import live
from posectl.stages.training.progress import Row, SweepProgress

ROWS = (
    Row("acai-d8-l0-s0", (0.0,), 8, 0, "there"),
    Row("acai-d8-l0.1-s0", (0.1,), 8, 0, "diverged at 12", 12),
    Row("acai-d8-l0.3-s0", (0.3,), 8, 0, "done", 1000, 0.5, 0.25),
    Row("acai-d16-l0-s0", (0.0,), 16, 0, "training", 512, 0.125, float("nan"), 4321.0),
    Row("acai-d16-l0.1-s0", (0.1,), 16, 0, "waiting"),
)


def shown(rows: tuple[Row, ...] = ROWS, width: int = 120, room: int = 20, left: float = 65.0) -> list[list[str]]:
    """The lines of the table, in words."""
    progress = SweepProgress("sweep", 1512, 2000, "steps", {"samples/s": 4321.0}, rows)
    console = Console(file=io.StringIO(), width=width)
    console.print(live.table(progress, left, width, room))
    return [line.split() for line in console.file.getvalue().splitlines() if line.strip()]


def test_every_replica_has_a_row_with_its_figures_and_state() -> None:
    header, _, there, diverged, done, training, waiting, caption = shown()
    assert " ".join(header) == "model lambda latent seed step loss test error samples/s state"
    assert there == ["acai-d8-l0-s0", "0", "8", "0", "–", "–", "–", "–", "there"]
    assert diverged == ["acai-d8-l0.1-s0", "0.1", "8", "0", "12", "–", "–", "–", "diverged", "at", "12"]
    assert done == ["acai-d8-l0.3-s0", "0.3", "8", "0", "1,000", "0.5", "0.25", "–", "done"]
    assert training == ["acai-d16-l0-s0", "0", "16", "0", "512", "0.125", "–", "4,321", "training"]
    assert waiting[-1] == "waiting"
    assert " ".join(caption) == "1,512 of 2,000 steps, 4,321 samples/s, 1:05 left"


def test_on_a_narrow_terminal_columns_go_that_the_name_tells() -> None:
    header, _, _, diverged, *_ = shown(width=80)
    assert " ".join(header) == "model step loss test error samples/s state"
    assert diverged == ["acai-d8-l0.1-s0", "12", "–", "–", "–", "diverged", "at", "12"]


def test_where_rows_do_not_fit_those_in_training_stay_and_the_rest_is_counted() -> None:
    *lines, _, rest = shown(room=2)
    assert [line[0] for line in lines[2:]] == ["acai-d16-l0-s0", "acai-d16-l0.1-s0"]
    assert " ".join(rest) == "not shown: 1 there, 1 diverged, 1 done"
    assert shown(room=-3)[2][0] == "acai-d16-l0-s0"


def test_it_is_drawn_on_a_terminal_and_nowhere_else(trained, tmp_path: Path) -> None:
    args = "sweep poses --reg acai --lam 0,0.1 --latent 3 --steps 400 --set mlp.widths=16".split()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    terminal = pexpect.spawn(sys.executable, ["-m", "posectl", *args], cwd=str(tmp_path), encoding="utf-8", timeout=60,
                             dimensions=(40, 120), env=environment)  # fmt: skip
    terminal.expect(pexpect.EOF)
    terminal.close()
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.before)
    assert terminal.exitstatus == 0, drawn
    assert "samples/s  state" in drawn
    assert re.search(r"poses-acai-d3-l0\.1-s0 +0\.1 +3 +0 .* training", drawn)
    assert drawn.endswith("poses-acai-sweep:v1\r\n")
    plain = trained(*args, "--seed", "1")
    assert plain.out == "poses-acai-sweep:v2\n"
    assert "training" not in plain.err
    assert "sweep 400/400 steps" in plain.err
