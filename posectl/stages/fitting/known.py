"""What is known of poses: joints in space, some of them hidden, or keypoints in an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posectl.core.fitting.evidence import Evidence, level
from posectl.data.axes import turned
from posectl.data.foreign import Conventions, load_poses, read_poses
from posectl.data.keypoints import are_keypoints, read_camera, read_keypoints
from posectl.data.masks import hidden_joints
from posectl.data.safe.npy import load_array, source_name
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.examples import axis_vector
from posectl.stages.artifacts.files import file_record, is_file
from posectl.stages.options import FitOptions
from posectl.stages.run import Run
from posectl.store import Ref

WEAK = "weak"
_RIGHT, _LEFT = H36M17.joints.index("RHip"), H36M17.joints.index("LHip")


@dataclass(frozen=True)
class Known:
    """What is known of N poses. lead: the leading axes of what was given, (N,), or (B, T) of clips. truth (N, 17, 3):
    what was given of hidden joints too, NaN where nothing; None of keypoints. root (N, 3): where pelvises were."""

    evidence: Evidence
    lead: tuple[int, ...]
    truth: np.ndarray | None
    root: np.ndarray
    record: dict[str, Any]


def read_known(run: Run, source: str | np.ndarray, options: FitOptions, up: str) -> Known:
    """Read what is known of poses whose vertical is to be `up`, from a file, or a dataset or part of it in the store.

    Raises UsageError where nothing is left to fit, InvalidInputError where nothing is known, or NaN is said to be seen.
    """
    if isinstance(source, np.ndarray) or is_file(source):
        arrays, name = _loaded(source)
        record = file_record(name, arrays["poses"])
        if options.camera is not None or are_keypoints(arrays["poses"]):
            return _seen_by_camera(run, arrays["poses"], options, up, name, record)
        poses = _in_space(run, arrays, options, up, name)
    else:
        poses, name, record = _stored(run, source, options)
        if options.camera is not None:
            raise UsageError(f"--camera is of keypoints in an image, and {source} holds poses.", "Leave it out.")
    known = _not_hidden(poses, options, name)
    return _centred(run, poses, known, options, record)


def _loaded(source: str | np.ndarray) -> tuple[dict[str, np.ndarray], str]:
    return ({"poses": source}, "array") if isinstance(source, np.ndarray) else (load_poses(source), source_name(source))


def _in_space(run: Run, arrays: dict[str, np.ndarray], options: FitOptions, up: str, name: str) -> np.ndarray:
    foreign = read_poses(arrays, name, Conventions(options.unit, options.up, options.joints), partial=True)
    for warning in foreign.warnings:
        run.warn(warning)
    if foreign.told and foreign.up != up:
        return turned(foreign.poses, foreign.up, up)
    if foreign.plain and foreign.up != up:
        run.warn(
            f"{name}: thoraxes lie along {foreign.up}, and {up} is up for the model. --up {foreign.up} turns them."
        )
    return foreign.poses


def _stored(run: Run, source: str, options: FitOptions) -> tuple[np.ndarray, str, dict[str, Any]]:
    ref = Ref.parse(source)
    dataset = StoredDataset(run.artifacts.get(ref, "dataset"))
    if dataset.kind.name != "poses":
        raise InvalidInputError(f"{dataset.artifact.ref} holds {dataset.kind.name}.", "Name poses.")
    if ref.clip is not None:
        poses = dataset.clip(ref.clip)[0][None]
    elif ref.sample is not None:
        poses = dataset.sample(ref.sample)[None]
    else:
        poses = dataset.samples if options.split == "all" else getattr(dataset, options.split)
        if not len(poses):
            raise InvalidInputError(f"{dataset.artifact.ref} has no {options.split} samples.", "--split all takes all.")
    return (
        poses,
        source,
        {"ref": dataset.artifact.ref, "part": ref.part or options.split, "digest": dataset.artifact.digest},
    )


def _not_hidden(poses: np.ndarray, options: FitOptions, name: str) -> np.ndarray:
    """Return which joints (..., 17) of poses are known."""
    known = np.isfinite(poses).all(axis=-1)
    if options.hidden is None:
        if known.all() and not options.noise and not options.smooth:
            raise UsageError(
                f"Every joint of {name} is known exactly, and nothing is left to fit.",
                'Say what is not: --hidden "left arm", --noise 0.04, or NaN in the array.',
            )
        return known
    hidden = _mask(options.hidden, known.shape)
    wrong = ~known & ~hidden
    if wrong.any():
        *pose, joint = np.argwhere(wrong)[0]
        where = ", ".join(map(str, pose))
        raise InvalidInputError(
            f"{name} holds NaN for {H36M17.joints[joint]} of pose {where}, which --hidden says is seen.",
            "Leave --hidden out where NaN says what is hidden, or hide that joint too.",
        )
    if not hidden.any():
        raise UsageError(f"--hidden {options.hidden} hides no joint.", 'For example --hidden "left arm".')
    shown = known & ~hidden
    if not shown[..., 1:].any(axis=-1).all():
        raise UsageError(
            f"--hidden {options.hidden} hides every joint but the pelvis.",
            'Leave some to be seen: --hidden "left arm".',
        )
    return shown


def _mask(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the mask of hidden joints that a file holds, or words and numbers name."""
    if not is_file(text):
        return np.broadcast_to(hidden_joints(text), shape)
    mask = load_array(text)
    if mask.dtype.kind not in "bui" or mask.shape not in (shape, shape[-1:]) or mask.max(initial=0) > 1:
        raise InvalidInputError(
            f"{text} holds {mask.dtype} of shape {mask.shape}, which is no mask of these poses.",
            f"It is true for hidden joints: {shape[-1:]}, or {shape}, of h36m17's joints.",
        )
    return np.broadcast_to(mask.astype(bool), shape)


def _centred(run: Run, poses: np.ndarray, known: np.ndarray, options: FitOptions, record: dict[str, Any]) -> Known:
    """Move pelvises to the origin: those that are known, or lie between hips that are; the place of others is open."""
    lead = poses.shape[:-2]
    poses, known = poses.reshape(-1, *poses.shape[-2:]).astype(np.float32), known.reshape(-1, known.shape[-1]).copy()
    truth = poses - poses[:, :1]
    between = ~known[:, 0] & known[:, _RIGHT] & known[:, _LEFT]
    poses = poses.copy()
    poses[between, 0] = (poses[between, _RIGHT] + poses[between, _LEFT]) / 2
    known[:, 0] |= between
    lost = ~known[:, 0]
    if between.any():
        run.tell(f"The pelvis is taken for the middle of the hips in {between.sum():,} of {len(poses):,} poses.")
    if lost.any():
        run.tell(f"The pelvis is not known in {lost.sum():,} of {len(poses):,} poses: where it is, is fitted too.")
    if not known.sum(axis=1).min() > 1:
        bad = int(known.sum(axis=1).argmin())
        raise InvalidInputError(f"Of pose {bad} one joint is known at most.", "Leave that pose out.")
    root = np.where(lost[:, None], 0, poses[:, 0])
    values = np.where(known[..., None], poses - root[:, None], 0).astype(np.float32)
    evidence = Evidence(
        torch.from_numpy(values), torch.from_numpy(known.astype(np.float32)), options.noise,
        "place" if lost.any() else "nothing",
    )  # fmt: skip
    return Known(evidence, lead, truth, root, record)


def _seen_by_camera(
    run: Run, array: np.ndarray, options: FitOptions, up: str, name: str, record: dict[str, Any]
) -> Known:
    """Take keypoints, in pixels of a camera that a file holds, or of one that is far away."""
    if options.joints is None and array.shape[-2] != len(H36M17.joints):
        raise InvalidInputError(
            f"{name} holds {array.shape[-2]} keypoints.", "--joints says whose, as in --joints coco17."
        )
    places, weights = read_keypoints(array, options.joints or H36M17.name, name)
    weights = weights * ~_hidden_keypoints(options, weights.shape)
    if ((weights > 0).sum(axis=-1) < 4).any():
        raise InvalidInputError(f"{name} has poses of fewer than four keypoints that are known.", "Leave those out.")
    axes = level(torch.tensor(axis_vector(up)))
    perspective = options.camera not in (None, WEAK)
    if perspective:
        K, R = read_camera(Path(str(options.camera)))
        places = ((places - K[:2, 2]) / np.diag(K)[:2]).astype(np.float32)
        axes = axes if R is None else torch.from_numpy(R.astype(np.float32))
    elif options.camera is None:
        run.tell(
            f"{name} holds keypoints in an image: its camera is taken to be far away (weak perspective) and level."
        )
    flat, weights = places.reshape(-1, *places.shape[-2:]), weights.reshape(-1, weights.shape[-1])
    evidence = Evidence(
        torch.from_numpy(flat), torch.from_numpy(weights.astype(np.float32)), options.noise, "scale", axes, perspective
    )
    return Known(evidence, places.shape[:-2], None, np.zeros((len(flat), 3), np.float32), record)


def _hidden_keypoints(options: FitOptions, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape, bool) if options.hidden is None else _mask(options.hidden, shape)
