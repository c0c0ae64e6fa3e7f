"""What comes of a part of a task: apart from tasks, whose code no model is made by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What came of a part of a task: an artifact, or the step at which a training's loss became non-finite, the last if
    it blew up."""

    ref: str | None = None
    diverged_at: int = -1
