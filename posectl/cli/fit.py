"""posectl fit: completion, denoising, inverse kinematics and lifting with a model as the prior."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.decoding import ArrayFile, Weights
from posectl.cli.foreign import CONVENTIONS, SHAPE
from posectl.cli.help import option
from posectl.cli.root import app
from posectl.stages.options import FitOptions

DEFAULT = FitOptions()


@command(app, shared={**CONVENTIONS, "shape": SHAPE})
def fit(
    session: Session,
    shared: dict[str, Any],
    poses: Annotated[
        str | None,
        typer.Argument(
            metavar="POSES",
            help="A .npy file of poses, or keypoints; or of a dataset: poses, poses#12, poses#clip3.",
            show_default=False,
            autocompletion=complete.refs_of("dataset"),
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="Model of poses.", show_default="the newest",
            autocompletion=complete.refs_of("model"),
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        option(
            "Data", 'Joints that are not known: "left arm", legs, LWrist, 13,14, or a .npy, true where hidden.',
            metavar="JOINTS|FILE", show_default="those that are NaN",
        ),
    ] = DEFAULT.hidden,
    targets: Annotated[
        str | None,
        option(
            "Data", "In place of POSES: where joints are to be, (17, 3) or (N, 17, 3), NaN for all others.",
            metavar="FILE", show_default="none",
        ),
    ] = None,
    noise: Annotated[
        float, option("Data", "Standard deviation of what is known, metres, to be taken out.", metavar="METRES")
    ] = DEFAULT.noise,
    camera: Annotated[
        str | None,
        option(
            "Data", "POSES are keypoints, (N, J, 2) or with confidences (N, J, 3), of this camera: a JSON or .npz of K "
            "and R, or weak, far away.", metavar="FILE|weak", show_default="weak, of keypoints",
        ),
    ] = DEFAULT.camera,
    split: Annotated[Literal["train", "test", "all"], option("Data", "Samples of a dataset.")] = DEFAULT.split,
    weights: Weights = DEFAULT.weights,
    hypotheses: Annotated[
        int, option("Options", "Poses fitted to each: the most likely, then draws.", metavar="N")
    ] = DEFAULT.hypotheses,
    smooth: Annotated[
        float, option("Options", "Of clips: weight of squared acceleration, as from 1 to 100.", metavar="X")
    ] = DEFAULT.smooth,
    experts: Annotated[
        Literal["all", "model"],
        option("Options", "What is asked: the model and regressions beside it, or the model alone."),
    ] = DEFAULT.experts,
    output: ArrayFile = None,
) -> None:  # fmt: skip
    """Fit poses to what is known of them: the most likely under a model, by its codes.

    NaN is a joint that is not known. The result holds poses, codes and residuals: samples, or of clips paths.

    \b
    Examples:
      posectl fit theirs.npy --hidden "left arm" -o whole.npy
      posectl fit noisy.npy --noise 0.04 --smooth 10
      posectl fit --targets hands_and_feet.npy --hypotheses 10
      posectl fit keypoints.npy --joints coco17
      posectl fit poses#clip3 acai --hidden legs
    """
    from posectl.cli.files import write_array

    if targets is not None and model is None:
        poses, model = None, poses
    made = session.lab().fit(
        poses, model, targets=targets, hidden=hidden, noise=noise, camera=camera, hypotheses=hypotheses, smooth=smooth,
        experts=experts, split=split, weights=weights, **shared,
    )  # fmt: skip
    write_array(session, made, made.kind, output)
