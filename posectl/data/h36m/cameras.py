"""The camera-parameter file: the poses of each subject's cameras, and the transform from world to camera axes and back.

The layout is karfly/human36m-camera-parameters' JSON: `extrinsics[subject][camera]` has R (3, 3) and t (3, 1) in
millimetres, with x_camera = R x_world + t, and `intrinsics[camera].calibration_matrix` is the pin-hole's (3, 3) matrix.
Camera axes: x right, y down, z forward.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.h36m.names import subject_name
from posectl.errors import InvalidInputError, NotFoundError

_LARGEST_FILE = 16 << 20
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
    """Tell whether parsed JSON is a camera-parameter file."""
    return isinstance(content, dict) and isinstance(content.get("extrinsics"), dict)


def load_cameras(path: Path) -> Cameras:
    """Read the cameras of the file `path`; raises NotFoundError or InvalidInputError."""
    content = load_json(path)
    hint = "It should be like karfly/human36m-camera-parameters' camera-parameters.json."
    if not is_camera_file(content):
        raise InvalidInputError(f"{path} is no camera-parameter file: it has no 'extrinsics'.", hint)
    try:
        intrinsics = content.get("intrinsics", {})
        by_subject = {
            subject_name(subject): {
                camera: _camera(cameras[camera], intrinsics.get(camera)) for camera in sorted(cameras)
            }
            for subject, cameras in content["extrinsics"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"{path} has a camera that makes no sense ({type(error).__name__}).", hint) from None
    return Cameras(path.name, by_subject)


def load_json(path: Path) -> Any:
    """Read a small JSON file; raises NotFoundError or InvalidInputError."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidInputError(f"{path} is too large for a camera-parameter file.", "Check the path.")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", "Check the path; `ls` shows what is there.") from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{path} is not valid JSON.", "Copy or write the file again.") from None


def _camera(extrinsic: Any, intrinsic: Any) -> Camera:
    R, t = np.array(extrinsic["R"], np.float64), np.array(extrinsic["t"], np.float64).reshape(3)
    if R.shape != (3, 3) or not np.allclose(R @ R.T, np.eye(3), atol=1e-3) or np.linalg.det(R) < 0:
        raise ValueError("R is no rotation")
    if not np.isfinite(t).all():
        raise ValueError("t is not finite")
    if np.linalg.norm(t) > _MILLIMETRES_FROM:
        t = t / 1000
    K = None
    if intrinsic is not None:
        K = np.array(intrinsic["calibration_matrix"], np.float64)
        if K.shape != (3, 3) or not np.isfinite(K).all() or K[0, 0] <= 0 or K[1, 1] <= 0:
            raise ValueError("K is no calibration matrix")
    return Camera(R, t, K)
