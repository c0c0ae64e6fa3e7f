"""Progress on terminals of every width: what never goes, what goes first, and what is there where nothing is drawn."""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

import pexpect
import pytest
from rich.console import Console

from posectl.api import progress as progress_
from posectl.api.progress import Clock, duration, line
from posectl.cli.output import Output
from posectl.stages.run import Progress

LOSSES = {"reconstruction": 0.003937, "acai": 0.02037, "cycle": 0.001765, "acai.critic": 0.0458, "autoencoder": 0.00615}
TRAINING = Progress("training", 12_345, 20_000, "steps", {**LOSSES, "test": 0.0543, "samples/s": 98_765.0})


def drawn(progress: Progress, width: int, rate: float = 1234.4, left: float = 3723.0) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(line(progress, rate, left, width))
    text = console.file.getvalue()
    assert text.count("\n") == 1
    return text.rstrip()


@pytest.mark.parametrize(
    ("width", "figures"),
    [
        (60, []),
        (80, []),
        (110, ["reconstruction 0.003937"]),
        (160, ["reconstruction 0.003937", "acai 0.02037", "cycle 0.001765", "acai.critic 0.0458"]),
    ],
)
def test_bar_step_rate_and_time_left_never_shrink_and_losses_go_first(width: int, figures: list[str]) -> None:
    text = drawn(TRAINING, width)
    found = re.fullmatch(r"training  ([━╸ ]{6,40})  12,345/20,000  1,234 steps/s  1:02:03 left(.*)", text)
    assert found, text
    assert [each for each in found[2].split("  ") if each] == figures
    done = found[1].count("━") + found[1].count("╸") / 2
    assert done == pytest.approx(len(found[1]) * 12_345 / 20_000, abs=0.5)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("metric", ["reconstruction_mpjpe", "classifier_accuracy", "prdc"])
def test_the_metric_that_is_scored_is_named_whole_beside_bar_count_and_time(width: int, metric: str) -> None:
    text = drawn(Progress(f"scoring {metric}", 3, 13, "metrics"), width - 3, rate=0.4, left=25.0)
    assert re.fullmatch(rf"scoring {metric}  [━╸ ]{{6,40}}   3/13  0:25 left", text), text


def test_durations() -> None:
    assert [duration(s) for s in (0, 65.4, 3599, 3600, float("inf"))] == ["0:00", "1:05", "59:59", "1:00:00", "-:--"]


def test_time_left_is_told_by_what_was_done_since(monkeypatch: pytest.MonkeyPatch) -> None:
    def left(*looks: tuple[float, int]) -> float:
        clock, now = Clock(), iter([seconds for seconds, _ in looks])
        monkeypatch.setattr(progress_.time, "monotonic", lambda: next(now))
        return [clock.seconds_left(Progress("x", done, 1000, "steps")) for _, done in looks][-1]

    assert left((0.0, 0)) == float("inf")
    assert left((0.0, 0), (5.0, 400)) == float("inf")  # a run that goes on at 400
    assert left((0.0, 0), (5.0, 400), (15.0, 600)) == 20.0  # 200 steps in 10 s, 400 to go
    assert left((0.0, 0), (2.0, 1)) == 1998.0


def test_one_line_serves_metrics_that_follow_each_other() -> None:
    out = Output()
    out._console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None, stderr=True)
    for i, name in enumerate(("anci", "prdc", "smoothness_ratio")):
        out.progress(Progress(f"scoring {name}", i, 3, "metrics"))
        assert out._bar is not None
        out._bar._live.refresh()
    live = out._bar._live
    assert live._live_render._shape[1] == 1
    out.progress(Progress("scoring", 3, 3, "metrics"))
    assert out._bar is None
    assert not live.is_started


def screens(folder: Path, width: int, args: list[str], **env: str) -> str:
    """What a terminal of this width is sent."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm", **env}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    terminal = pexpect.spawn(sys.executable, ["-m", "posectl", *args], cwd=str(folder), encoding="utf-8", timeout=120,
                             dimensions=(40, width), env=environment)  # fmt: skip
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0, terminal.before
    return terminal.before


@pytest.mark.slow
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_in_a_terminal_of_60_columns(trained, tmp_path: Path, env: dict[str, str]) -> None:
    train = "train poses --reg acai --reg cycle --steps 3000 --set mlp.widths=16".split()
    sent = screens(tmp_path, 60, train, **env)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent)
    if env.get("TERM") == "dumb":
        assert "\x1b" not in sent
        assert "training 3000/3000 steps" in plain
    else:
        assert re.search(r"training  [━╸╺ ]{6,}  [ 1-9][,0-9]{4}/3,000  [0-9,.]+ steps/s  \d:\d\d left", plain), plain
        assert ("\x1b[9" in sent) is ("NO_COLOR" not in env)  # bright colours


def test_what_is_left_of_a_bar_is_in_a_colour_of_the_terminals_own() -> None:
    """Fainter than what is done on a light ground, as on a dark one; rich's own grey is near black."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor", no_color=False)
    console.print(line(TRAINING, 1234.4, 3723.0, 80))
    text = console.file.getvalue()
    assert re.search(r"\x1b\[90m[╺━]+", text), repr(text)
    assert "38;2;58;58;58" not in text
