"""fit: the poses that a model holds most likely under what is known of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.fitting import bones
from posectl.core.fitting.evidence import Evidence, centre
from posectl.core.fitting.fit import BLOCK, Fitted, blocks, joined
from posectl.core.fitting.smooth import smoothed
from posectl.core.random import generator
from posectl.data.skeleton import H36M17
from posectl.errors import UsageError
from posectl.stages.artifacts.about import DecodedAbout
from posectl.stages.artifacts.box import pose_model
from posectl.stages.artifacts.examples import examples_of
from posectl.stages.artifacts.model import load_model, model_about, modules_of
from posectl.stages.fitting.known import Known, read_known
from posectl.stages.identity import key_of, work_of
from posectl.stages.options import FitOptions
from posectl.stages.run import Progress, Result, Run, produce
from posectl.store import Artifact, Checkpoints, Draft

_SAVED = 8  # blocks between two saves
_FAR = 0.03  # metres, beyond which a joint that is known exactly is out of reach


def fit(run: Run, poses: str | np.ndarray, model: str | None = None, options: FitOptions = FitOptions()) -> Result:
    """Fit poses, or clips, to what is known of them, and publish them as samples (N, J, 3), or paths (B, T, J, 3), with
    codes, residuals and, of several, `hypotheses` (N, S, J, 3).

    poses: a file in which NaN is not known, or poses of a dataset. Of what was interrupted the blocks that are done are
    taken up. Raises UsageError where nothing is left to fit, InvalidInputError for a model of other samples and where
    nothing is known.
    """
    _check(options)
    artifact = pose_model(run, model)
    about = model_about(artifact)
    autoencoder = load_model(run, artifact, weights=options.weights)
    known = read_known(run, poses, options, about.samples.up or "+z")
    is_clip = len(known.lead) == 2 or options.shape == "paths" or options.smooth > 0
    kind, config, modules = "paths" if is_clip else "samples", run.config(options), modules_of(artifact)
    device = str(autoencoder.device)
    key = key_of(work_of(kind, config, run.seed, device, [("model", artifact.digest)], [known.record]), "fit", modules)

    def fill(draft: Draft) -> dict[str, Any]:
        checkpoints = run.artifacts.checkpoints(key)
        with checkpoints.lock():
            if run.force:
                checkpoints.clear()
            fitted = _fitted(run, autoencoder, artifact, known.evidence, options, checkpoints)
            checkpoints.clear()
        return _put(draft, autoencoder, known, fitted, options, is_clip)

    name = f"{artifact.name}-{'fitted-clips' if is_clip else 'fits'}"
    made = produce(
        run, kind, name, config, fill, stage="fit", modules=modules, parents=[("model", artifact)],
        inputs=[known.record], device=device, about=DecodedAbout(samples=about.samples),
    )  # fmt: skip
    _tell(run, made.figures)
    return made


def _check(options: FitOptions) -> None:
    if options.hypotheses < 1:
        raise UsageError(
            f"At least one pose is fitted to each, not {options.hypotheses}.", "For example --hypotheses 10."
        )
    for name in ("noise", "smooth"):
        value = getattr(options, name)
        if not 0 <= value < float("inf"):
            raise UsageError(
                f"--{name} {value:g} is no size.", f"For example --{name} {0.04 if name == 'noise' else 10}."
            )


def _fitted(
    run: Run, model: Autoencoder, artifact: Artifact, evidence: Evidence, options: FitOptions, checkpoints: Checkpoints
) -> Fitted:
    """Fit block after block, from the last save on if there is one, and save on the way."""
    names = Fitted.__dataclass_fields__
    saved = checkpoints.load()
    parts = [Fitted(*(torch.from_numpy(saved[1][name]) for name in names))] if saved else []
    first = saved[0] if saved else 0
    if saved:
        run.tell(f"Going on at pose {first * BLOCK:,} of {len(evidence):,}.")
    on_device = dataclasses.replace(
        evidence, values=evidence.values.to(model.device), weights=evidence.weights.to(model.device),
        axes=None if evidence.axes is None else evidence.axes.to(model.device),
    )  # fmt: skip
    examples = examples_of(run, artifact, model)
    made = blocks(
        model, on_device, examples, options.hypotheses, lambda block: generator(run.seed, "fit", block), first,
        stacked=options.experts == "all",
    )  # fmt: skip
    for number, part in enumerate(made, first + 1):
        parts.append(Fitted(*(getattr(part, name).cpu() for name in names)))
        run.progress(Progress("fit", min(number * BLOCK, len(evidence)), len(evidence), "poses"))
        if number % _SAVED == 0 and number * BLOCK < len(evidence):
            parts = [joined(parts)]
            checkpoints.save(number, {name: getattr(parts[0], name).numpy() for name in names}, {})
    return joined(parts)


def _put(
    draft: Draft, model: Autoencoder, known: Known, fitted: Fitted, options: FitOptions, is_clip: bool
) -> dict[str, Any]:
    lead = known.lead if len(known.lead) == 2 or not is_clip else (1, *known.lead)
    axes = ("path", "step") if is_clip else ("sample",)
    if options.smooth:
        fitted = _smooth(model, known.evidence, fitted, options, lead)
    poses, codes = fitted.poses.numpy(), fitted.codes.numpy()
    draft.put(
        "paths" if is_clip else "samples", poses[:, 0].reshape(*lead, *poses.shape[2:]), (*axes, *model.kind.axes)
    )
    draft.put("codes", codes[:, 0].reshape(*lead, -1), (*axes, "code"))
    draft.put("residuals", fitted.residuals[:, 0].numpy().reshape(lead), axes)
    draft.put("root", _root(known, fitted).reshape(*lead, 3), (*axes, "axis"))
    if is_clip:
        draft.put("alpha", np.linspace(0, 1, lead[1], dtype=np.float32), ("step",))
    if known.evidence.axes is not None:
        draft.put("camera", fitted.axes.numpy().reshape(*lead, 3, 3), (*axes, "axis", "of"))
    if options.hypotheses > 1:
        draft.put("hypotheses", poses.reshape(*lead, *poses.shape[1:]), (*axes, "hypothesis", *model.kind.axes))
    return _figures(known, fitted, options)


def _smooth(
    model: Autoencoder, evidence: Evidence, fitted: Fitted, options: FitOptions, lead: tuple[int, ...]
) -> Fitted:
    """Smooth each clip's poses and codes; bones keep their lengths, and joints that are known exactly their place."""
    pairs = torch.tensor(H36M17.bones)
    poses, codes = fitted.poses.clone(), fitted.codes.clone()
    for rows in torch.arange(len(poses)).view(lead):
        for s in range(poses.shape[1]):
            poses[rows, s] = torch.from_numpy(smoothed(poses[rows, s].numpy(), options.smooth)).float()
            codes[rows, s] = torch.from_numpy(smoothed(codes[rows, s].numpy(), options.smooth)).float()
    exact = evidence.axes is None and evidence.free == "nothing" and not options.noise
    for s in range(poses.shape[1]):
        usual = bones.lengths(fitted.poses[:, s], pairs)
        weights = evidence.weights if exact else torch.zeros_like(evidence.weights)
        poses[:, s] = bones.settle(poses[:, s], pairs, usual, evidence.values, weights)
    poses = poses - poses[:, :, :1]
    return dataclasses.replace(fitted, poses=poses, codes=model.prior.project(codes))


def _root(known: Known, fitted: Fitted) -> np.ndarray:
    """Return where pelvises are (N, 3), in the axes of what was given; of keypoints zero."""
    if known.evidence.free != "place":
        return known.root
    values, weights = known.evidence.values, known.evidence.weights
    return known.root + (centre(values, weights) - centre(fitted.poses[:, 0], weights))[:, 0].numpy()


def _figures(known: Known, fitted: Fitted, options: FitOptions) -> dict[str, Any]:
    count = len(fitted.poses)
    figures = {"poses": count, "hypotheses": options.hypotheses, "residual": float(fitted.residuals[:, 0].mean())}
    if known.truth is not None:
        hidden = (known.evidence.weights.numpy() == 0) & np.isfinite(known.truth).all(axis=-1)
        gaps = np.linalg.norm(fitted.poses[:, 0].numpy() - known.truth, axis=-1)
        if hidden.any():
            figures["hidden_error"] = float(gaps[hidden].mean(dtype=np.float64))
        if not options.noise:
            figures |= _out_of_reach(known, fitted)
    return figures


def _out_of_reach(known: Known, fitted: Fitted) -> dict[str, Any]:
    """Return of which poses a known joint is out of reach, and of the worst by how much, metres."""
    values, _ = known.evidence.placed(fitted.poses[:, 0])
    gaps = torch.linalg.vector_norm(values - fitted.poses[:, 0], dim=-1) * known.evidence.weights
    worst = gaps.amax(1)
    if float(worst.max()) <= _FAR:
        return {}
    pose = int(worst.argmax())
    joint = H36M17.joints[int(gaps[pose].argmax())]
    return {
        "out_of_reach": {"poses": int((worst > _FAR).sum()), "pose": pose, "joint": joint, "by": float(worst[pose])}
    }


def _tell(run: Run, figures: dict[str, Any]) -> None:
    said = f"{figures['poses']:,} poses; known joints are {1000 * figures['residual']:.1f} mm off in the mean"
    if "hidden_error" in figures:
        said += f", hidden ones {1000 * figures['hidden_error']:.1f} mm from where they were given"
    run.tell(f"{said}.")
    if far := figures.get("out_of_reach"):
        run.warn(
            f"What is known is out of reach in {far['poses']:,} of {figures['poses']:,} poses: the {far['joint']} of "
            f"pose {far['pose']} by {1000 * far['by']:.0f} mm."
        )
