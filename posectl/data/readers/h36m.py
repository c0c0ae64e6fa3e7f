"""Human3.6M, in any of the layouts in which people have it.

The layout is told by content: VideoPose3D's data_3d_h36m.npz, the original MyPoseFeatures/D3_Positions/*.cdf and their
D3_Positions_mono, MMPose's npz, EPFL's dictionaries, MotionBERT's pkl, and the exponential-map txt of h3.6m.zip. A path
is a file, a folder, or the root of Human3.6M's tree. Pickles are read without running anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np

from posectl.data.dataset import Dataset
from posectl.data.h36m.assemble import in_one_frame, to_dataset
from posectl.data.h36m.cameras import Cameras, load_cameras
from posectl.data.h36m.layouts import COMPANIONS, HINT, LAYOUTS, Found, find_files
from posectl.data.h36m.names import TEST_SUBJECTS, known_actions, known_subjects
from posectl.data.h36m.takes import Frame, Request, Take
from posectl.data.sources import source
from posectl.errors import InvalidInputError, UsageError

# One module a layout; the three kinds of CDF share theirs.
_MODULES = {layout: layout.partition("-")[0] for layout in LAYOUTS}


@source("h36m")
def read(
    paths: Sequence[str | os.PathLike[str]],
    *,
    subjects: Sequence[str] | None = None,
    test_subjects: Sequence[str] = TEST_SUBJECTS,
    actions: Sequence[str] | None = None,
    subsample: int = 1,
    frame: Frame | None = None,
    cameras: Path | None = None,
) -> Dataset:
    """Poses (N, 17, 3) of Human3.6M: metres, pelvis at the origin, the pelvis's place in `per_sample["root"]`.

    subjects: which to read; S1 S5 S6 S7 S8 S9 S11 without it.
    test_subjects: which of them are the test split.
    actions: which to read, whole names ("Sitting" is not "SittingDown"); all without it.
    subsample: keep every k-th frame of each take, from its first.
    frame: "world" (z up) or "camera" (y down, one clip a camera); as the files have it without it.
    cameras: a camera-parameter file, to go from one to the other and to undo the perspective of MotionBERT's poses; one
        that lies in a folder among `paths` is found there.

    Raises InvalidInputError, NotFoundError, UsageError for options that make no sense, and UnavailableError for CDF
    files without cdflib.
    """
    if subsample < 1:
        raise UsageError(f"--subsample {subsample} keeps no frame.", "Give a whole number from 1.")
    request = Request(
        subjects=None if subjects is None else known_subjects(subjects),
        actions=None if actions is None else known_actions(actions),
        frame=frame,
    )
    in_test = known_subjects(test_subjects)
    paths = [paths] if isinstance(paths, str | os.PathLike) else paths
    if not paths:
        raise UsageError("No file or folder of Human3.6M is named.", "Name one: posectl prepare h36m data_3d_h36m.npz")
    found = find_files(paths, request.warn)
    request.cameras = _cameras(cameras, found)
    layout = _layout(found, request)
    files = [file for file in found if file.layout == layout or file.layout in COMPANIONS]
    # What overflows is not finite, and a take that is not finite is refused.
    with np.errstate(all="ignore"):
        takes = in_one_frame(_reader(layout)(files, request), request)
        request.check_met()
        about = {"layout": layout, "source": "h36m: " + ", ".join(Path(path).name for path in paths)}
        return to_dataset(takes, request, test_subjects=in_test, subsample=subsample, about=about)


def _cameras(path: Path | None, found: Sequence[Found]) -> Cameras | None:
    """The cameras of the file `path`, or of the one camera-parameter file that was found."""
    if path is not None:
        return load_cameras(Path(path))
    beside = [file.path for file in found if file.layout == "cameras"]
    return load_cameras(beside[0]) if len(beside) == 1 else None


def _layout(found: Sequence[Found], request: Request) -> str:
    """The one layout among the files; of a whole Human3.6M tree, the one in the axes asked for."""
    layouts = list(dict.fromkeys(file.layout for file in found if file.layout in LAYOUTS))
    if not layouts:
        what = "; ".join(f"{file.label} is {COMPANIONS[file.layout]}" for file in found)
        raise InvalidInputError(f"There are no poses here: {what}.", HINT)
    if all(_MODULES[layout] == "cdf" for layout in layouts):
        wanted = "cdf-mono" if request.frame == "camera" and request.cameras is None else "cdf"
        return wanted if wanted in layouts else layouts[0]
    if len(layouts) > 1:
        what = "; ".join(LAYOUTS[layout] for layout in layouts)
        raise InvalidInputError(
            f"There are {len(layouts)} layouts of Human3.6M here: {what}.", "Name one of the files."
        )
    return layouts[0]


def _reader(layout: str) -> Callable[[Sequence[Found], Request], Iterator[Take]]:
    reader: Callable[[Sequence[Found], Request], Iterator[Take]]
    reader = import_module(f"posectl.data.h36m.{_MODULES[layout]}").read
    return reader
