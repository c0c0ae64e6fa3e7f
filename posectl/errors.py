"""The errors that posectl expects, each with the exit code that the command line gives it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    INVALID_INPUT = 4
    INTEGRITY = 5
    UNAVAILABLE = 6
    CONFLICT = 7
    DIVERGED = 8
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class PosectlError(Exception):
    """An expected failure: one sentence that says what is wrong, and a hint that says what to do next."""

    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[PosectlError], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class UsageError(PosectlError):
    """A command was asked for something that makes no sense."""

    exit_code = ExitCode.USAGE


class NotFoundError(PosectlError):
    """A file, ref, alias or version does not exist."""

    exit_code = ExitCode.NOT_FOUND


class InvalidInputError(PosectlError):
    """A file or array is there, but is not what it should be."""

    exit_code = ExitCode.INVALID_INPUT


class IntegrityError(PosectlError):
    """An artifact's bytes are not the bytes that were published."""

    exit_code = ExitCode.INTEGRITY


class UnavailableError(PosectlError):
    """A device or an optional dependency is missing."""

    exit_code = ExitCode.UNAVAILABLE


class ConflictError(PosectlError):
    """Somebody else's work stands in the way."""

    exit_code = ExitCode.CONFLICT


class DivergedError(PosectlError):
    """Training met a non-finite loss."""

    exit_code = ExitCode.DIVERGED


class InterruptedRunError(PosectlError):
    """The user stopped a run that can be resumed."""

    exit_code = ExitCode.INTERRUPTED


# A hint lists no more names than a person reads over; of more, as a store soon has, the few that are nearest.
_LISTED, _FEW = 24, 8


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that says which known name is nearest, if any is near, and lists them all; of many, the nearest few."""
    known = sorted(known)
    # Slips of the finger rarely hit the first letter: among the nearest, one that begins alike comes first.
    close = sorted(difflib.get_close_matches(name, known, cutoff=0.5), key=lambda match: match[:1] != name[:1])
    suggestion = f"Did you mean {close[0]!r}? " if close else ""
    if len(known) > _LISTED:
        nearest = difflib.get_close_matches(name, known, n=_FEW, cutoff=0.0)
        return f"{suggestion}Nearest of {len(known)}: {', '.join(nearest)}."
    return f"{suggestion}Known: {', '.join(known)}."
