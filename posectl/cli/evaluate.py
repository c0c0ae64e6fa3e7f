"""posectl evaluate: scores of a model, of paths, of samples, of a baseline, or of a file from any other system."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.root import app
from posectl.stages.options import EvaluateOptions

DEFAULT = EvaluateOptions()


@command(app)
def evaluate(
    session: Session,
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUBJECT]...",
            help="Models, sweeps, paths, samples, .npy files or baseline:NAME (default: the newest model).",
            autocompletion=complete.refs,
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Reference: a dataset or a file.", autocompletion=complete.refs)
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Only these metrics.", autocompletion=complete.metrics)
    ] = None,
    compat: Annotated[
        str | None,
        typer.Option(metavar="naayem|acai", help="The published protocol, quirks included."),
    ] = None,
    weights: Annotated[
        str, typer.Option(metavar="last|best|step-N|all", help="Weights of a model; all: every snapshot's.")
    ] = DEFAULT.weights,
    sample_posterior: Annotated[
        bool, typer.Option("--sample-posterior", help="Draw a VAE's codes, as published, in place of their mean.")
    ] = False,
    path: Annotated[str | None, typer.Option(help="Path between codes (default: the prior's own).")] = None,
    endpoints: Annotated[
        int, typer.Option(help="Test poses, all of whose pairs are interpolated.")
    ] = DEFAULT.endpoints,
    steps: Annotated[int, typer.Option(help="Steps of those paths.")] = DEFAULT.steps,
    random_pairs: Annotated[
        int | None, typer.Option(help="Paths for Mean Distance; of images, all paths (default: 10000; images: 256).")
    ] = DEFAULT.random_pairs,
    random_steps: Annotated[
        int | None, typer.Option(help="Steps of those (default: 10; images: 16).")
    ] = DEFAULT.random_steps,
    samples: Annotated[int, typer.Option(help="Draws for precision.")] = DEFAULT.samples,
    recall_samples: Annotated[int, typer.Option(help="Draws for recall.")] = DEFAULT.recall_samples,
    recall_targets: Annotated[int, typer.Option(help="Real poses whose recall is asked.")] = DEFAULT.recall_targets,
    k: Annotated[int, typer.Option(help="Neighbours of prdc.")] = DEFAULT.k,
    interval: Annotated[
        float, typer.Option(metavar="DEGREES", help="Between the ends where paths are held against true images.")
    ] = DEFAULT.interval,
    intervals: Annotated[int, typer.Option(help="Pairs of images so far apart.")] = DEFAULT.intervals,
    retrieval: Annotated[
        Literal["l2", "l1", "cosine"] | None,
        typer.Option(help="How the nearest real image is told (default: cosine of lines, else l2)."),
    ] = DEFAULT.retrieval,  # type: ignore[assignment]
    kmeans_restarts: Annotated[int, typer.Option(help="Beginnings of k-means.")] = DEFAULT.kmeans_restarts,
) -> None:
    """Score how well a model, or any system's output, interpolates and covers the data.

    Arrays of shape (B, T, 17, 3) are paths, (N, 17, 3) samples; (B, T, 32, 32) and (B, T, C, H, W) are paths of images.
    Baselines of images are crossfade, perfect, switch, blank and wrong-way.

    \b
    Examples:
      posectl evaluate acai:v2 --json
      posectl evaluate theirs.npy --against poses
      posectl evaluate acai --compat naayem
      posectl evaluate acai-sweep
      posectl evaluate baseline:crossfade --against lines
    """
    from posectl.cli.values import names
    from posectl.stages.artifacts.members import snapshots, spread_out
    from posectl.stages.comparison.scores import flat
    from posectl.stages.evaluate import evaluate as stage

    options = EvaluateOptions(
        metrics=names(metric) or (), compat=compat, weights=weights, sample_posterior=sample_posterior, path=path,
        endpoints=endpoints, steps=steps, random_pairs=random_pairs, random_steps=random_steps, samples=samples,
        recall_samples=recall_samples, recall_targets=recall_targets, k=k, interval=interval, intervals=intervals,
        retrieval=retrieval, kmeans_restarts=kmeans_restarts,
    )  # fmt: skip
    run = session.run()
    spread = spread_out(run, subjects) if subjects else [None]
    each = [(s, w) for s in spread for w in (snapshots(run, s) if weights == "all" else [weights])]
    for subject, which in each:
        result = stage(session.run(), subject, against, replace(options, weights=which))
        session.out.table(
            ["metric", "mean", "std", "median", "undefined", "unit"],
            [_row(name, score) for name, score in flat(result.figures["scores"]).items()],
            title=f"{result.ref}: {result.figures['protocol']['subject']}",
        )
        session.out.result(result)


def _row(name: str, score: dict[str, Any]) -> list[str]:
    statistics = ["–" if score[key] is None else f"{score[key]:.4g}" for key in ("mean", "std", "median")]
    return [name, *statistics, str(score["undefined"] or ""), "" if score["unit"] == "1" else score["unit"]]
