"""One training over several processes: images a second, and the share of a step in which ranks wait and exchange.

    python tests/benchmarks/ranks.py [--ranks 1 2] [--batch 256] [--steps 30] [--net conv] [--size 32] [--rounds 3]

Lines of --size pixels train a plain autoencoder by torchrun, one thread a rank, on as many cores as there are ranks;
the numbers of ranks take turns, and medians over steps, then over rounds, count. Before each exchange ranks wait for
the last of them, so that what is exchanged is told apart from what is waited for; the first five steps do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from timing import machine

_FIRST = 5


def work(line: list[str]) -> None:
    """Train as one rank; the first tells the medians of its steps, seconds."""
    from torch import distributed

    from posectl.cli.app import main
    from posectl.core.training.ranks import Alone, Ranks

    times: list[tuple[float, float, float]] = []

    def timed(kind: type[Alone], meet: Any) -> None:
        total = kind.total

        def measured(self: Alone, parts: Any) -> Any:
            began = time.perf_counter()
            meet()
            met = time.perf_counter()
            found = total(self, parts)
            times.append((began, met, time.perf_counter()))
            return found

        kind.total = measured  # type: ignore[method-assign]

    timed(Ranks, distributed.barrier)
    timed(Alone, lambda: None)
    sys.argv = ["posectl", *line]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    if int(os.environ.get("RANK", "0")) == 0:
        times = times[_FIRST:]
        steps = [after[0] - before[0] for before, after in pairwise(times)]
        waits, exchanges = [met - began for began, met, _ in times], [ended - met for _, met, ended in times]
        print(json.dumps([statistics.median(each) for each in (steps, waits, exchanges)]))


def measure(ranks: int, options: argparse.Namespace, store: str) -> list[float]:
    line = [
        "train", "lines", "--reg", "none", "--net", options.net, "--batch", str(options.batch),
        "--micro-batch", str(options.batch // 8), "--steps", str(options.steps),
        "--evaluate-every", str(options.steps), "--threads", "1", "--store", store, "--force", "-q",
    ]  # fmt: skip
    torchrun = [] if ranks == 1 else ["-m", "torch.distributed.run", "--nproc-per-node", str(ranks)]
    command = [sys.executable, *torchrun, __file__, "--work", *line]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    told = [text for text in done.stdout.splitlines() if text.startswith("[")]
    if done.returncode or not told:
        raise SystemExit(f"{ranks} ranks: {done.stderr[-2000:]}")
    return json.loads(told[-1])


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    made.add_argument("--batch", type=int, default=256)
    made.add_argument("--steps", type=int, default=30)
    made.add_argument("--net", default="conv")
    made.add_argument("--size", type=int, default=32)
    made.add_argument("--rounds", type=int, default=3)
    options = made.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "store")
        prepare = ["prepare", "lines", "--size", str(options.size), "--store", store, "-q"]
        subprocess.run([sys.executable, "-m", "posectl", *prepare], check=True)
        rounds = [{n: measure(n, options, store) for n in options.ranks} for _ in range(options.rounds)]
    base = None
    for n in options.ranks:
        step, wait, exchange = (statistics.median(each[n][i] for each in rounds) for i in range(3))
        base = base or step
        print(
            f"{n} rank(s): {options.batch / step:8.1f} images/s, {base / step:.2f} times the first; of a step of "
            f"{1000 * step:.0f} ms, waiting {wait / step:.1%}, exchanging {exchange / step:.1%}"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2:])
    else:
        main()
