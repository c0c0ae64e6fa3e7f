"""A clip of H36M-17 poses from a motion file: read, mapped, resampled, and set upright in metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.data.mocap.amc import read_amc
from posectl.data.mocap.body import HIP, Body
from posectl.data.mocap.bvh import read_bvh
from posectl.data.mocap.c3d import read_c3d
from posectl.data.mocap.expmap import read_expmap
from posectl.data.mocap.jointmap import BY_RULE, JointMap
from posectl.data.mocap.kinematics import Recording
from posectl.data.mocap.naming import Fit, choose_map
from posectl.data.mocap.ntu import read_skeleton
from posectl.data.mocap.points import seen_runs
from posectl.data.mocap.resample import frame_positions
from posectl.data.mocap.tpose import leading_t_pose
from posectl.data.mocap.world import METRES, THIGH, decide_unit, decide_up, trunk_axis, upright
from posectl.data.poses import thigh_length
from posectl.errors import InvalidInputError

FORMATS = ".bvh, .amc (with its .asf beside it), .c3d, NTU's .skeleton and the CMU exponential-map .txt"
# Farther from the origin than that, in metres, there is no motion capture, and float32 begins to lose millimetres.
_FAR = 1e4
_FRAME = 2000  # bytes that a frame takes as joints, moved, turned and stacked


@dataclass(frozen=True)
class MotionFile:
    """A file to read; an AMC comes with its skeleton."""

    path: Path
    asf: Path | None = None


@dataclass(frozen=True)
class Options:
    """The settings of a user: the rate, a joint map, the up axis, the unit; None: the file's own."""

    fps: float | None = None
    own_map: JointMap | None = None
    up: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Clip:
    """One take: poses (T, 17, 3) float32, metres, z up, pelvis at the origin; root (T, 3) float32, the pelvis's place.

    frames: (T,) int64, the frame of the file, at its own rate, that each pose is of (the nearest, where interpolated).
    warnings: sentences that the file's name is to be put before. part: what tells it from other clips of the file.
    """

    path: Path
    poses: np.ndarray
    root: np.ndarray
    frames: np.ndarray
    fps: float
    file_fps: float
    skeleton: str
    unit: str
    up: str
    warnings: tuple[str, ...] = ()
    part: str = ""


def read_recordings(file: MotionFile) -> list[Recording]:
    """Parse a file by its suffix, a recording of each body in it; raises InvalidInputError or NotFoundError."""
    match file.path.suffix.lower():
        case ".bvh":
            return [read_bvh(file.path)]
        case ".amc" if file.asf is not None:
            return [read_amc(file.path, file.asf)]
        case ".txt":
            return [read_expmap(file.path)]
        case ".skeleton":
            return read_skeleton(file.path)
        case ".c3d":
            return read_c3d(file.path)
    raise InvalidInputError(f"{file.path} is no motion file.", f"The mocap source reads {FORMATS}.")


def read_file(file: MotionFile, options: Options) -> list[Clip]:
    """Read the bodies of one file as H36M-17 poses, each in as many clips as it is seen throughout.

    Raises InvalidInputError or NotFoundError.
    """
    return [clip for recording in read_recordings(file) for clip in _clips(recording, file.path, options)]


def read_clip(file: MotionFile, options: Options) -> Clip:
    """Read the first clip of a file, which is all of it in formats of one body that is always in sight."""
    return read_file(file, options)[0]


def _clips(recording: Recording, path: Path, options: Options) -> list[Clip]:
    fit = choose_map(recording, options.own_map, path)
    joints, body = fit.map, Body(recording, fit)
    fps = recording.fps or joints.fps
    if fps is None:
        raise InvalidInputError(f"{path} does not say its frame rate.", "Say it in the joint map, as 'fps: 120'.")
    made = recording.frames * max(1.0, (options.fps or fps) / fps)
    budget.check(str(path), int(_FRAME * made), path.stat().st_size)
    first = leading_t_pose(recording, body) if joints.t_pose else 0
    if first >= recording.frames:
        what = "holds nothing but its artificial T pose" if recording.frames else "holds no frames"
        raise InvalidInputError(f"{path} {what}.", "Export it again, with its motion.")

    runs, warnings = [(first, recording.frames - first)], [*recording.warnings, *_by_rule(fit)]
    if recording.seen is not None:
        runs, left_out = seen_runs(recording, sorted({fit.nodes[node] for node in fit.used}), fps, path)
        warnings += left_out
    pieces = [start + frame_positions(length, fps, options.fps) for start, length in runs]
    places = np.concatenate(pieces)
    thigh = body.thigh(places)
    unit = options.unit or decide_unit(thigh, recording.unit or joints.unit, path)
    world = body.joints(places, METRES[unit])
    moving = trunk_axis(world)
    up = options.up or decide_up(moving, body.rest_axis(METRES[unit]), joints.up, path)
    world = world @ (METRES[unit] * upright(up).T)
    if np.abs(world).max() > _FAR:
        raise InvalidInputError(
            f"{path} reaches farther than {_FAR:g} m from its origin.", "Check its unit, and --unit."
        )

    if joints.note:
        warnings.append(joints.note)
    if first:
        frames = "frame 0 is" if first == 1 else f"the first {first} frames are"
        warnings.append(f"{frames} left out, an artificial T pose.")
    if options.up is None and moving not in (None, up):
        warnings.append(f"{up} is taken as up, though the trunk points along {moving} on the whole.")
    if options.unit is not None and not THIGH[0] <= (length := thigh_length(world)) <= THIGH[1]:
        warnings.append(f"in {unit}, as --unit says, its thigh is {length:.3g} m long.")
    poses = np.split(world, np.cumsum([len(piece) for piece in pieces])[:-1])
    return [
        Clip(
            path=path,
            poses=(each - each[:, HIP, None]).astype(np.float32),
            root=each[:, HIP].astype(np.float32),
            frames=np.rint(piece).astype(np.int64),
            fps=options.fps or fps,
            file_fps=fps,
            skeleton=joints.name,
            unit=unit,
            up=up,
            warnings=() if number > 1 else tuple(warnings),
            part=recording.part + (f"-{number}" if len(pieces) > 1 else ""),
        )
        for number, (each, piece) in enumerate(zip(poses, pieces, strict=True), 1)
    ]


def _by_rule(fit: Fit) -> list[str]:
    """Return a sentence about the joints that no node is."""
    places = [f"{joint} {BY_RULE[joint][1]}" for joint in fit.by_rule]
    return [f"without a node of their own, these joints are placed by rule: {', '.join(places)}."] if places else []
