"""Takes, into which every layout is read, and the request that selects them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from posectl.data.h36m.cameras import Cameras
from posectl.data.h36m.names import TEST_SUBJECTS, TRAIN_SUBJECTS, printable
from posectl.errors import InvalidInputError, NotFoundError

Frame = Literal["world", "camera"]

FPS = 50.0  # Human3.6M's motion capture, all of it

# Its video is damaged and every user leaves it out: "Directions" by file name, act 2 subact 2 by number (VideoPose3D,
# data/prepare_data_h36m.py).
_CORRUPT = {("S11", "Directions", ""), ("S11", "Directions", "2")}


@dataclass
class Take:
    """One recording of one subject, as a file holds it.

    joints: (T, J, 3) in the file's own unit, in world axes or a camera's. frame: (T,) numbers of the frames at `FPS`,
    from 0. camera: "" where the take is in world axes and no camera is meant. placed: whether the joints are at the
    subject's place in the world; if not, only their differences to the pelvis mean anything.
    """

    subject: str
    action: str
    take: str
    joints: np.ndarray
    frame: np.ndarray
    source: str
    coordinates: Frame = "world"
    camera: str = ""
    placed: bool = True

    def __post_init__(self) -> None:
        # The names come from files, and go into messages and tables.
        self.action, self.take, self.camera, self.source = map(
            printable, (self.action, self.take, self.camera, self.source)
        )

    @property
    def name(self) -> str:
        """The title of the take, with its camera if there is one."""
        title = f"{self.subject} {self.action} {self.take}".rstrip()
        return f"{title}.{self.camera}" if self.camera else title


@dataclass
class Request:
    """The options of a user, with what was met on the way, for messages.

    subjects and actions: None means Human3.6M's seven subjects, and all actions. frame: None means the file's own.
    skip_broken: whether files and takes that cannot be read are left out, with a warning.
    drop_bad: whether frames that no body can be in are let pass, to be left out later.
    """

    subjects: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    frame: Frame | None = None
    cameras: Cameras | None = None
    skip_broken: bool = False
    drop_bad: bool = False
    met: set[tuple[str, str]] = field(default_factory=set)
    skipped: list[InvalidInputError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wants(self, subject: str, action: str, take: str) -> bool:
        """Tell whether a take is to be read; false for the corrupt one, with a warning."""
        self.met.add((subject, action))
        if subject not in (self.subjects or TRAIN_SUBJECTS + TEST_SUBJECTS):
            return False
        if self.actions is not None and action not in self.actions:
            return False
        if (subject, action, take) in _CORRUPT:
            self.warn(f"{subject} {action} {take}".rstrip() + " is left out: Human3.6M's recording of it is corrupt.")
            return False
        return True

    def check_met(self) -> None:
        """Raise NotFoundError unless all that was asked for was there; warn of subjects left out unasked."""
        subjects = {subject for subject, _ in self.met}
        there = ", ".join(sorted(subjects, key=lambda name: int(name[1:]))) or "none at all"
        for subject in self.subjects or ():
            if subject not in subjects:
                raise NotFoundError(f"There is no {subject} here; there is {there}.", "Leave it out of --subjects.")
        read = subjects if self.subjects is None else set(self.subjects)
        actions = {action for subject, action in self.met if subject in read}
        for action in self.actions or ():
            if action not in actions:
                listed = ", ".join(sorted(actions))[:300] or "none at all"
                raise NotFoundError(f"There is no {action} here; there is {listed}.", "Leave it out of --actions.")
        others = sorted(subjects - set(TRAIN_SUBJECTS + TEST_SUBJECTS)) if self.subjects is None else []
        if others:
            self.warn(f"{', '.join(others)} are left out: name them with --subjects to have them.")

    def broken(self, error: InvalidInputError) -> None:
        """Raise the error of a file or take that is broken, or warn of it where such are skipped."""
        if not self.skip_broken:
            raise error
        self.skipped.append(error)
        self.warn(f"Skipped: {error.message}")

    def warn(self, sentence: str) -> None:
        """Add a warning, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)
