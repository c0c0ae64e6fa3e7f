"""C3D: labelled points, such as markers and joint centres, at a rate and in a unit that the file says.

The package c3d reads the files (c3d.org, "The C3D File Format User Guide"); ezc3d, which is as well kept, ends Python
on damaged ones.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from posectl import budget
from posectl.data.mocap.kinematics import Recording
from posectl.data.mocap.points import recording_of_points
from posectl.data.mocap.text import LARGEST
from posectl.data.mocap.world import METRES
from posectl.errors import InvalidInputError, PosectlError, UnavailableError
from posectl.inputs import open_input

# A subject has that many points; what has fewer is a wand, a ball or a marker without a name.
_FEWEST_POINTS = 12
# More than any marker set; a bound for hostile files.
_MOST_POINTS = 2000
_POINT = 160  # bytes that a point of a frame takes, read and bridged


def read_c3d(path: Path) -> list[Recording]:
    """Read the points of one file, a recording of every subject.

    Raises InvalidInputError, NotFoundError, and UnavailableError without c3d.
    """
    try:
        import c3d
    except ImportError:
        hint = "Install it: pip install 'posectl[c3d]'."
        raise UnavailableError(f"Reading {path.name} needs c3d, which is not installed.", hint) from None
    try:
        with open_input(path) as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if stream.read(2)[1:] != b"\x50":
                raise InvalidInputError(f"{path} is no C3D file.", "Check that it is the file you mean.")
            stream.seek(0)
            reader = c3d.Reader(stream)
            return _recordings(reader, path)
    except PosectlError:
        raise
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    except Exception as error:  # c3d raises whatever the damage leads to, AssertionError included
        message = f"{path} is no readable C3D file ({type(error).__name__})."
        raise InvalidInputError(message, "It is damaged or cut short; fetch or export it again.") from None


def _recordings(reader: Any, path: Path) -> list[Recording]:
    frames, used = reader.last_frame - reader.first_frame + 1, reader.point_used
    if not 0 < used <= _MOST_POINTS or frames < 1:
        hint = "Export the trajectories of its markers; forces and muscles alone make no poses."
        raise InvalidInputError(f"{path} holds {used} points in {max(frames, 0)} frames.", hint)
    budget.check(str(path), frames * used * _POINT, path.stat().st_size)
    points = np.array([points[:, :4] for _, points, _ in reader.read_frames()])
    if len(points) != frames:
        hint = "Fetch or export the file again."
        raise InvalidInputError(f"{path} is cut short: {len(points)} of its {frames} frames are there.", hint)
    # A residual below 0 marks a marker that is out of sight; some programs leave zeros instead.
    unseen = (points[..., 3] < 0) | ~points[..., :3].any(axis=-1) | ~(np.abs(points[..., :3]) <= LARGEST).all(axis=-1)
    positions = np.where(unseen[..., None], np.nan, points[..., :3])
    rate, unit = float(reader.point_rate) or None, _unit(reader)
    labels = _labels(reader, used)
    # A marker that is never in sight is as good as none, and another may stand for it.
    there = [place for place in range(used) if not unseen[:, place].all()]
    if not there:
        raise InvalidInputError(f"{path}: none of its {used} points is ever in sight.", "Export its trajectories.")
    subjects = {label.rpartition(":")[0] for label in labels}
    several = [who for who in sorted(subjects) if sum(_is_of(labels[place], who) for place in there) >= _FEWEST_POINTS]
    recordings = []
    for who in several if len(several) > 1 else [None]:
        chosen = [place for place in there if who is None or _is_of(labels[place], who)]
        names, part = [labels[place] for place in chosen], f"-{who}" if who else ""
        recordings.append(recording_of_points(names, positions[:, chosen], rate, unit=unit, part=part))
    return recordings


def _is_of(label: str, who: str) -> bool:
    """Tell whether a label is of a subject, as in Ann:LASI."""
    return label.rpartition(":")[0] == who


def _labels(reader: Any, used: int) -> list[str]:
    """Return a name for each point: its label, or its number where it has none of its own."""
    groups = [reader.get(f"POINT:LABELS{number}") for number in ("", 2, 3, 4)]
    given = [str(label).strip() for group in groups if group is not None for label in group.string_array][:used]
    given += [""] * (used - len(given))
    first = {label: place for place, label in reversed(list(enumerate(given)))}
    return [label if label and first[label] == place else f"point {place + 1}" for place, label in enumerate(given)]


def _unit(reader: Any) -> str | None:
    unit = reader.get("POINT:UNITS")
    word = "" if unit is None else str(unit.string_value).strip().lower()
    return word if word in METRES else None
