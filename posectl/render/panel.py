"""One panel of a picture: poses of a body under a fixed camera, on a floor."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from posectl.errors import UsageError
from posectl.render import theme
from posectl.render.body import Body, heading
from posectl.render.camera import Camera, fit
from posectl.render.floor import Floor
from posectl.render.limbs import RIM, THICKEST, Limbs
from posectl.render.raster import Window, to_picture, windows

# The eye stands this far, in degrees, from straight ahead of the bodies, and looks down this steeply.
THREE_QUARTER = 30.0
ELEVATION = 14.0
SMALLEST = 48
MOST_BYTES = 2 << 30

Frame = tuple[float, float, float, float]


def viewpoint(
    poses: Sequence[np.ndarray], body: Body, size: int, azimuth: float | None, elevation: float
) -> tuple[float, float]:
    """Azimuth and elevation of the eye on these poses; without an azimuth, at three quarters before them.

    Raises UsageError where no picture can be drawn so small, or from there.
    """
    if azimuth is None:
        azimuth = heading(poses, body) + THREE_QUARTER
    check_view(size, azimuth, elevation)
    return azimuth, elevation


def check_view(size: int, azimuth: float, elevation: float) -> None:
    """Raises UsageError where no picture can be drawn so small, or from there."""
    if size < SMALLEST:
        raise UsageError(f"A picture of {size} pixels is too small.", f"Take a size of {SMALLEST} or more.")
    if not math.isfinite(azimuth) or not -90 <= elevation <= 90:
        raise UsageError(
            f"There is no view from azimuth {azimuth} and elevation {elevation}.",
            "Give degrees; the elevation from -90 to 90.",
        )


def check_bytes(*shape: int) -> None:
    """Raises UsageError where pictures of this shape would not fit in memory."""
    if math.prod(shape) > MOST_BYTES:
        raise UsageError(
            f"{' x '.join(map(str, shape))} bytes of pictures are more than {MOST_BYTES >> 30} GiB.",
            "Draw fewer frames, or smaller.",
        )


def camera_for(sequences: Sequence[np.ndarray], azimuth: float, elevation: float, frame: Frame) -> Camera:
    """The camera whose part `frame` of the picture (left, top, right, bottom) holds all joints and their shadows."""
    joints = np.concatenate([poses.reshape(-1, 3) for poses in sequences])
    return fit(np.concatenate([joints, joints * (1, 1, 0)]), azimuth, elevation, frame, THICKEST)


class Panel:
    """Draws poses that stand in the scene (see body.to_scene) into pictures of height by width."""

    def __init__(self, body: Body, camera: Camera, height: int, width: int) -> None:
        self.camera = camera
        self.limbs = Limbs(body)
        self.floor = Floor(camera, width, height)
        self.canvas = np.zeros((3, height, width), dtype=np.float32)

    def ground(self, reach: float) -> np.ndarray:
        """The empty panel (H, W, 3) uint8, with a grid that ends `reach` from the origin."""
        self.canvas[...] = np.reshape(theme.GROUND, (3, 1, 1))
        self.floor.grid(self.canvas, reach)
        return to_picture(self.canvas)

    def draw(self, picture: np.ndarray, pose: np.ndarray) -> None:
        """Paint pose (J, 3) over a uint8 picture of the panel's shape, in place."""
        bones = self.limbs.bones(pose)
        part = self._touched(bones)
        self.canvas[:, *part] = picture[part].transpose(2, 0, 1)
        self.floor.shadow(self.canvas, bones)
        self.limbs.draw(self.canvas, bones, self.camera)
        picture[part] = to_picture(self.canvas[:, *part])

    def _touched(self, bones: np.ndarray) -> Window:
        """The part of the picture that bones (B, 2, 3) and their shadows lie in."""
        pixels, _, scale = self.camera.project(np.concatenate([bones, bones * (1, 1, 0)]))
        reach = THICKEST * scale[..., None] + RIM + 2
        low, high = (pixels - reach).min((0, 1)), (pixels + reach).max((0, 1))
        return windows(low[None], high[None], *self.canvas.shape[1:])[0]
