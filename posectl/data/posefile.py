"""One .npy or .npz of poses: the names of its arrays, and what they say of the frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from posectl.data.clips import Clips, as_text, clip_order, clip_table
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.foreign import ALIASES, Conventions, Foreign, read_poses
from posectl.data.layouts import Layout
from posectl.data.safe.npy import (
    array_names,
    array_shapes,
    known_key,
    listed,
    load_arrays,
    map_array,
    split_key,
)
from posectl.data.smpl import refuse_parameters
from posectl.data.units import METRES, Axis, Unit
from posectl.errors import InvalidInputError

# Every array of known meaning, with its accepted names; posectl.data.readers.arrays documents them.
_ALIASES = {
    **ALIASES,
    "root": ("root", "translation"),
    "subject": ("subject", "subjects"),
    "action": ("action", "actions"),
    "clip": ("clip", "clips", "clip_index"),
    "frame": ("frame", "frames"),
    "split": ("split", "splits"),
    "fps": ("fps",),
}
_TABLE = ("start", "length", "name", "subject", "action", "source", "fps")
_LABELS = ("subject", "action", "clip", "frame", "split")


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


def read_file(
    path: Path, said: Conventions, *, fps: float, drop_bad: bool, hint: str = "--drop-bad leaves those frames out."
) -> PoseFile:
    """Read one file; what is said goes before what it says of itself, `fps` comes after.

    drop_bad: let NaN and infinity pass, to be left out later; hint: what else to do. Raises NotFoundError and
    InvalidInputError.
    """
    arrays = _known_arrays(path)
    foreign = read_poses(arrays, str(path), said, finite=None if drop_bad else hint)
    poses = foreign.poses
    if poses.ndim != 3:
        raise no_poses(path, arrays["poses"].shape)
    file, order = describe(path, arrays, foreign, len(poses), fps, drop_bad=drop_bad)
    root = _world_root(poses, file.root)
    if order is not None:
        file.warnings.append(f"{path}: frames were put in order, so that each clip is in one piece.")
        poses, root = poses[order], None if root is None else root[order]
    return replace(file, poses=poses - poses[:, :1], root=root)


def no_poses(path: Path, shape: tuple[int, ...]) -> InvalidInputError:
    """Return the error of a file whose array of this shape is no list of poses."""
    hint = "A dataset is (N, J, 3) or (N, 3 J); `posectl evaluate` takes paths (B, T, 17, 3) too."
    return InvalidInputError(f"{path} has shape {shape}, which is no list of poses.", hint)


def describe(
    path: Path, arrays: Mapping[str, np.ndarray], foreign: Foreign, frames: int, fps: float, *, drop_bad: bool = False
) -> tuple[PoseFile, np.ndarray | None]:
    """Return what the arrays of known meaning in a file say of its frames, without their poses: `root` as the file has
    it; and the order (n,) of rows by which clips are in one piece, None if they are. Raises InvalidInputError."""
    root = _root(arrays, frames, foreign.unit, path, drop_bad)
    labels, order = _labels(arrays, frames, path), None
    if "clip" in labels and (np.diff(rows := clip_order(labels["clip"], labels["frame"])) < 0).any():
        labels, order = {key: label[rows] for key, label in labels.items()}, rows
    rate = float(arrays["fps"].ravel()[0]) if "fps" in arrays else fps
    table = {key: arrays[f"clip_{key}"] for key in _TABLE if f"clip_{key}" in arrays}
    clips = clip_table(labels, table, {"name": path.stem, "fps": rate, "source": str(path)}, str(path))
    warnings = [*foreign.warnings]
    if not (foreign.told or foreign.plain):
        warnings.append(
            f"{path}: hardly anybody stands upright, so that {foreign.up} is up is a guess; name it with --up."
        )
    none = np.empty((0, *foreign.poses.shape[1:]), np.float32)
    split, of, up = labels.get("split"), foreign.layout, foreign.up
    return PoseFile(none, root, labels["frame"], clips, split, up, of, warnings), order


def map_file(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of known meaning in a file, by their first name, with `poses` mapped into memory."""
    keys = _known_keys(path)
    file, poses = split_key(path)[0], keys.pop("poses")
    arrays = load_arrays(file, set(keys.values())) if keys else {}
    found = {meaning: arrays[name] for meaning, name in keys.items()}
    return _fitting(path, {**found, "poses": map_array(file, poses)})


def poses_shape(path: Path) -> tuple[int, ...]:
    """Return the shape of the poses of a file; reads headers alone."""
    return array_shapes(split_key(path)[0])[_known_keys(path)["poses"]]


def _known_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of known meaning in a file, by their first name in `_ALIASES`; `poses` is among them."""
    keys = _known_keys(path)
    arrays = load_arrays(path, set(keys.values()))
    return _fitting(path, {meaning: arrays[name] for meaning, name in keys.items()})


def _known_keys(path: Path) -> dict[str, str]:
    """Return the names of the arrays of known meaning in a file, by their first name in `_ALIASES`."""
    key, present = split_key(path)[1], array_names(path)
    refuse_parameters(present, str(path))
    keys = {meaning: name for meaning, names in _ALIASES.items() for name in names if name in present}
    if key is not None:
        keys["poses"] = known_key(key, present, str(path))
    elif len(present) == 1:
        keys = {"poses": present[0]}
    if "poses" not in keys:
        hint = f"Name the one that you mean: {path}:{present[0]}." if present else "Save poses with np.savez."
        raise InvalidInputError(f"{path} holds {listed(present)}, and none is called 'positions'.", hint)
    return keys | {f"clip_{column}": f"clip_{column}" for column in _TABLE if f"clip_{column}" in present}


def _fitting(path: Path, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Leave out what is of others than the poses that the user named, if any were."""
    return arrays if split_key(path)[1] in (None, *_ALIASES["poses"]) else _of_these(arrays)


def _of_these(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Leave out the labels of other poses in the file: those that have not one entry for each of these."""
    frames = len(arrays["poses"])
    fits = {name for name, array in arrays.items() if array.size == 1 or len(array) == frames}
    if "clip_length" in arrays and arrays["clip_length"].sum() == frames:
        fits |= {name for name in arrays if name.startswith("clip_")}
    return {name: array for name, array in arrays.items() if name in fits or name == "joints"}


def _root(
    arrays: Mapping[str, np.ndarray], frames: int, unit: Unit, path: Path, drop_bad: bool
) -> np.ndarray | None:  # fmt: skip
    if "root" not in arrays:
        return None
    root = arrays["root"]
    if root.shape != (frames, 3) or root.dtype.kind != "f" or not (drop_bad or np.isfinite(root).all()):
        message = f"'root' in {path} is {root.dtype} of shape {root.shape}, not {frames:,} finite positions."
        raise InvalidInputError(message, f"Make it floats of shape ({frames}, 3), or leave it out.")
    return root.astype(np.float32) * np.float32(METRES[unit])


def _world_root(poses: np.ndarray, root: np.ndarray | None) -> np.ndarray | None:
    """Return the pelvis in the world: the file's root, plus the poses' own pelvis."""
    pelvis = poses[:, 0]
    if root is None:
        return pelvis.copy() if np.nan_to_num(pelvis).any() else None
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
    words = dict.fromkeys(("train", "training", "0", "0.0", "false"), TRAIN)
    words |= dict.fromkeys(("test", "testing", "1", "1.0", "true"), TEST)
    words |= dict.fromkeys(("val", "valid", "validation", "2", "2.0"), VALIDATION)
    declared, index = np.unique(np.char.lower(as_text(label)), return_inverse=True)
    unknown = [str(word) for word in declared if word not in words]
    if unknown:
        raise InvalidInputError(f"'split' in {path} holds {unknown[0]!r}.", "Use 'train' and 'test', or 0 and 1.")
    return np.array([words[str(word)] for word in declared], np.uint8)[index]
