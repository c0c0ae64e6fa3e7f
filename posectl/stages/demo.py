"""demo: the whole chain on the embedded mannequin, from nothing to pictures and a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from posectl.data.dataset import TEST
from posectl.data.readers import READERS
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.compare import Comparison, compare
from posectl.stages.evaluate import evaluate
from posectl.stages.interpolate import interpolate
from posectl.stages.options import EvaluateOptions, RenderOptions, TrainOptions, non_defaults, with_quick_sizes
from posectl.stages.plot import plot
from posectl.stages.prepare import prepare
from posectl.stages.render import render
from posectl.stages.run import Run
from posectl.stages.train import train

# Enough for stable figures on this small set; the protocol in each score says so.
SIZES = EvaluateOptions(endpoints=64, random_pairs=1000, samples=2000, recall_samples=20_000, recall_targets=2000)
LAMBDA = 0.1


@dataclass(frozen=True)
class Demo:
    """The results of the demo: refs, files and the comparison."""

    refs: list[str]
    files: list[Path]
    comparison: Comparison


def demo(run: Run, folder: Path, *, steps: int = 6000) -> Demo:
    """Prepare the mannequin, train a plain autoencoder and ACAI, interpolate, score, compare and draw, into `folder`.

    Everything lands in the run's store too, and a second call finds it there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(
            f"{folder} cannot be made: {error.strerror}.", "Name another folder with -o."
        ) from error
    run = replace(run, force=False)
    given = with_quick_sizes(READERS.get("mannequin").options())
    dataset = prepare(replace(run, name="mannequin"), "mannequin", options=non_defaults(given)).artifact
    first, last = distant_pair(StoredDataset(dataset))
    models, scores, paths = [], [], []
    for name, reg, lam in (("plain", "none", ()), ("acai", "acai", (LAMBDA,))):
        run.tell(f"Training {name} for {steps} steps.")
        options = with_quick_sizes(
            TrainOptions(
                reg=(reg,), lam=lam, steps=steps, set=("acai.gamma=0.05",) if reg == "acai" else (), evaluate_every=1000
            )
        )
        models.append(train(replace(run, name=name), dataset.ref, options, resume=True).ref)
        ends = (f"{dataset.ref}#{first}", f"{dataset.ref}#{last}")
        paths.append(interpolate(replace(run, name=f"{name}-paths"), *ends, models[-1]).ref)
        scores.append(evaluate(replace(run, name=f"{name}-scores"), models[-1], None, with_quick_sizes(SIZES)).ref)
    comparison = compare(run, scores)
    files = [folder / name for name in ("paths.gif", "transitions.png", "training.png", "comparison.md")]
    drawing = replace(run, force=True)
    labels = ("plain autoencoder", f"ACAI, λ = {LAMBDA:g}")
    render(drawing, paths, files[0], RenderOptions(labels=labels, size=280))
    plot(drawing, scores, files[1])
    plot(drawing, models, files[2])
    files[3].write_text(comparison.as_text("md") + "\n", encoding="utf-8")
    return Demo([dataset.ref, *models, *paths, *scores], files, comparison)


def distant_pair(dataset: StoredDataset) -> tuple[int, int]:
    """Find two test poses far apart that face much the same way, so that the path between them looks like a motion: the
    widest pair of 256 spread ones."""
    rows = np.flatnonzero(dataset.split == TEST)
    rows = rows[np.linspace(0, len(rows) - 1, min(256, len(rows))).round().astype(int)]
    poses = dataset.samples[rows].astype(np.float64)
    hips = poses[:, H36M17.left[0]] - poses[:, H36M17.right[0]]
    hips /= np.linalg.norm(hips, axis=1, keepdims=True)
    apart = np.linalg.norm(poses[:, None] - poses[None], axis=-1).mean(-1)
    i, j = np.unravel_index(np.where(hips @ hips.T > 0.9, apart, -1).argmax(), apart.shape)
    return int(rows[i]), int(rows[j])
