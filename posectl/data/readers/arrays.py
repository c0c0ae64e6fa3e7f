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

Poses come out about the pelvis, which `root` keeps. Their axes stay as they are.

Examples:
  posectl prepare arrays train.npz --test test.npz --name poses
  posectl prepare arrays new_joints/*.npy --joints humanml3d --fps 20
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.clips import Clips, Split, join, train_test_split
from posectl.data.dataset import TEST, TRAIN, VALIDATION, Dataset, named_split, with_test
from posectl.data.foreign import Conventions
from posectl.data.posefile import PoseFile, read_file
from posectl.data.readers import Progress, drop_bad_option, option, reader, split_option
from posectl.data.skeleton import H36M17
from posectl.data.units import AXES, LAYOUTS, UNITS, Axis, LayoutName, Unit
from posectl.errors import InvalidInputError, UsageError, did_you_mean


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


@reader("arrays", ArrayOptions, kind="poses", paths="Files of poses, .npy or .npz.")
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
    if len({file.up for file in files}) > 1:
        found = ", ".join(f"{path} {file.up}" for path, file in zip(parts, files, strict=True))
        raise InvalidInputError(f"The files do not agree on which way is up: {found}.", "Name it, as in --up +z.")
    return _dataset(parts, files, options.split)


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
        marks = [np.full(len(f.poses), part, np.uint8) for f, part in zip(files, parts.values(), strict=True)]
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
    samples = np.concatenate([file.poses for file in files])
    return Dataset(samples, split, per_sample, clips.columns(), about, warnings)


def _root_or_origin(file: PoseFile) -> np.ndarray:
    return np.zeros((len(file.poses), 3), np.float32) if file.root is None else file.root
