"""C3D files of joints in motion, in millimetres, z up; what posectl.data.mocap.c3d reads. The package c3d writes them.

Source: c3d.org, "The C3D File Format User Guide".
"""

from __future__ import annotations

import io
import warnings

import numpy as np

from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, UnavailableError

# The header counts frames in 16 bits.
_MOST = 65535


def c3d_of(poses: np.ndarray, fps: float) -> bytes:
    """Return poses (T, 17, 3) in metres as a C3D file of points that bear the joints' names.

    Raises UnavailableError without c3d, and InvalidInputError for more frames than the format counts.
    """
    try:
        import c3d
    except ImportError:
        hint = "Install it: pip install 'posectl[c3d]'."
        raise UnavailableError("Writing C3D needs c3d, which is not installed.", hint) from None
    if len(poses) > _MOST:
        raise InvalidInputError(f"A C3D file holds {_MOST:,} frames, and these are {len(poses):,}.", "Use --to npz.")
    writer = c3d.Writer(point_rate=fps, point_units="mm")
    writer.set_point_labels(H36M17.joints)
    writer.set_start_frame(1)
    writer.set_screen_axis("+X", "+Z")
    # Behind the coordinates, in millimetres, a residual and the number of cameras: of what is known for sure, zeros.
    points = np.concatenate([1000 * poses, np.zeros((*poses.shape[:2], 2))], axis=-1).astype(np.float32)
    writer.add_frames([(frame, np.empty((0, 0))) for frame in points])
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are no analog channels
        writer.write(file)
    return file.getvalue()
