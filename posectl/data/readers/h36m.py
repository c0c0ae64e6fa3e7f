"""Human3.6M, in any of the layouts in which people have it.

The layout is found by content: VideoPose3D's data_3d_h36m.npz, the original MyPoseFeatures/D3_Positions/*.cdf and their
D3_Positions_mono, MMPose's npz, EPFL's dictionaries, MotionBERT's pkl, and the exponential-map txt of h3.6m.zip. A path
is a file, a folder, or the root of Human3.6M's tree. Pickles are read without running anything.

Examples:
  posectl prepare h36m data_3d_h36m.npz --subsample 10 --name poses
  posectl prepare h36m data_3d_h36m.npz --subjects S1,S5,S9 --actions Walking
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl.data.dataset import Dataset
from posectl.data.h36m import cdf, epfl, expmap, mmpose, motionbert, videopose3d
from posectl.data.h36m.assemble import to_common_frame, to_dataset
from posectl.data.h36m.cameras import Cameras, load_cameras
from posectl.data.h36m.layouts import COMPANIONS, HINT, LAYOUTS, LayoutFile, find_files
from posectl.data.h36m.names import TEST_SUBJECTS, known_actions, known_subjects
from posectl.data.h36m.takes import Frame, Request, Take
from posectl.data.readers import Progress, drop_bad_option, option, reader
from posectl.errors import InvalidInputError, UsageError

# The three kinds of CDF share one module.
_MODULES = {"cdf": cdf, "cdf-mono": cdf, "cdf-universal": cdf, "epfl": epfl, "expmap": expmap, "mmpose": mmpose,
            "motionbert": motionbert, "videopose3d": videopose3d}  # fmt: skip


@dataclass(frozen=True)
class H36MOptions:
    """The options of `prepare h36m`."""

    subjects: tuple[str, ...] | None = option(
        None, "Subjects to read, separated by commas.", metavar="LIST", default_shown="S1,S5,S6,S7,S8,S9,S11"
    )
    test_subjects: tuple[str, ...] = option(
        TEST_SUBJECTS, "Subjects of the test split, separated by commas.", metavar="LIST"
    )
    actions: tuple[str, ...] | None = option(
        None, "Actions to read, by their whole names, separated by commas.", metavar="LIST", default_shown="all"
    )
    subsample: int = option(1, "Keep one frame in N of each take.", metavar="N", min=1)
    frame: Frame | None = option(
        None, "Coordinates of the poses: the world's, z up, or a camera's, y down.", default_shown="those of the files"
    )
    cameras: Path | None = option(
        None, "File of camera parameters, needed to change from one to the other.", metavar="FILE",
        default_shown="one among the files",
    )  # fmt: skip
    skip_broken: bool = option(False, "Leave broken files and takes out, and name them.")
    drop_bad: bool = drop_bad_option()


@reader("h36m", H36MOptions, kind="poses", paths="Files or folders of Human3.6M.")
def read(paths: Sequence[Path], options: H36MOptions, progress: Progress) -> Dataset:
    """Read poses (N, 17, 3) of Human3.6M: metres, pelvis at the origin, the pelvis's place in `per_sample["root"]`.

    Cameras that lie in a folder among `paths` are found there; they undo the perspective of MotionBERT's poses, too.
    Raises InvalidInputError, NotFoundError, UsageError for options that make no sense, and UnavailableError for CDF
    files without cdflib.
    """
    subsample = options.subsample
    if subsample < 1:
        raise UsageError(f"--subsample {subsample} keeps no frame.", "Give a whole number from 1.")
    request = Request(
        subjects=None if options.subjects is None else known_subjects(options.subjects),
        actions=None if options.actions is None else known_actions(options.actions),
        frame=options.frame,
        skip_broken=options.skip_broken,
        drop_bad=options.drop_bad,
    )
    in_test = known_subjects(options.test_subjects)
    if not paths:
        raise UsageError("No file or folder of Human3.6M is named.", "Name one: posectl prepare h36m data_3d_h36m.npz")
    found = find_files(paths, request.warn, request.broken)
    request.cameras = _cameras(options.cameras, found)
    layout = _layout(found, request)
    # Overflow gives values that are not finite, and such takes are refused.
    with np.errstate(all="ignore"):
        takes = to_common_frame(_takes(layout, found, request), request)
        request.check_met()
        about = {"layout": layout, "source": "h36m: " + ", ".join(Path(path).name for path in paths)}
        return to_dataset(takes, request, test_subjects=in_test, subsample=subsample, about=about)


def _takes(layout: str, files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes file by file; where broken files are skipped, all takes of a file or none."""
    seen = [file for file in files if file.layout == "epfl-frames"]
    for file in (file for file in files if file.layout == layout):
        takes: Iterable[Take] = _MODULES[layout].read([file, *seen], request)
        try:
            yield from list(takes) if request.skip_broken else takes
        except InvalidInputError as error:
            several = sum(other.layout == layout for other in files) > 1
            more = " Or leave such files out: --skip-broken." if several else ""
            request.broken(InvalidInputError(error.message, error.hint + more))


def _cameras(path: Path | None, found: Sequence[LayoutFile]) -> Cameras | None:
    """Return the cameras of the file `path`, or of the one camera-parameter file that was found."""
    if path is not None:
        return load_cameras(Path(path))
    beside = [file.path for file in found if file.layout == "cameras"]
    return load_cameras(beside[0]) if len(beside) == 1 else None


def _layout(found: Sequence[LayoutFile], request: Request) -> str:
    """Return the one layout among the files; of a whole Human3.6M tree, the one in the axes asked for."""
    layouts = list(dict.fromkeys(file.layout for file in found if file.layout in LAYOUTS))
    if not layouts and request.skipped:
        raise request.skipped[0]
    if not layouts:
        what = "; ".join(f"{file.label} is {COMPANIONS[file.layout]}" for file in found)
        raise InvalidInputError(f"There are no poses here: {what}.", HINT)
    if all(_MODULES[layout] is cdf for layout in layouts):
        wanted = "cdf-mono" if request.frame == "camera" and request.cameras is None else "cdf"
        return wanted if wanted in layouts else layouts[0]
    if len(layouts) > 1:
        what = "; ".join(LAYOUTS[layout] for layout in layouts)
        raise InvalidInputError(
            f"There are {len(layouts)} layouts of Human3.6M here: {what}.", "Name one of the files."
        )
    return layouts[0]
