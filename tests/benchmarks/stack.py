"""A replica of a stack against the same model trained alone: its losses, and its final metrics over seeds.

    python tests/benchmarks/stack.py [--seeds 8] [--steps 2000] [--threads 2]

Nine lambdas of ACAI train as one stack and one by one for 200 steps: the largest difference of each loss at any step.
Then some seeds of one lambda do so for `--steps`, by when rounding has driven twins apart: each metric's mean and
standard deviation over seeds, either way, and the two-sample statistics of Kolmogorov-Smirnov and Mann-Whitney with
their p. On poses of the mannequin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.stats import ks_2samp, mannwhitneyu
from timing import Others, Row, parser, report

from posectl.core import device as devices
from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import PRIORS
from posectl.core.metrics import METRICS
from posectl.core.objectives.acai import ACAI
from posectl.core.training.loop import Plan, Trainer
from posectl.data.readers import mannequin
from posectl.stages.bench import POSE

LAMBDAS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5)
PRIOR, KIND = PRIORS["sphere"], KINDS.get("poses")
PAIRS, STEPS, DRAWS = 1000, 10, 2000


class Poses:
    """The mannequin's, by split."""

    def __init__(self) -> None:
        read = mannequin.read([], subjects=8, seconds=8.0, seed=0)
        self.train, self.test = (torch.from_numpy(read.samples[read.split == part]) for part in (0, 1))


def trained(poses: Poses, lambdas: Sequence[float], seeds: Sequence[int], steps: int) -> Trainer:
    plan = Plan(steps=steps, evaluate_every=steps)
    trainer = Trainer(
        POSE, PRIOR, [[ACAI(lam=lam)] for lam in lambdas], poses.train, poses.test, plan, seeds, kind=KIND
    )
    trainer.run()
    return trainer


def alone(poses: Poses, lambdas: Sequence[float], seeds: Sequence[int], steps: int) -> list[Trainer]:
    return [trained(poses, [lam], [seed], steps) for lam, seed in zip(lambdas, seeds, strict=True)]


def largest_differences(together: Trainer, apart: Sequence[Trainer]) -> dict[str, float]:
    """Of each loss, over all steps and replicas."""
    logs = torch.cat([each.log for each in apart], dim=2)
    return dict(zip(together.figures, (together.log - logs).abs().amax((0, 2)).tolist(), strict=True))


def metrics(trainer: Trainer, replica: int, poses: Poses) -> dict[str, float]:
    """The final metrics of one replica, by name."""
    model = Autoencoder(POSE, PRIOR, torch.device("cpu"), kind=KIND).load(trainer.weights(replica))
    order = torch.randperm(len(poses.test), generator=torch.Generator().manual_seed(0))
    paths = model.decode_path(*(model.encode(poses.test[some]) for some in order[: 2 * PAIRS].split(PAIRS)), STEPS)
    drawn = torch.randn(DRAWS, POSE.latent, generator=torch.Generator().manual_seed(1))
    samples = model.decode(PRIOR.project(drawn))
    reference = torch.cat([poses.train, poses.test])
    scores = {
        "mean_distance": METRICS.get("mean_distance")(paths, reference, KIND),
        "smoothness_ratio": METRICS.get("smoothness_ratio")(paths, KIND),
        "precision_distance": METRICS.get("precision_distance")(samples, reference, KIND),
        "recall_distance": METRICS.get("recall_distance")(samples, poses.test[order[:DRAWS]], KIND),
    }
    return {
        "test_error": float(trainer.history.tests[trainer.step][replica]),
        **{k: s["mean"] for k, s in scores.items()},
    }


def compare(name: str, stacked: np.ndarray, single: np.ndarray) -> list[float]:
    """Print one metric over seeds, either way; returns the p of both tests."""
    ks, rank = ks_2samp(stacked, single), mannwhitneyu(stacked, single)
    either = "   ".join(f"{values.mean():.5g} +- {values.std(ddof=1):.2g}" for values in (stacked, single))
    tests = f"KS {ks.statistic:.3f} (p {ks.pvalue:.2f})   U {rank.statistic:.0f} (p {rank.pvalue:.2f})"
    print(f"{name:20} {either}   {tests}")
    return [float(ks.pvalue), float(rank.pvalue)]


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--seeds", type=int, default=8)
    made.add_argument("--steps", type=int, default=2000)
    options = made.parse_args()
    devices.use_threads(options.threads)
    others, poses = Others(), Poses()
    same = [0] * len(LAMBDAS)
    worst = largest_differences(trained(poses, LAMBDAS, same, 200), alone(poses, LAMBDAS, same, 200))
    print(f"{len(LAMBDAS)} lambdas, 200 steps, largest difference of each loss: {worst}")
    seeds, lambdas = range(options.seeds), [0.1] * options.seeds
    stack = trained(poses, lambdas, seeds, options.steps)
    together = [metrics(stack, i, poses) for i in seeds]
    apart = [metrics(each, 0, poses) for each in alone(poses, lambdas, seeds, options.steps)]
    print(f"{options.seeds} seeds, {options.steps} steps: as a stack   alone   two-sample statistics")
    chances = [compare(name, *(np.array([m[name] for m in side]) for side in (together, apart))) for name in apart[0]]
    report(options, [
        Row("4", "nine replicas of a stack, 200 steps, against each alone: largest difference of the loss at any step",
            "1e-4", f"{worst['autoencoder']:.1e} (the critic's: {worst['acai.critic']:.1e})", "", others()),
        Row("4", f"{len(chances)} final metrics of {options.seeds} seeds, {options.steps} steps, stack against alone",
            "the same distribution", f"p from {np.min(chances):.2f} to {np.max(chances):.2f} (Kolmogorov-Smirnov, "
            "Mann-Whitney)", "", others()),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
