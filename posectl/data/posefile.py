"""One .npy or .npz of poses: the names of its arrays, and what they say of the frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posectl.data.clips import Clips, as_text, clip_order, clip_table
from posectl.data.dataset import TEST, TRAIN
from posectl.data.layouts import Layout, declared_layout, layout, unnamed_layout
from posectl.data.poses import AXES, METRES, UNITS, Axis, Unit, as_poses, find_up, guess_unit, in_metres
from posectl.data.safe.npy import array_names, load_arrays
from posectl.data.smpl import refuse_parameters
from posectl.errors import InvalidInputError

# Every array of known meaning, with its accepted names; posectl.data.readers.arrays documents them.
_ALIASES = {
    "poses": ("positions", "poses", "joints", "joints_3d", "positions_3d", "keypoints_3d"),
    "root": ("root", "translation"),
    "subject": ("subject", "subjects"),
    "action": ("action", "actions"),
    "clip": ("clip", "clips", "clip_index"),
    "frame": ("frame", "frames"),
    "split": ("split", "splits"),
    "fps": ("fps",),
    "unit": ("units", "unit"),
    "up": ("up_axis", "up"),
    "joints": ("joint_names",),
}
_TABLE = ("start", "length", "name", "subject", "action", "source", "fps")
_LABELS = ("subject", "action", "clip", "frame", "split")
_SPELLINGS = {"metre": "m", "metres": "m", "meter": "m", "meters": "m", "x": "+x", "y": "+y", "z": "+z"}
_UPRIGHT = 0.5


@dataclass
class PoseFile:
    """The content of a file: poses (n, 17, 3) float32, metres, about the pelvis; root (n, 3) if known; clips in order;
    the joint layout of the file."""

    poses: np.ndarray
    root: np.ndarray | None
    frame: np.ndarray
    clips: Clips
    split: np.ndarray | None
    up: Axis
    layout: Layout
    warnings: list[str] = field(default_factory=list)


def read_file(path: Path, *, unit: Unit | None, up: Axis | None, fps: float, joints: str | None = None) -> PoseFile:
    """Read one file; `joints`, `unit` and `up` go before what it says of itself, `fps` comes after.

    Raises NotFoundError and InvalidInputError.
    """
    arrays = _known_arrays(path)
    joints = joints or _declared_layout(arrays)
    poses = as_poses(arrays["poses"], str(path), joints=joints)
    chosen = layout(joints or unnamed_layout(arrays["poses"].shape) or "h36m17")
    if poses.ndim != 3:
        hint = "A dataset is (N, J, 3) or (N, 3 J); `posectl evaluate` takes paths (B, T, 17, 3) too."
        raise InvalidInputError(f"{path} has shape {arrays['poses'].shape}, which is no list of poses.", hint)
    unit = unit or _declared(arrays, "unit", UNITS, path)  # type: ignore[assignment]
    if unit is None and chosen.unit == guess_unit(poses):
        unit = chosen.unit
    poses = in_metres(poses, unit, str(path))
    root = _world_root(poses, _root(arrays, len(poses), unit, path))
    labels = _labels(arrays, len(poses), path)
    warnings = [f"{path}: {note}" for note in chosen.notes()] + _joint_warnings(arrays, path, chosen)
    if "clip" in labels:
        order = clip_order(labels["clip"], labels["frame"])
        if (np.diff(order) < 0).any():
            warnings.append(f"{path}: frames were put in order, so that each clip is in one piece.")
            labels = {key: label[order] for key, label in labels.items()}
            poses, root = poses[order], None if root is None else root[order]
    rate = float(arrays["fps"].ravel()[0]) if "fps" in arrays else fps
    table = {key: arrays[f"clip_{key}"] for key in _TABLE if f"clip_{key}" in arrays}
    clips = clip_table(labels, table, {"name": path.stem, "fps": rate, "source": str(path)}, str(path))
    centred = poses - poses[:, :1]
    up, up_warnings = _up(arrays, centred, up, chosen, path)
    return PoseFile(centred, root, labels["frame"], clips, labels.get("split"), up, chosen, warnings + up_warnings)


def _known_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of known meaning in a file, by their first name in `_ALIASES`; `poses` is among them."""
    present = array_names(path)
    if not set(_ALIASES["poses"]) - {"poses"} & set(present):
        refuse_parameters(present, path)
    keys = {meaning: name for meaning, names in _ALIASES.items() for name in names if name in present}
    if len(present) == 1:
        keys = {"poses": present[0]}
    if "poses" not in keys:
        listed = f"the arrays {', '.join(present)}" if present else "no array"
        raise InvalidInputError(f"{path} holds {listed}, and none is called 'positions'.", "Call the poses that.")
    keys.update({f"clip_{column}": f"clip_{column}" for column in _TABLE if f"clip_{column}" in present})
    arrays = load_arrays(path, set(keys.values()))
    return {meaning: arrays[name] for meaning, name in keys.items()}


def _declared(arrays: Mapping[str, np.ndarray], key: str, known: Sequence[str], path: Path) -> str | None:
    """Return the unit or vertical that the file declares, which must be one of `known`."""
    if key not in arrays:
        return None
    declared = str(as_text(arrays[key]).ravel()[0]).strip().lower() if arrays[key].size else ""
    declared = _SPELLINGS.get(declared, declared)
    if declared not in known:
        raise InvalidInputError(f"{path} says that its {key} is {declared!r}.", f"Known: {', '.join(known)}.")
    return declared


def _root(arrays: Mapping[str, np.ndarray], frames: int, unit: Unit | None, path: Path) -> np.ndarray | None:
    if "root" not in arrays:
        return None
    root = arrays["root"]
    if root.shape != (frames, 3) or root.dtype.kind != "f" or not np.isfinite(root).all():
        message = f"'root' in {path} is {root.dtype} of shape {root.shape}, not {frames:,} finite positions."
        raise InvalidInputError(message, f"Make it floats of shape ({frames}, 3), or leave it out.")
    return root.astype(np.float32) * np.float32(METRES[unit or "m"])


def _world_root(poses: np.ndarray, root: np.ndarray | None) -> np.ndarray | None:
    """Return the pelvis in the world: the file's root, plus the poses' own pelvis."""
    pelvis = poses[:, 0]
    if root is None:
        return pelvis.copy() if pelvis.any() else None
    return root + pelvis


def _labels(arrays: Mapping[str, np.ndarray], frames: int, path: Path) -> dict[str, np.ndarray]:
    """Return those of `_LABELS` that the file has, (N,) each; `frame` always."""
    labels = {key: _per_frame(arrays[key], key, frames, path) for key in _LABELS if key in arrays}
    if "clip_start" in arrays and "clip_length" in arrays:
        labels["clip"] = _rows(arrays["clip_start"], arrays["clip_length"], frames, path)
    if "split" in labels:
        labels["split"] = _as_split(labels["split"], path)
    frame = labels.setdefault("frame", np.arange(frames))
    if frame.dtype.kind not in "iu":
        raise InvalidInputError(f"'frame' in {path} is {frame.dtype}, not integers.", "Save frame numbers as int32.")
    labels["frame"] = frame.astype(np.int64)
    return labels


def _per_frame(label: np.ndarray, key: str, frames: int, path: Path) -> np.ndarray:
    if label.size == 1:
        return np.repeat(label.ravel(), frames)
    if label.shape != (frames,):
        message = f"'{key}' in {path} has shape {label.shape}, but there are {frames:,} frames."
        raise InvalidInputError(message, "Give it one entry a frame, or a single one for the file.")
    return label


def _rows(start: np.ndarray, length: np.ndarray, frames: int, path: Path) -> np.ndarray:
    """Return the row of the clip table of each frame."""
    whole = start.ndim == 1 and start.shape == length.shape and start.dtype.kind in "iu" and length.dtype.kind in "iu"
    if not whole or (length < 1).any() or length.sum() != frames or (np.cumsum(length) - length != start).any():
        message = f"The clip table of {path} does not cover its {frames:,} frames one clip after the other."
        raise InvalidInputError(message, "Check clip_start and clip_length, or leave them out.")
    return np.repeat(np.arange(len(start)), length)


def _as_split(label: np.ndarray, path: Path) -> np.ndarray:
    words = {"train": TRAIN, "0": TRAIN, "False": TRAIN, "test": TEST, "1": TEST, "True": TEST}
    declared, index = np.unique(as_text(label), return_inverse=True)
    unknown = [word for word in declared if word not in words]
    if unknown:
        raise InvalidInputError(f"'split' in {path} holds {unknown[0]!r}.", "Use 'train' and 'test', or 0 and 1.")
    return np.array([words[word] for word in declared], np.uint8)[index]


def _declared_layout(arrays: Mapping[str, np.ndarray]) -> str | None:
    """Return the joint layout whose names the file gives its joints."""
    return declared_layout(as_text(arrays["joints"]).ravel().tolist()) if "joints" in arrays else None


def _joint_warnings(arrays: Mapping[str, np.ndarray], path: Path, chosen: Layout) -> list[str]:
    if "joints" not in arrays or arrays["joints"].size != len(chosen.names) or _declared_layout(arrays) == chosen.name:
        return []
    declared = as_text(arrays["joints"]).ravel()[:3]
    return [f"{path} calls its joints {', '.join(declared)}, ...; they were taken as {chosen.name}, in that order."]


def _up(
    arrays: Mapping[str, np.ndarray], poses: np.ndarray, up: Axis | None, chosen: Layout, path: Path
) -> tuple[Axis, list[str]]:
    """Return (the vertical, warnings): the user's, else the file's, else the direction from pelvises to thoraxes, or
    its layout's where hardly anybody stands."""
    found, strength = find_up(poses)
    declared: Axis | None = up or _declared(arrays, "up", AXES, path)  # type: ignore[assignment]
    if declared is not None or strength >= _UPRIGHT:
        return declared or found, []
    found, why = (chosen.up, f"as usual of {chosen.name}, ") if chosen.up else (found, "")  # type: ignore[assignment]
    return found, [f"{path}: hardly anybody stands upright, so that {found} is up {why}is a guess; name it with --up."]
