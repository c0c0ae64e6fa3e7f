"""The dataset of takes: joints, unit and axes made the same for all, pelvis at the origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.h36m.checks import seems_mirrored
from posectl.data.h36m.takes import FPS, Request, Take
from posectl.data.layouts import joint_count, unnamed_layout
from posectl.data.poses import as_poses, find_up, finite_frames, require_finite, thigh_length
from posectl.data.skeleton import H36M17
from posectl.data.units import METRES, WORDS
from posectl.errors import InvalidInputError, NotFoundError

CITATION = (
    "C. Ionescu, D. Papava, V. Olaru, C. Sminchisescu: Human3.6M: Large Scale Datasets and Predictive Methods for 3D "
    "Human Sensing in Natural Environments, IEEE TPAMI 36(7), 2014."
)
UP = {"world": "+z", "camera": "-y"}
# An adult's thigh in metres, with room for children and for clothes.
_SHORTEST_THIGH, _LONGEST_THIGH = 0.2, 0.7
_LARGEST_BODY, _LARGEST_WORLD = 3.0, 10_000.0
_UPRIGHT = 0.5
_ENOUGH = 2000


def to_common_frame(takes: Iterable[Take], request: Request) -> list[Take]:
    """Return the takes in metres, float32, H36M-17 joints, in the axes that `request` asks for, or those of the file.

    World takes asked for in camera axes come once a camera. Of takes filmed by several cameras and asked for in world
    axes the first camera's stays. Raises InvalidInputError for units that differ or are none, and for missing cameras.
    """
    metric = _in_metres(takes, request)
    frame = request.frame or (metric[0].coordinates if metric else "world")
    if frame == "world":
        return _distinct([_to_world(take, request) for take in _one_camera_each(metric)])
    return _distinct([seen for take in metric for seen in _to_cameras(take, request)])


def _in_metres(takes: Iterable[Take], request: Request) -> list[Take]:
    metric: list[Take] = []
    units: dict[str, str] = {}
    for take in takes:
        try:
            poses = as_poses(take.joints, f"{take.name} ({take.source})", joints=_layout(take), finite=False)
            whole = finite_frames(poses)
            if not request.drop_bad or not whole.any():
                require_finite(poses, f"{take.name} ({take.source})", "--drop-bad leaves those frames out.")
            unit = _unit(poses[whole], take.name)
        except InvalidInputError as error:
            request.broken(error)
            continue
        units.setdefault(unit, take.name)
        if len(units) > 1:
            (one, first), (other, second) = units.items()
            message = f"The units are mixed: {first} is in {WORDS[one]} and {second} in {WORDS[other]}."
            raise InvalidInputError(message, "Convert the files to one unit, or read them apart with --subjects.")
        joints = poses if unit == "m" else poses * np.float32(METRES[unit])
        metric.append(replace(take, joints=joints))
    return metric


def _layout(take: Take) -> str:
    """Return the joint layout of a take, by the number of its joints."""
    layout, count = unnamed_layout(take.joints.shape), joint_count(take.joints.shape)
    if layout is None:
        message = f"{take.name} ({take.source}) has {count} joints, where Human3.6M has 32, or 17 of them."
        raise InvalidInputError(message, "`posectl prepare arrays --joints` reads other layouts.")
    return layout


def _unit(poses: np.ndarray, name: str) -> str:
    """Return the unit in which the poses' thighs are an adult's."""
    thigh = thigh_length(_some(poses))
    for unit in ("m", "cm", "mm"):
        if _SHORTEST_THIGH <= thigh * METRES[unit] <= _LONGEST_THIGH:
            return unit
    seen = "feet" if 1.2 < thigh < 1.7 else "inches" if 12 < thigh < 20 else "no unit that posectl knows"
    message = f"{name} has thighs {thigh:.3g} long: neither metres, centimetres nor millimetres, and like {seen}."
    raise InvalidInputError(message, "Convert the file to metres or millimetres.")


def _some(poses: np.ndarray) -> np.ndarray:
    """Return at most some thousands of the poses, evenly spaced: enough for what is the same in all."""
    return poses[:: 1 + len(poses) // _ENOUGH]


def _one_camera_each(takes: Sequence[Take]) -> list[Take]:
    first = {(take.subject, take.action, take.take): take.camera for take in reversed(takes)}
    return [take for take in takes if first[take.subject, take.action, take.take] == take.camera]


def _to_world(take: Take, request: Request) -> Take:
    if take.coordinates == "world":
        return take
    if request.cameras is None:
        raise _no_cameras(take, "world")
    world = request.cameras.get(take.subject, take.camera).to_world(take.joints.astype(np.float64))
    return replace(take, joints=world.astype(np.float32), coordinates="world", camera="")


def _to_cameras(take: Take, request: Request) -> list[Take]:
    if take.coordinates == "camera":
        return [take]
    if request.cameras is None:
        raise _no_cameras(take, "camera")
    cameras = request.cameras.of(take.subject)
    world = take.joints.astype(np.float64)
    return [
        replace(take, joints=camera.to_camera(world).astype(np.float32), coordinates="camera", camera=name)
        for name, camera in cameras.items()
        if take.camera in ("", name)
    ]


def _no_cameras(take: Take, wanted: str) -> InvalidInputError:
    message = f"{take.name} is in {take.coordinates} axes, and {wanted} axes need the camera parameters."
    hint = f"Add --cameras camera-parameters.json, or --frame {take.coordinates}."
    return InvalidInputError(message, hint)


def _distinct(takes: list[Take]) -> list[Take]:
    by_name: dict[str, Take] = {}
    for take in takes:
        other = by_name.setdefault(take.name, take)
        if other is not take:
            message = f"{take.name} comes twice: from {other.source} and from {take.source}."
            raise InvalidInputError(message, "Name one of the files.")
    return takes


def to_dataset(
    takes: Sequence[Take], request: Request, *, test_subjects: Sequence[str], subsample: int, about: dict[str, Any]
) -> Dataset:
    """Build the dataset of takes in one frame, with every `subsample`-th frame of each, counted from its first.

    Raises NotFoundError where there is no take, and the first broken one's error where all were skipped.
    """
    if not takes:
        if request.skipped:
            raise request.skipped[0]
        raise NotFoundError("There is no take to read.", "Ask for more with --subjects and --actions.")
    rows = [len(take.frame[::subsample]) for take in takes]
    starts = np.cumsum([0, *rows])
    samples = np.empty((starts[-1], len(H36M17.joints), 3), np.float32)
    root = np.empty((starts[-1], 3), np.float32)
    for take, start, stop in zip(takes, starts, starts[1:], strict=False):
        joints = take.joints[::subsample]
        root[start:stop] = joints[:, 0]
        np.subtract(joints, joints[:, :1], out=samples[start:stop])
    if not request.drop_bad:
        _require_bodies(samples, root, takes, starts)
    in_test = np.array([TEST if take.subject in test_subjects else TRAIN for take in takes], np.uint8)
    per_sample = {
        "frame": np.concatenate([take.frame[::subsample] for take in takes]).astype(np.int32),
        "clip": np.repeat(np.arange(len(takes), dtype=np.int32), rows),
    }
    if all(take.placed for take in takes):
        per_sample["root"] = root
    coordinates = takes[0].coordinates
    some = _some(samples)
    some = some[finite_frames(some)]
    up = _up(some, coordinates, request)
    if seems_mirrored(some, up):
        request.warn("Left and right seem to be swapped: knees bend backwards.")
    return Dataset(
        samples=samples,
        split=np.repeat(in_test, rows),
        per_sample=per_sample,
        per_clip=_clips(takes, starts, subsample),
        about={
            "kind": "poses",
            "skeleton": H36M17.name,
            "joints": list(H36M17.joints),
            "unit": "m",
            "up": up,
            "coordinates": coordinates,
            "citation": CITATION,
            "split": f"by subject: {', '.join(test_subjects)} to test",
            "subsample": subsample,
            "factors": [],
            **about,
        },
        warnings=request.warnings,
    )


def _require_bodies(samples: np.ndarray, root: np.ndarray, takes: Sequence[Take], starts: np.ndarray) -> None:
    """Refuse poses with a joint further from the pelvis than a body is large, and bodies out of this world."""
    if _within(samples, _LARGEST_BODY) and _within(root, _LARGEST_WORLD):
        return
    for take, start, stop in zip(takes, starts, starts[1:], strict=False):
        if not (_within(samples[start:stop], _LARGEST_BODY) and _within(root[start:stop], _LARGEST_WORLD)):
            message = f"{take.name} ({take.source}) has frames with joints metres apart."
            raise InvalidInputError(message, "--drop-bad leaves those frames out, and --actions whole actions.")


def _within(values: np.ndarray, limit: float) -> bool:
    # NaN, the result of overflow, is within no limit.
    return bool(values.min() >= -limit and values.max() <= limit)


def _clips(takes: Sequence[Take], starts: np.ndarray, subsample: int) -> dict[str, np.ndarray]:
    columns = {
        "name": [take.name for take in takes],
        "subject": [take.subject for take in takes],
        "action": [take.action for take in takes],
        "take": [take.take for take in takes],
        "fps": np.array([_rate(take) / subsample for take in takes], np.float32),
        "source": [take.source for take in takes],
        "start": starts[:-1].astype(np.int64),
        "length": np.diff(starts).astype(np.int64),
    }
    if any(take.camera for take in takes):
        columns["camera"] = [take.camera for take in takes]
    return {name: np.asarray(column) for name, column in columns.items()}


def _rate(take: Take) -> float:
    """Return the frames a second of the file, from the numbers of its frames."""
    step = float(np.median(np.diff(take.frame))) if len(take.frame) > 1 else 1.0
    return FPS / max(step, 1.0)


def _up(samples: np.ndarray, coordinates: str, request: Request) -> str:
    found, strength = find_up(samples)
    if strength < _UPRIGHT:
        return UP[coordinates]
    if found != UP[coordinates]:
        request.warn(
            f"The bodies stand along {found}, where Human3.6M's stand along {UP[coordinates]} in {coordinates} axes."
        )
    return found
