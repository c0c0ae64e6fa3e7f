"""Motion capture: BVH, ASF/AMC, CMU's exponential maps, C3D and NTU RGB+D's .skeleton, to H36M-17.

Files, or folders searched through. An AMC takes the .asf beside it: of its own name, of its subject's (01.asf for
01_01.amc), or the only one. Poses come out in metres, z up, about the pelvis, which `root` keeps.

The joints are found by the names of the nodes, whatever their prefix, case and separators: CMU in its conversions, as
ASF/AMC and as exponential maps; Bandai-Namco; Mixamo and LaFAN1; Biovision, Xsens and 100STYLE; 3ds Max's biped; Unity
and VRM; SlimeVR; Poser and DAZ; SMPL; Rokoko; Perception Neuron; OptiTrack; Unreal. Joints of the trunk that have no
node are placed by rule, which is said. `--map FILE.yaml` says where they are on any other skeleton, and `--show-joints`
prints such a file, filled in as far as the names tell; its format is in posectl/data/mocap/jointmap.py.

C3D (which needs posectl[c3d]) is read by the labels of its points: the markers of Plug-in Gait and of CMU, joint
centres, or the joints of a layout that `prepare arrays` knows. Every body is a clip, and so is every stretch of frames
in which all its joints are in sight. Markers without labels cannot be read, nor sets that lack arms or legs.

Up axis and unit are found from the body, file by file, and recorded; an artificial T pose at the start of CMU's BVH and
exponential maps is left out. `--fps` picks frames where that rate divides the file's, and interpolates
rotations, or points, else.

Examples:
  posectl prepare mocap cmu/ --fps 30 --name cmu
  posectl prepare mocap walk.bvh --show-joints > joints.yaml
  posectl prepare mocap walk.bvh --map joints.yaml
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from posectl.data.clips import Split
from posectl.data.dataset import Dataset
from posectl.data.mocap.amc import find_asf
from posectl.data.mocap.assemble import citations_of, to_dataset
from posectl.data.mocap.clip import Clip, MotionFile, Options, read_recordings
from posectl.data.mocap.draft import template
from posectl.data.mocap.files import find_files, read_clips
from posectl.data.mocap.jointmap import read_map
from posectl.data.mocap.world import METRES
from posectl.data.readers import Progress, drop_bad_option, option, reader, split_option
from posectl.data.units import AXES, Axis
from posectl.errors import PosectlError, UsageError, did_you_mean

Unit = Literal["m", "cm", "mm", "in", "ft", "cmu"]
_FASTEST = 1000.0


@dataclass(frozen=True)
class MocapOptions:
    """The options of `prepare mocap`."""

    fps: float | Literal["native"] | None = option(
        None, "Frame rate to which all files are brought, frames a second.", metavar="N|native", default_shown="native"
    )
    map: Path | None = option(
        None, "Joint map in YAML, which says where the joints are on the files' skeletons.", metavar="FILE",
        default_shown="one that fits the nodes' names",
    )  # fmt: skip
    up: Axis | None = option(None, "Axis of the files that points up.", default_shown="found from the body")
    unit: Unit | None = option(
        None, "Unit of length of the files; cmu is 1/0.45 inch.", default_shown="found from the body"
    )
    test: tuple[str, ...] = option(
        (), "A file, folder, clip or subject of the test split; may be repeated.", metavar="NAME",
        default_shown="about a fifth, of whole subjects or clips if they allow it",
    )  # fmt: skip
    split: Split | None = split_option()
    skip_broken: bool = option(False, "Leave broken files out, and name them.")
    drop_bad: bool = drop_bad_option()
    jobs: int | None = option(
        None, "Number of files read at once, each in a process of its own.", metavar="N", min=1,
        default_shown="as many as pay off",
    )  # fmt: skip


@reader("mocap", MocapOptions, kind="poses", paths="Motion-capture files, or folders of them.")
def read(paths: Sequence[Path], options: MocapOptions, progress: Progress) -> Dataset:
    """Read the poses (N, 17, 3) of all the files.

    Without test names, about a fifth of the frames is for test: whole subjects, else whole clips, else the last fifth
    of each clip.
    Raises NotFoundError, InvalidInputError; UsageError for options that make no sense.
    """
    _check_options(options)
    given = list(paths)
    beside = [Path(name) for name in options.test if os.path.exists(name)]
    files = find_files([*given, *beside])
    own_map = None if options.map is None else read_map(Path(options.map))
    reading = Options(
        fps=None if options.fps == "native" else options.fps, own_map=own_map, up=options.up, unit=options.unit
    )
    offered = tuple(path for path in given if path.suffix.lower() == ".asf")
    clips: list[Clip] = []
    skipped = []
    with closing(read_clips(files, reading, offered_asf=offered, jobs=options.jobs, progress=progress)) as results:
        for result in results:
            if isinstance(result, list):
                clips += result
            elif options.skip_broken:
                skipped.append(result)
            else:
                raise _with_skip_hint(result, len(files))
    if not clips:
        raise skipped[0]
    warnings = [f"Skipped: {error.message}" for error in skipped]
    citations = [own_map.citation] if own_map else citations_of(clips)
    test = [Path(name) for name in options.test]
    return to_dataset(clips, test, options.split, warnings=warnings, citations=citations)


def show_joints(paths: Sequence[str | os.PathLike[str]]) -> str:
    """Return the nodes of the first motion file among `paths` as a joint map in YAML, filled in if a map fits.

    Raises NotFoundError and InvalidInputError.
    """
    given = [Path(path) for path in paths]
    path = find_files(given)[0]
    offered = tuple(each for each in given if each.suffix.lower() == ".asf")
    asf = find_asf(path, offered) if path.suffix.lower() == ".amc" else None
    return template(read_recordings(MotionFile(path, asf))[0], path)


def _check_options(options: MocapOptions) -> None:
    fps, up, unit, jobs = options.fps, options.up, options.unit, options.jobs
    if options.test and options.split:
        raise UsageError("--test and --split both say what is for test.", "Leave one of them out.")
    if fps not in (None, "native") and not (
        isinstance(fps, int | float) and math.isfinite(fps) and 0 < fps <= _FASTEST
    ):
        raise UsageError(f"--fps {fps} is no frame rate.", f"Give a number up to {_FASTEST:g}, or native.")
    if up is not None and up not in AXES:
        raise UsageError(f"There is no axis {up!r}.", did_you_mean(up, AXES))
    if unit is not None and unit not in METRES:
        raise UsageError(f"There is no unit {unit!r}.", did_you_mean(unit, METRES))
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs {jobs} reads no file.", "Give a whole number from 1.")


def _with_skip_hint(error: PosectlError, files: int) -> PosectlError:
    """Return the error; of one file among many with the hint that it can be skipped."""
    if files == 1:
        return error
    return type(error)(error.message, f"{error.hint} Or leave such files out: --skip-broken.")
