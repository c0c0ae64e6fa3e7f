"""posectl evaluate: scores of a model, of paths, of samples, of a baseline, or of a file from any other system."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.engines import Devices, EngineName, Jobs, Scheduler, ShardOf, scheduled_shard
from posectl.cli.foreign import CONVENTIONS, SHAPE
from posectl.cli.help import Options, option, parameter
from posectl.cli.root import app
from posectl.cli.sample import DRAWS
from posectl.stages.options import EvaluateOptions

if TYPE_CHECKING:
    from posectl.api.artifacts import Scores
    from posectl.stages.evaluation.several import EvaluationPlan

DEFAULT = EvaluateOptions()


_COUNT = {"metavar": "N"}

# By the names of EvaluateOptions.
OPTIONS: Options = {
    **CONVENTIONS,
    "shape": SHAPE,
    "weights": parameter(
        str, DEFAULT.weights, "Model", "Weights of a model; all: those of every snapshot.",
        metavar="last|best|step-N|all",
    ),
    "split": parameter(
        Literal["test", "validation"], DEFAULT.split, "Model",
        "Samples held against the subject; validation: to choose by, with no test sample in sight.",
    ),
    "path": parameter(
        str | None, None, "Model", "Path between codes: slerp, lerp, lerp-sphere or circle.", metavar="NAME",
        show_default="slerp on the sphere, lerp elsewhere",
    ),
    "sample_posterior": parameter(
        bool, False, "Model", "Draw the codes of a VAE, as published, instead of taking their means.",
        "--sample-posterior",
    ),
    "metric": parameter(
        str | None, None, "Metrics", "Metrics to compute.", metavar="NAME,...",
        show_default="all that the subject allows", autocompletion=complete.metrics,
    ),
    "compat": parameter(
        str | None, None, "Metrics", "Follow a published protocol, quirks included: the pose report's, or ACAI's.",
        metavar="naayem|acai", show_default="none",
    ),
    "endpoints": parameter(
        int, DEFAULT.endpoints, "Metrics", "Number of test poses, of which all pairs are interpolated.", **_COUNT
    ),
    "steps": parameter(int, DEFAULT.steps, "Metrics", "Number of samples on each of these paths.", **_COUNT),
    "random_pairs": parameter(
        int | None, DEFAULT.random_pairs, "Metrics",
        "Number of random pairs that are interpolated for Mean Distance, and of images for every metric of paths.",
        show_default="10000; of images 256", **_COUNT,
    ),
    "random_steps": parameter(
        int | None, DEFAULT.random_steps, "Metrics", "Number of samples on each of these paths.",
        show_default="10; of images 16", **_COUNT,
    ),
    "draws": DRAWS,
    "samples": parameter(
        int | None, DEFAULT.samples, "Metrics", "Number of draws for precision.", show_default="10000; of images 2000",
        **_COUNT,
    ),
    "recall_samples": parameter(
        int | None, DEFAULT.recall_samples, "Metrics", "Number of draws for recall.",
        show_default="180000; of images 2000", **_COUNT,
    ),
    "recall_targets": parameter(
        int | None, DEFAULT.recall_targets, "Metrics",
        "Number of real samples for which recall looks for the nearest draw, and whose codes convexity takes.",
        show_default="10000; of images 2000", **_COUNT,
    ),
    "clouds": parameter(
        int, DEFAULT.clouds, "Metrics", "Number of generated and of real clouds that sets are compared by.", **_COUNT
    ),
    "k": parameter(
        int, DEFAULT.k, "Metrics",
        "Number of neighbours for precision, recall, density and coverage (prdc), and for convexity.", **_COUNT,
    ),
    "interval": parameter(
        float | None, DEFAULT.interval, "Metrics",
        "Angle between the ends of paths that are compared with true images.", metavar="DEGREES",
        show_default="80; to retrieve alpha 70",
    ),
    "intervals": parameter(
        int, DEFAULT.intervals, "Metrics", "Number of pairs of images at each such angle.", **_COUNT
    ),
    "retrieval": parameter(
        Literal["l2", "l1", "cosine"] | None, None, "Metrics",
        "Distance by which the nearest real image is found.", show_default="l2; of lines cosine",
    ),
    "kmeans_restarts": parameter(
        int, DEFAULT.kmeans_restarts, "Metrics", "Number of runs of k-means, the best of which counts.", **_COUNT
    ),
    "labelled": parameter(
        int, DEFAULT.labelled, "Metrics", "Training samples whose labels are known, of few_label_error.", **_COUNT
    ),
    "task": parameter(
        str | None, None, "Tasks", "What a pose prior is scored in, in place of metrics.",
        metavar="completion|denoising|ik|generation,...", show_default="none",
    ),
    "poses": parameter(int, DEFAULT.poses, "Tasks", "Number of test poses, and of frames of clips.", **_COUNT),
    "masks": parameter(
        str | None, None, "Tasks", "Joints that are hidden, a score for each of the list.", "--mask",
        metavar="left-arm,13+14,random,...", show_default="the task's own",
    ),
    "hypotheses": parameter(int, DEFAULT.hypotheses, "Tasks", "Number of completions of every pose.", **_COUNT),
    "starts": parameter(
        Literal["neighbours", "random"], DEFAULT.starts, "Tasks",
        "What a fit starts from: the codes of neighbours in the training poses, or ten random ones.",
    ),
}  # fmt: skip


@command(app, shared=OPTIONS)
def evaluate(
    session: Session,
    shared: dict[str, Any],
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SUBJECT",
            help="Models, sweeps, paths, samples, attributes, .npy files or baseline:NAME.",
            show_default="the newest model",
            autocompletion=complete.refs_of("model", "paths", "samples", "sweep", "attribute"),
        ),
    ] = None,
    against: Annotated[
        str | None,
        option(
            "Data",
            "Reference: a dataset, a file, or generated:100M, so many poses that are made and not kept.",
            metavar="REF",
            show_default="the model's own dataset",
            autocompletion=complete.refs_of("dataset"),
        ),
    ] = None,
    engine: EngineName = "inline",
    jobs: Jobs = 1,
    scheduler: Scheduler = "",
    devices: Devices = None,
    shard: ShardOf = None,
    dry_run: Annotated[
        bool, option("Output", "Print the tasks of --engine and --shard; score nothing.", "--dry-run")
    ] = False,
) -> None:
    """Score how well a model, or any system's output, interpolates and covers the data.

    Arrays of shape (B, T, 17, 3) are paths, (N, 17, 3) samples; (B, T, 32, 32) and (B, T, C, H, W) are paths of images,
    and with --as samples (N, 32, 32) and (N, C, H, W) are images.
    Poses in files are checked as `prepare arrays` checks them, and scored as they are but for --unit, --up
    and --joints.
    Baselines of images are crossfade, perfect, switch, blank and wrong-way; of clouds crossfade, matched and train; of
    tasks regression, network, neighbour, noisy, moving-average, train and gaussian, which a task's table always has.
    --engine and --shard divide subjects, as the models of a sweep, among processes and hosts that share the store, each
    on one thread unless --threads says otherwise; without them, --jobs processes search a reference beyond memory. One
    pass over such a reference answers up to 32 subjects, and Dask's workers divide it.

    \b
    Examples:
      posectl evaluate acai:v2 --json
      posectl evaluate theirs.npy --against poses
      posectl evaluate acai --compat naayem
      posectl evaluate acai --against generated:2M --jobs 2
      posectl evaluate acai --against generated:100M --engine dask --scheduler tcp://head:8786
      posectl evaluate acai-sweep
      posectl evaluate acai-sweep --engine process --jobs 2
      posectl evaluate baseline:crossfade --against lines
      posectl evaluate plain acai --task completion,denoising
    """
    from posectl.cli.compare import show
    from posectl.cli.values import names

    lab, asked = session.lab(), {**shared, "metrics": names(shared["metric"]) or ()}
    del asked["metric"]
    scored = lab.spread(subjects or [], shared["weights"])
    how: dict[str, Any] = {
        "engine": engine, "jobs": jobs, "scheduler": scheduler, "devices": names(devices) or ()
    }  # fmt: skip
    part = shard or (scheduled_shard(session) if len(scored) > 1 else None)
    if part is not None:
        lab.run.threads, how["shard"] = lab.run.threads or 1, part
    for task in names(shared["task"]) or (None,):
        asked["task"] = task
        if dry_run:
            plans = lab.plan_evaluations(scored, against, **{**asked, "weights": "last"})
            session.out.data([_line(plan) for plan in plans], {"tasks": [asdict(plan) for plan in plans]})
            continue
        made = []
        alone = part is None and engine == "inline" and not (scheduler or devices)
        if alone and not lab.is_one_pass(scored, against):
            for subject, weights in scored:
                made.append(lab.evaluate(subject, against, **{**asked, "weights": weights, "jobs": jobs}))
                _print(session, made[-1], silent=task is not None)
        else:
            made = lab.evaluate_all(scored, against, **{**asked, "weights": "last"}, **how)
            for each in made:
                _print(session, each, silent=task is not None)
        if task is not None and made and not (session.out.as_json or session.out.quiet):
            table = lab.compare(made).table
            show(table, stderr=True)
            session.out.tell(table.notes)


def _line(plan: EvaluationPlan) -> str:
    """Write what `--dry-run` prints of a task."""
    there = f", {plan.there} of them scored before" if plan.there else ""
    part = "" if plan.shard == "1/1" else f", --shard {plan.shard}"
    count = f"{len(plan.subjects)} subject{'s' if len(plan.subjects) > 1 else ''}"
    return f"{plan.id} ({plan.state}{part}): {count}{there}: {', '.join(plan.subjects)}"


def _print(session: Session, result: Scores, *, silent: bool = False) -> None:
    from posectl.stages.comparison.scores import flat, in_millimetres

    if not silent:
        session.out.table(
            ["metric", "mean", "std", "median", "undefined", "unit"],
            [_row(name, in_millimetres(score)) for name, score in flat(result.figures["scores"]).items()],
            title=f"{result.ref}: {result.figures['protocol']['subject']}",
            spare=("median", "undefined"),
        )
    for warning in result.figures.get("warnings", []):
        session.out.warn(warning)
    session.out.result(result)


def _row(name: str, score: dict[str, Any]) -> list[str]:
    statistics = ["–" if score[key] is None else f"{score[key]:.4g}" for key in ("mean", "std", "median")]
    return [name, *statistics, str(score["undefined"] or ""), "" if score["unit"] == "1" else score["unit"]]
