"""Poses as plain arrays: .npy or .npz of (N, 17, 3), (N, 51) or (N, 32, 3), or of other joints by --joints.

A joint layout, such as smpl22, says where the 17 joints are among others; it is printed, with what is approximate. Of a
layout of J joints, arrays are (N, J, 3) or (N, 3 J).

An .npz may say more, under any of these names (N frames, C clips):

- poses: `positions`, `poses`, `joints`, `joints_3d`, `positions_3d`, `keypoints_3d`, the only array there is, or the
  one that is named after a colon: `train.npz:gt`;
- `root` or `translation` (N, 3), the pelvis in the world;
- labels (N,), or one for the whole file: `subject`, `action`, `clip` (or `clip_index`), `frame`, `split` (0 or "train",
  1 or "test"), each with a plural s if you like;
- a clip table (C,): `clip_start`, `clip_length`, `clip_name`, `clip_subject`, `clip_action`, `clip_source`, `clip_fps`;
- `fps`, `units` ("m", "cm", "mm"), `up_axis` ("z", "-y", ...), `joint_names`, by which a layout is known.

What is larger than memory is read block by block; of an .npz that is deflated, a copy is unpacked first (TMPDIR).

Poses come out about the pelvis, which `root` keeps. Their axes stay as they are.

Examples:
  posectl prepare arrays train.npz --test test.npz --name poses
  posectl prepare arrays new_joints/*.npy --joints humanml3d --fps 20
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from posectl.budget import VARIABLE
from posectl.data.clips import Clips, Split, join, train_test_split
from posectl.data.dataset import TEST, TRAIN, VALIDATION, Dataset, named_split, with_test
from posectl.data.foreign import Conventions, read_poses
from posectl.data.posefile import PoseFile, describe, map_file, no_poses, poses_shape, read_file
from posectl.data.readers import Progress, drop_bad_option, option, reader, split_option
from posectl.data.safe.npy import split_key
from posectl.data.skeleton import H36M17
from posectl.data.stream import BLOCK_BYTES, Stream, is_beyond_memory
from posectl.data.units import AXES, LAYOUTS, UNITS, Axis, LayoutName, Unit
from posectl.errors import InvalidInputError, UsageError, did_you_mean

# Evenly spaced poses of a file beyond memory that show its unit and vertical.
_SHOWN = 1 << 16


@dataclass(frozen=True)
class ArrayOptions:
    """The options of `prepare arrays`."""

    test: tuple[str, ...] = option(
        (), "A file of the test split, one of the others or one more; may be repeated.", metavar="FILE",
        default_shown="what the files' names or contents say, else a fifth",
    )  # fmt: skip
    joints: LayoutName | None = option(
        None, f"Joint layout of the files: {', '.join(LAYOUTS)}.", metavar="LAYOUT",
        default_shown="what the files say, else h36m17, or h36m32 of 32 joints",
    )  # fmt: skip
    unit: Unit | None = option(None, "Unit of length of the files.", default_shown="what the files say, else m")
    up: Axis | None = option(
        None, "Axis of the files that points up.", default_shown="what the files say, else found from the poses"
    )
    split: Split | None = split_option()
    fps: float = option(30.0, "Frame rate of files that do not state theirs, frames a second.", metavar="N")
    drop_bad: bool = drop_bad_option()


def stream(paths: Sequence[Path], options: ArrayOptions, progress: Progress) -> Stream | None:
    """Read files block by block, their poses mapped into memory; None where they fit.

    Unit, vertical and whether pelvises are at the origin show in poses that are evenly spaced.
    """
    parts = _split_by_file(paths, options.test) if paths and not (options.test and options.split) else {}
    if not parts or not all(split_key(path)[0].is_file() for path in parts):
        return None
    shapes = {path: poses_shape(path) for path in parts}
    if not is_beyond_memory(4 * sum(map(math.prod, shapes.values()))):
        return None
    _check_options(paths, options.unit, options.up, options.fps)
    mapped = [_mapped(path, Conventions(options.unit, options.up, options.joints), options.fps) for path in parts]
    files = [each.file for each in mapped]
    _check_up(parts, files)
    whole = _dataset(parts, files, options.split)
    has_root = any(each.has_pelvis or each.file.root is not None for each in mapped)
    return Stream(len(whole.split), _blocks(mapped, whole, has_root), whole.per_clip)


@dataclass(frozen=True)
class _Mapped:
    """A file beyond memory: what it says of its frames; its arrays of known meaning, of which `poses` are mapped; its
    conventions; and whether pelvises are away from the origin in poses that are evenly spaced."""

    path: Path
    file: PoseFile
    arrays: dict[str, np.ndarray]
    known: Conventions
    has_pelvis: bool

    def poses(self, first: int, last: int) -> np.ndarray:
        """Return some poses (n, 17, 3), metres."""
        some = np.array(self.arrays["poses"][first:last])
        return read_poses({**self.arrays, "poses": some}, str(self.path), self.known).poses


def _mapped(path: Path, said: Conventions, fps: float) -> _Mapped:
    arrays = map_file(path)
    poses = arrays["poses"]
    if poses.ndim == 0:
        raise no_poses(path, poses.shape)
    rows = np.linspace(0, len(poses) - 1, min(len(poses), _SHOWN)).astype(np.int64)
    foreign = read_poses({**arrays, "poses": poses[rows]}, str(path), said)
    if foreign.poses.ndim != 3:
        raise no_poses(path, poses.shape)
    file, order = describe(path, arrays, foreign, len(poses), fps)
    if order is not None:
        raise InvalidInputError(
            f"{path} is beyond memory, and its clips are not in one piece each.",
            f"Save one clip after the other, or give more memory: {VARIABLE}.",
        )
    has_pelvis = bool(np.nan_to_num(foreign.poses[:, 0]).any())
    return _Mapped(path, file, arrays, replace(said, unit=foreign.unit, up=foreign.up), has_pelvis)


def _blocks(files: Sequence[_Mapped], whole: Dataset, has_root: bool) -> Iterator[Dataset]:
    """Yield the poses of all files, in blocks that do not cross from one file into the next."""
    step, done, warnings = BLOCK_BYTES // (4 * 3 * len(H36M17.joints)), 0, whole.warnings
    root = whole.per_sample.get("root")
    for file in files:
        for first in range(0, len(file.arrays["poses"]), step):
            poses = file.poses(first, first + step)
            rows = slice(done, done + len(poses))
            clip = whole.per_sample["clip"][rows]
            own = {"frame": whole.per_sample["frame"][rows], "clip": clip - clip[0]}
            if has_root:
                own["root"] = poses[:, 0].copy() if root is None else root[rows] + poses[:, 0]
            elif np.nan_to_num(poses[:, 0]).any():
                raise InvalidInputError(
                    f"{file.path} has pelvises at the origin, and others among frames {first:,} and on.",
                    "Take the pelvis from each pose, or from none.",
                )
            table = {name: values[clip[0] : clip[-1] + 1] for name, values in whole.per_clip.items()}
            yield Dataset(poses - poses[:, :1], whole.split[rows], own, table, whole.about, warnings)
            done, warnings = rows.stop, []


@reader("arrays", ArrayOptions, kind="poses", paths="Files of poses, .npy or .npz.", stream=stream)
def read(paths: Sequence[Path], options: ArrayOptions, progress: Progress) -> Dataset:
    """Read one dataset from all the files.

    Without test files, the names of the files count, if they say train and test; else a `split` array in them; else
    whole subjects, whole clips or the last fifth go to test. Raises NotFoundError, InvalidInputError; UsageError for
    options that make no sense.
    """
    unit, up, fps, joints = options.unit, options.up, options.fps, options.joints
    _check_options(paths, unit, up, fps)
    if options.test and options.split:
        raise UsageError("--test and --split both say what is for test.", "Leave one of them out.")
    parts = _split_by_file(paths, options.test)
    said = Conventions(unit, up, joints)
    files = [read_file(path, said, fps=fps, drop_bad=options.drop_bad) for path in parts]
    _check_up(parts, files)
    return replace(_dataset(parts, files, options.split), samples=np.concatenate([file.poses for file in files]))


def _check_up(paths: Iterable[Path], files: Sequence[PoseFile]) -> None:
    if len({file.up for file in files}) > 1:
        found = ", ".join(f"{path} {file.up}" for path, file in zip(paths, files, strict=True))
        raise InvalidInputError(f"The files do not agree on which way is up: {found}.", "Name it, as in --up +z.")


def _check_options(paths: Sequence[str | Path], unit: Unit | None, up: Axis | None, fps: float) -> None:
    if not paths:
        raise UsageError("The source 'arrays' reads files, and none was named.", "posectl prepare arrays poses.npz")
    if unit is not None and unit not in UNITS:
        raise UsageError(f"There is no unit {unit!r}.", did_you_mean(unit, UNITS))
    if up is not None and up not in AXES:
        raise UsageError(f"There is no axis {up!r}.", did_you_mean(up, AXES))
    if not (np.isfinite(fps) and fps > 0):
        raise UsageError(f"A frame rate of {fps} makes no sense.", "Give a positive number, as in --fps 30.")


def _split_by_file(paths: Sequence[str | Path], test: Sequence[str]) -> dict[Path, int | None]:
    """Return the split that each file is of; None where neither the user nor the names say."""
    files = [Path(path) for path in paths]
    chosen = {next((file for file in files if name in (str(file), file.name)), Path(name)) for name in test}
    files += sorted(chosen - set(files))
    if chosen:
        if chosen.issuperset(files):
            raise UsageError("Every file is a test file, and none is left to train on.", "Name the train files too.")
        return {file: TEST if file in chosen else TRAIN for file in files}
    parts = [named_split(file.stem) for file in files]
    decided = None not in parts and TRAIN in parts and len(set(parts)) > 1
    return dict(zip(files, parts, strict=True)) if decided else dict.fromkeys(files)


def _split(
    clips: Clips, parts: dict[Path, int | None], files: list[PoseFile], how: Split | None
) -> tuple[Clips, np.ndarray, str]:
    """Return (clips, split (N,), its description): by `how`; by file if that is known; as files say; automatic."""
    if how is not None:
        return train_test_split(clips, how=how)
    if None not in parts.values():
        marks = [np.full(len(f.frame), part, np.uint8) for f, part in zip(files, parts.values(), strict=True)]
        held_out = TEST if TEST in parts.values() else VALIDATION
        tests = [path.name for path, part in parts.items() if part == held_out]
        return clips, with_test(np.concatenate(marks)), f"by file: {', '.join(tests)} to test"
    splits = [file.split for file in files if file.split is not None]
    if len(splits) < len(files):
        return train_test_split(clips)
    split = with_test(np.concatenate(splits))
    if len(np.unique(split)) < 2:
        message = f"The files say that every frame is for {'test' if split[0] == TEST else 'training'}."
        raise InvalidInputError(
            message, "Mark some for the other split, leave 'split' out, or name test files: --test."
        )
    return clips, split, "as the files say"


def _dataset(parts: dict[Path, int | None], files: list[PoseFile], how: Split | None) -> Dataset:
    """Return the dataset of files, still without samples."""
    clips = join([file.clips for file in files])
    frames = int(clips.length.sum())
    if frames < 2:
        raise InvalidInputError("One pose is no dataset.", "Name files with two poses or more.")
    clips, split, told = _split(clips, parts, files, how)
    per_sample = {"frame": np.concatenate([file.frame for file in files]), "clip": clips.rows()}
    if any(file.root is not None for file in files):
        per_sample["root"] = np.concatenate([_root_or_origin(file) for file in files])
    about: dict[str, Any] = {
        "kind": "poses",
        "skeleton": H36M17.name,
        "joints": list(H36M17.joints),
        "unit": "m",
        "up": files[0].up,
        # Human3.6M's cameras have y down; whoever else has -y for up uses the same convention.
        "coordinates": "camera" if files[0].up == "-y" else "world",
        "source": "arrays: " + ", ".join(path.name for path in parts),
        "citation": "",
        "split": told,
        "factors": [],
    }
    layouts = {file.layout.name: file.layout for file in files if file.layout.name != H36M17.name}
    if layouts:
        about["layouts"] = {name: layout.mapping() for name, layout in layouts.items()}
    warnings = [warning for file in files for warning in file.warnings]
    return Dataset(np.empty(0, np.float32), split, per_sample, clips.columns(), about, warnings)


def _root_or_origin(file: PoseFile) -> np.ndarray:
    return np.zeros((len(file.poses), 3), np.float32) if file.root is None else file.root
