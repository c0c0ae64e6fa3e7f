"""posectl evaluate: scores of a model, of paths, of samples, of a baseline, or of a file from any other system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import EvaluateOptions

if TYPE_CHECKING:
    from posectl.api.artifacts import Scores

DEFAULT = EvaluateOptions()


@command(app)
def evaluate(
    session: Session,
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SUBJECT",
            help="Models, sweeps, paths, samples, .npy files or baseline:NAME.",
            show_default="the newest model",
            autocompletion=complete.refs,
        ),
    ] = None,
    against: Annotated[
        str | None,
        option(
            "Data",
            "Reference: a dataset or a file.",
            "--against",
            metavar="REF",
            show_default="the model's own dataset",
            autocompletion=complete.refs,
        ),
    ] = None,
    weights: Annotated[
        str,
        option("Model", "Weights of a model; all: those of every snapshot.", metavar="last|best|step-N|all"),
    ] = DEFAULT.weights,
    path: Annotated[
        str | None,
        option(
            "Model",
            "Path between codes: slerp, lerp, lerp-sphere or circle.",
            metavar="NAME",
            show_default="slerp on the sphere, lerp elsewhere",
        ),
    ] = None,
    sample_posterior: Annotated[
        bool,
        option("Model", "Draw the codes of a VAE, as published, instead of taking their means.", "--sample-posterior"),
    ] = False,
    metric: Annotated[
        str | None,
        option(
            "Metrics",
            "Metrics to compute.",
            metavar="NAME,...",
            show_default="all that the subject allows",
            autocompletion=complete.metrics,
        ),
    ] = None,
    compat: Annotated[
        str | None,
        option("Metrics", "Follow a published protocol, quirks included.", metavar="naayem|acai", show_default="none"),
    ] = None,
    endpoints: Annotated[
        int, option("Metrics", "Number of test poses, of which all pairs are interpolated.", metavar="N")
    ] = DEFAULT.endpoints,
    steps: Annotated[int, option("Metrics", "Number of samples on each of these paths.", metavar="N")] = DEFAULT.steps,
    random_pairs: Annotated[
        int | None,
        option(
            "Metrics",
            "Number of random pairs that are interpolated for Mean Distance, and of images for every metric of paths.",
            metavar="N",
            show_default="10000; of images 256",
        ),
    ] = DEFAULT.random_pairs,
    random_steps: Annotated[
        int | None,
        option("Metrics", "Number of samples on each of these paths.", metavar="N", show_default="10; of images 16"),
    ] = DEFAULT.random_steps,
    samples: Annotated[
        int, option("Metrics", "Number of draws from the prior for precision.", metavar="N")
    ] = DEFAULT.samples,
    recall_samples: Annotated[
        int, option("Metrics", "Number of draws from the prior for recall.", metavar="N")
    ] = DEFAULT.recall_samples,
    recall_targets: Annotated[
        int, option("Metrics", "Number of real samples for which recall looks for the nearest draw.", metavar="N")
    ] = DEFAULT.recall_targets,
    k: Annotated[
        int, option("Metrics", "Number of neighbours for precision, recall, density and coverage (prdc).", metavar="N")
    ] = DEFAULT.k,
    interval: Annotated[
        float,
        option("Metrics", "Angle between the ends of paths that are compared with true images.", metavar="DEGREES"),
    ] = DEFAULT.interval,
    intervals: Annotated[
        int, option("Metrics", "Number of pairs of images at each such angle.", metavar="N")
    ] = DEFAULT.intervals,
    retrieval: Annotated[
        Literal["l2", "l1", "cosine"] | None,
        option("Metrics", "Distance by which the nearest real image is found.", show_default="l2; of lines cosine"),
    ] = DEFAULT.retrieval,  # type: ignore[assignment]
    kmeans_restarts: Annotated[
        int, option("Metrics", "Number of runs of k-means, the best of which counts.", metavar="N")
    ] = DEFAULT.kmeans_restarts,
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

    options: dict[str, Any] = dict(
        metrics=names(metric) or (), compat=compat, weights=weights, sample_posterior=sample_posterior, path=path,
        endpoints=endpoints, steps=steps, random_pairs=random_pairs, random_steps=random_steps, samples=samples,
        recall_samples=recall_samples, recall_targets=recall_targets, k=k, interval=interval, intervals=intervals,
        retrieval=retrieval, kmeans_restarts=kmeans_restarts,
    )  # fmt: skip
    lab = session.lab()
    for subject, which in lab.spread(subjects or [], weights):
        _print(session, lab.evaluate(subject, against, **{**options, "weights": which}))


def _print(session: Session, result: Scores) -> None:
    from posectl.stages.comparison.scores import flat

    session.out.table(
        ["metric", "mean", "std", "median", "undefined", "unit"],
        [_row(name, score) for name, score in flat(result.figures["scores"]).items()],
        title=f"{result.ref}: {result.figures['protocol']['subject']}",
    )
    session.out.result(result)


def _row(name: str, score: dict[str, Any]) -> list[str]:
    statistics = ["–" if score[key] is None else f"{score[key]:.4g}" for key in ("mean", "std", "median")]
    return [name, *statistics, str(score["undefined"] or ""), "" if score["unit"] == "1" else score["unit"]]
