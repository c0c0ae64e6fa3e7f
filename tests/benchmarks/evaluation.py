"""All metrics of one pose model at full size, split by part: what decodes, and what each metric takes.

    python tests/benchmarks/evaluation.py [DATA_FOLDER] [--rounds 5] [--threads 2]

8,128 paths of 100 steps; Mean Distance of 10,000 paths of 10; 10,000 samples against the whole set; 180,000 draws that
10,000 poses are sought among. The set is bandai17, train and test, some 220,000 poses; the model trains for 200 steps.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from timing import Others, Row, add_data, parser, report, seconds, spread

from posectl.core.autoencoder import Autoencoder
from posectl.core.metrics.nearest import nearest
from posectl.stages.evaluate import evaluate
from posectl.stages.options import TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Progress, Run
from posectl.stages.train import train


class Clock:
    """Seconds by part: a metric's from the progress that names it to the next, less what encodes and decodes in it."""

    def __init__(self) -> None:
        self.restart()
        for method in ("encode", "decode"):
            self._watch(method)

    def restart(self) -> None:
        self.parts: dict[str, float] = defaultdict(float)
        self._part, self._since = "gathering", time.perf_counter()

    def progress(self, progress: Progress) -> None:
        now = time.perf_counter()
        self.parts[self._part] += now - self._since
        self._part, self._since = progress.stage, now

    def _watch(self, method: str) -> None:
        """Count the time in a method of models for itself."""
        inner = getattr(Autoencoder, method)

        def watched(model: Autoencoder, *given: object) -> object:
            start = time.perf_counter()
            result = inner(model, *given)
            taken = time.perf_counter() - start
            self.parts["networks"] += taken
            self._since += taken
            return result

        setattr(Autoencoder, method, watched)


def model(folder: str, options: argparse.Namespace) -> Run:
    """A store with the set and a model."""
    run = Run(store=Path(folder), threads=options.threads)
    files = [options.data / "poses" / f"bandai17_{part}.npz" for part in ("train", "test")]
    prepare(run, "arrays", files)  # their names tell the split
    train(run, None, TrainOptions(reg=("acai",), latent=16, steps=200))
    return run


def main() -> None:
    made = parser(__doc__)
    add_data(made)
    options = made.parse_args()
    rounds: list[dict[str, float]] = []
    totals: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run = model(folder, options)
        warm = run.artifacts.newest("dataset").read("samples")[:3000]
        nearest(warm, warm)  # loads the compiled search
        clock, others = Clock(), Others()
        run.force, run.progress = True, clock.progress
        for _ in range(options.rounds):
            clock.restart()
            totals.append(seconds(lambda: evaluate(run)))
            rounds.append({**clock.parts, "writing": totals[-1] - sum(clock.parts.values())})
    split = {part: median(each.get(part, 0.0) for each in rounds) for part in rounds[0]}
    for part, taken in sorted(split.items(), key=lambda item: -item[1]):
        print(f"{part.removeprefix('scoring '):24}{taken:8.2f} s")
    largest = sorted(split, key=lambda part: -split[part])[:4]
    told = ", ".join(f"{part.removeprefix('scoring ')} {split[part]:.1f}" for part in largest)
    report(options, [
        Row("5", "all of Table I's metrics and the rest, one model at full size", "60 s",
            f"{spread(totals, '.1f')} s: {told}", "", others())
    ])  # fmt: skip


if __name__ == "__main__":
    main()
