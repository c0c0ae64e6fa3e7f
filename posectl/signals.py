"""A handler of signals that does nothing."""

from __future__ import annotations

from types import FrameType


def ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing. Unlike SIG_IGN, which may come from whoever started the process, it says that this one wants so."""
