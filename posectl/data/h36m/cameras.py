"""The camera-parameter file: the poses of each subject's cameras, and the transform from world to camera axes and back.

Two layouts. karfly/human36m-camera-parameters' JSON: `extrinsics[subject][camera]` has R (3, 3) and t (3, 1) in
millimetres, with x_camera = R x_world + t, and `intrinsics[camera].calibration_matrix` is the pin-hole's (3, 3) matrix.
MMPose's cameras.pkl: (subject, camera) -> R (3, 3), T (3, 1) in metres, f (2, 1), c (2, 1) and more, with x_world =
R x_camera + T in its SimpleCamera; a file in which the cameras would then look past the middle of the room is of the
other convention. Camera axes: x right, y down, z forward.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl import budget
from posectl.content import content_of, head_of
from posectl.data.h36m.names import subject_name
from posectl.data.h36m.pickled import load_pickle
from posectl.errors import InvalidInputError, NotFoundError
from posectl.inputs import read_input

_LARGEST_FILE = 16 << 20
_EXPANSION = 32  # of JSON, at most: [] takes 56 bytes
_MILLIMETRES_FROM = 100.0  # a camera stands some metres from the origin: 5 or 5000


@dataclass(frozen=True)
class Camera:
    """A camera: R (3, 3) and t (3,) metres take world to camera axes; K (3, 3) pixels, if the file has intrinsics."""

    R: np.ndarray
    t: np.ndarray
    K: np.ndarray | None

    def to_camera(self, world: np.ndarray) -> np.ndarray:
        """Return points (..., 3) of the world, metres, in the camera's axes."""
        return world @ self.R.T + self.t

    def to_world(self, seen: np.ndarray) -> np.ndarray:
        """Return points (..., 3) in the camera's axes, metres, in the world's."""
        return (seen - self.t) @ self.R


class Cameras:
    """The cameras of a camera-parameter file, by subject and camera."""

    def __init__(self, name: str, by_subject: dict[str, dict[str, Camera]]) -> None:
        self.name = name
        self._by_subject = by_subject

    def of(self, subject: str) -> dict[str, Camera]:
        """Return the cameras that saw `subject`, by name, sorted: Human3.6M's ca_01 to ca_04. Raises NotFoundError."""
        try:
            return self._by_subject[subject]
        except KeyError:
            known = ", ".join(self._by_subject)
            hint = f"It has cameras for {known}; read those with --subjects."
            raise NotFoundError(f"{self.name} has no cameras for {subject}.", hint) from None

    def get(self, subject: str, camera: str) -> Camera:
        """Return one camera of one subject; raises NotFoundError."""
        cameras = self.of(subject)
        if camera not in cameras:
            hint = f"It has {', '.join(cameras)} for {subject}."
            raise NotFoundError(f"{self.name} has no camera {camera[:40]!a} for {subject}.", hint)
        return cameras[camera]


def is_camera_file(content: Any) -> bool:
    """Tell whether a parsed JSON or pickle is a camera-parameter file."""
    if not isinstance(content, dict):
        return False
    return isinstance(content.get("extrinsics"), dict) or _is_mmpose(content)


def _is_mmpose(content: dict[Any, Any]) -> bool:
    pairs = (isinstance(key, tuple) and len(key) == 2 for key in content)
    return all(pairs) and all(isinstance(camera, dict) and {"R", "T"} <= camera.keys() for camera in content.values())


def load_cameras(path: Path) -> Cameras:
    """Read the cameras of the file `path`; raises NotFoundError or InvalidInputError."""
    seen = content_of(head_of(path))
    if seen is not None and seen.what not in ("a pickle", "a JSON file"):
        raise InvalidInputError(f"{path} is {seen.what}, not camera parameters.", seen.hint)
    pickled = path.suffix in (".pkl", ".pickle") or (seen is not None and seen.what == "a pickle")
    content = load_pickle(path) if pickled else load_json(path)
    hint = "It should be like karfly/human36m-camera-parameters' camera-parameters.json, or MMPose's cameras.pkl."
    if not is_camera_file(content) or not content:
        raise InvalidInputError(f"{path} is no camera-parameter file.", hint)
    try:
        by_subject = _karfly(content) if "extrinsics" in content else _mmpose(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"{path} has a camera that makes no sense ({type(error).__name__}).", hint) from None
    return Cameras(path.name, by_subject)


def _karfly(content: dict[str, Any]) -> dict[str, dict[str, Camera]]:
    intrinsics = content.get("intrinsics", {})
    return {
        subject_name(subject): {
            camera: _camera(cameras[camera]["R"], cameras[camera]["t"], _matrix(intrinsics.get(camera)))
            for camera in sorted(cameras)
        }
        for subject, cameras in content["extrinsics"].items()
    }


def _mmpose(content: dict[tuple[Any, Any], Any]) -> dict[str, dict[str, Camera]]:
    """Return the cameras of MMPose's dictionary, in the convention under which they look to the middle of the room."""
    towards: dict[str, dict[str, Camera]] = {}
    ahead = np.zeros(2)  # how straight ahead the origin lies, summed over the cameras, by either convention
    for (subject, name), each in sorted(content.items(), key=lambda item: str(item[0])):
        R, T = np.array(each["R"], np.float64), np.array(each["T"], np.float64).reshape(3)
        K = None
        if "f" in each and "c" in each:
            K = np.diag([*np.ravel(each["f"]), 1.0])
            K[:2, 2] = np.ravel(each["c"])
        towards.setdefault(subject_name(subject), {})[str(name)] = _camera(R, T, K)
        ahead += np.array([T[2], -R[:, 2] @ T]) / max(float(np.linalg.norm(T)), 1e-9)
    if ahead[0] > ahead[1]:
        return towards
    return {
        subject: {name: Camera(camera.R.T, -camera.R.T @ camera.t, camera.K) for name, camera in cameras.items()}
        for subject, cameras in towards.items()
    }


def load_json(path: Path) -> Any:
    """Read a small JSON file; raises NotFoundError or InvalidInputError."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidInputError(f"{path} is too large for a camera-parameter file.", "Check the path.")
        data = read_input(path)
        if not data:
            raise InvalidInputError(f"{path} is empty.", "Copy or write the file again.")
        budget.check(str(path), _EXPANSION * len(data), len(data))
        return json.loads(data)
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", "Check the path; `ls` shows what is there.") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{path} is not valid JSON.", "Copy or write the file again.") from None


def _camera(rotation: Any, translation: Any, K: np.ndarray | None) -> Camera:
    R, t = np.array(rotation, np.float64), np.array(translation, np.float64).reshape(3)
    if R.shape != (3, 3) or not np.allclose(R @ R.T, np.eye(3), atol=1e-3) or np.linalg.det(R) < 0:
        raise ValueError("R is no rotation")
    if not np.isfinite(t).all():
        raise ValueError("t is not finite")
    if np.linalg.norm(t) > _MILLIMETRES_FROM:
        t = t / 1000
    if K is not None and (K.shape != (3, 3) or not np.isfinite(K).all() or K[0, 0] <= 0 or K[1, 1] <= 0):
        raise ValueError("K is no calibration matrix")
    return Camera(R, t, K)


def _matrix(intrinsic: Any) -> np.ndarray | None:
    return None if intrinsic is None else np.array(intrinsic["calibration_matrix"], np.float64)
