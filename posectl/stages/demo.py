"""demo: the whole chain on the embedded mannequin, from nothing to pictures and a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from posectl.data.dataset import TEST
from posectl.data.readers import READERS
from posectl.data.skeleton import H36M17
from posectl.errors import unwritable
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.members import members
from posectl.stages.artifacts.rows import evenly
from posectl.stages.compare import Comparison, compare
from posectl.stages.evaluate import evaluate
from posectl.stages.explore import explore
from posectl.stages.interpolate import interpolate
from posectl.stages.options import Axes, EvaluateOptions, RenderOptions, TrainOptions, non_defaults, with_quick_sizes
from posectl.stages.plot import plot
from posectl.stages.prepare import prepare
from posectl.stages.render import render
from posectl.stages.report import report
from posectl.stages.run import Run
from posectl.stages.sweep import sweep
from posectl.stages.train import train

# Enough for stable figures on this small set; the protocol in each score says so.
SIZES = EvaluateOptions(endpoints=64, random_pairs=1000, samples=2000, recall_samples=20_000, recall_targets=2000)
LAMBDA = 0.1
NAMES = {"dataset": "mannequin", "sweep": "demo", "model": "demo-recipe"}
LABELS = ("plain autoencoder", f"ACAI, λ = {LAMBDA:g}", "posectl's recipe")


@dataclass(frozen=True)
class Demo:
    """The results of the demo: refs, files, the comparison, and sentences on what is to be seen."""

    refs: list[str]
    files: list[Path]
    comparison: Comparison
    explanation: list[str]


def demo(run: Run, folder: Path, *, steps: int = 6000) -> Demo:
    """Prepare the mannequin, train a plain autoencoder and ACAI as one stack and posectl's recipe, interpolate, score,
    compare and draw, into `folder`.

    Everything lands in the run's store too, and a second call finds it there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    for kind, name in NAMES.items():
        run.artifacts.check_free(kind, name, "Choose another --store.")
    run = replace(run, force=False)
    given = with_quick_sizes(READERS.get("mannequin").options())
    dataset = prepare(replace(run, name=NAMES["dataset"]), "mannequin", options=non_defaults(given)).artifact
    models = _train(run, dataset.ref, with_quick_sizes(TrainOptions(steps=steps, evaluate_every=1000)))
    first, last = distant_pair(StoredDataset(dataset))
    ends = (f"{dataset.ref}#{first}", f"{dataset.ref}#{last}")
    paths = [interpolate(run, *ends, model).ref for model in models]
    scores = [evaluate(run, model, None, with_quick_sizes(SIZES)).ref for model in models]
    table = compare(run, scores)
    table = replace(table, columns=[replace(c, label=name) for c, name in zip(table.columns, LABELS, strict=True)])
    files = [folder / name for name in ("paths.gif", "transitions.png", "training.png", "comparison.md")]
    files += [folder / "explore.html", folder / "report.html"]
    drawing = replace(run, force=True)
    render(drawing, paths, files[0], RenderOptions(labels=LABELS, size=280))
    plot(drawing, scores, files[1])
    plot(drawing, models, files[2])
    files[3].write_text(table.as_text("md") + "\n", encoding="utf-8")
    explore(drawing, models, files[4])
    report(drawing, models, files[5])
    return Demo([dataset.ref, *models, *paths, *scores], files, table, _explained(table))


def _train(run: Run, dataset: str, options: TrainOptions) -> list[str]:
    """Train the three models; return their refs. ACAI of weight 0 is the plain autoencoder."""
    run.tell(f"Training a plain autoencoder and ACAI together, for {options.steps} steps.")
    acai = replace(options, reg=("acai",), set=("acai.gamma=0.05",))
    stack = sweep(
        replace(run, name=NAMES["sweep"]), dataset, acai, Axes(lam=((0.0, LAMBDA),), latent=(options.latent,))
    )
    run.tell(f"Training posectl's recipe, for {options.steps} steps.")
    recipe = train(replace(run, name=NAMES["model"]), dataset, replace(options, reg=("posectl",)), resume=True)
    return [*(model.ref for model in members(run, stack.artifact)), recipe.ref]


def _explained(table: Comparison) -> list[str]:
    """Say what the pictures, the table and the pages show, with the figures that came out."""

    def of(metric: str, scale: float = 1.0) -> str:
        plain, acai, recipe = (scale * column.scores[metric]["mean"] for column in table.columns)
        return f"{plain:.3g} (plain), {acai:.3g} (ACAI) and {recipe:.3g} (recipe)"

    return [
        "paths.gif: three ways between the same two poses, each decoded from a latent path; see whether limbs keep "
        "their length and the motion its pace.",
        "transitions.png: how far a pose moves from step to step along such ways; a level curve is a steady motion, "
        f"and the largest step is {of('smoothness_ratio')} times the smallest.",
        f"comparison.md: poses drawn from the prior lie {of('precision_distance', 1000)} mm from the nearest real one, "
        f"at a reconstruction error of {of('reconstruction_mpjpe', 1000)} mm.",
        "explore.html, in a browser: the three latent spaces, to play with; report.html: all of this on one page.",
    ]


def distant_pair(dataset: StoredDataset) -> tuple[int, int]:
    """Find two test poses far apart that face much the same way, so that the path between them looks like a motion: the
    widest pair of 256 spread ones."""
    rows = np.flatnonzero(dataset.split == TEST)
    rows = rows[evenly(len(rows), 256)]
    poses = dataset.samples[rows].astype(np.float64)
    hips = poses[:, H36M17.left[0]] - poses[:, H36M17.right[0]]
    hips /= np.linalg.norm(hips, axis=1, keepdims=True)
    apart = np.linalg.norm(poses[:, None] - poses[None], axis=-1).mean(-1)
    i, j = np.unravel_index(np.where(hips @ hips.T > 0.9, apart, -1).argmax(), apart.shape)
    return int(rows[i]), int(rows[j])
