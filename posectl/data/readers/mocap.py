"""Motion capture: BVH, ASF/AMC and the CMU exponential-map txt, by forward kinematics to H36M-17.

Files, or folders searched through. An AMC takes the .asf beside it: of its own name, of its subject's (01.asf for
01_01.amc), or the only one. Poses come out in metres, z up, about the pelvis, which `root` keeps.

The joints are found by the names of the nodes: CMU in its cgspeed and 3dsMax-friendly BVH, as ASF/AMC and as
exponential maps; Bandai-Namco; Mixamo and what is named like it. `--map FILE.yaml` says where they are on any other
skeleton, and `--show-joints` prints such a file to begin with; its format is in posectl/data/mocap/jointmap.py.

Up axis and unit are found from the body, file by file, and recorded; artificial T poses at the start of CMU's BVH and
exponential maps are left out. `--fps` picks frames where that rate divides the file's, and interpolates rotations else.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from posectl.data.dataset import Dataset
from posectl.data.mocap.amc import find_asf
from posectl.data.mocap.assemble import citations_of, to_dataset
from posectl.data.mocap.clip import Clip, MotionFile, Options, read_recording
from posectl.data.mocap.files import Progress, find_files, read_clips
from posectl.data.mocap.jointmap import read_map
from posectl.data.mocap.naming import template
from posectl.data.mocap.world import METRES
from posectl.data.poses import AXES, Axis
from posectl.data.sources import source
from posectl.errors import PosectlError, UsageError, nearest_name

Unit = Literal["m", "cm", "mm", "in", "ft", "cmu"]
_FASTEST = 1000.0


@source("mocap")
def read(
    paths: Sequence[str | os.PathLike[str]],
    *,
    fps: float | Literal["native"] | None = None,
    map: Path | None = None,
    up: Axis | None = None,
    unit: Unit | None = None,
    test: Sequence[str | os.PathLike[str]] = (),
    skip_broken: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Poses (N, 17, 3) of all the files among `paths`.

    fps: frames a second; native, each file's own, without it.
    map: a joint map in YAML, for all the files.
    up, unit: what they are where they cannot be found, or are found wrongly; cmu is 1/0.45 inch.
    test: the files, folders, clips or subjects of the test split, among `paths` or besides; without it about a fifth of
        the subjects, else of the clips, else of the one clip's frames.
    skip_broken: leave broken files out, and name them in the warnings.
    jobs: files read at once, each in its own process; as many as pay without it.
    progress: is told (files done, files in all, file name).

    Raises NotFoundError, InvalidInputError; UsageError for options that make no sense.
    """
    _check_options(fps, up, unit, jobs)
    given = [Path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    beside = [Path(name) for name in test if os.path.exists(name)]
    files = find_files([*given, *beside])
    options = Options(
        fps=None if fps == "native" else fps, own_map=None if map is None else read_map(Path(map)), up=up, unit=unit
    )
    offered = tuple(path for path in given if path.suffix.lower() == ".asf")
    clips, skipped = [], []
    with closing(read_clips(files, options, offered_asf=offered, jobs=jobs, progress=progress)) as results:
        for result in results:
            if isinstance(result, Clip):
                clips.append(result)
            elif skip_broken:
                skipped.append(result)
            else:
                raise _with_way_out(result, len(files))
    if not clips:
        raise skipped[0]
    warnings = [f"Skipped: {error.message}" for error in skipped]
    citations = [options.own_map.citation] if options.own_map else citations_of(clips)
    return to_dataset(clips, [Path(name) for name in test], warnings=warnings, citations=citations)


def show_joints(paths: Sequence[str | os.PathLike[str]]) -> str:
    """The nodes of the first motion file among `paths` as a joint map in YAML: what fits, or what is to be filled in.

    Raises NotFoundError and InvalidInputError.
    """
    given = [Path(path) for path in paths]
    path = find_files(given)[0]
    offered = tuple(each for each in given if each.suffix.lower() == ".asf")
    asf = find_asf(path, offered) if path.suffix.lower() == ".amc" else None
    return template(read_recording(MotionFile(path, asf)), path)


def _check_options(fps: float | str | None, up: str | None, unit: str | None, jobs: int | None) -> None:
    if fps not in (None, "native") and not (
        isinstance(fps, int | float) and math.isfinite(fps) and 0 < fps <= _FASTEST
    ):
        raise UsageError(f"--fps {fps} is no frame rate.", f"Give a number up to {_FASTEST:g}, or native.")
    if up is not None and up not in AXES:
        raise UsageError(f"There is no axis {up!r}.", nearest_name(up, AXES))
    if unit is not None and unit not in METRES:
        raise UsageError(f"There is no unit {unit!r}.", nearest_name(unit, METRES))
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs {jobs} reads no file.", "Give a whole number from 1.")


def _with_way_out(error: PosectlError, files: int) -> PosectlError:
    """The error; of one file among many with the hint that it can be skipped."""
    if files == 1:
        return error
    return type(error)(error.message, f"{error.hint} Or leave such files out: --skip-broken.")
