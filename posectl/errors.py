"""The errors that posectl expects, each with the exit code that the command line gives it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the command line."""

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
    """A request that makes no sense."""

    exit_code = ExitCode.USAGE


class NotFoundError(PosectlError):
    """A missing file, ref, alias or version."""

    exit_code = ExitCode.NOT_FOUND


class InvalidInputError(PosectlError):
    """A file or array that is not what it should be."""

    exit_code = ExitCode.INVALID_INPUT


class TooFewError(InvalidInputError):
    """A set too small for what is asked of it."""


class IntegrityError(PosectlError):
    """A difference between an artifact's bytes and those that were published."""

    exit_code = ExitCode.INTEGRITY


class UnavailableError(PosectlError):
    """A missing device or optional dependency."""

    exit_code = ExitCode.UNAVAILABLE


def unwritable(path: object, error: OSError) -> UnavailableError:
    """Return the error of an output that cannot be written, for want of room or of the right."""
    reason = error.strerror or error
    return UnavailableError(
        f"{path} cannot be written: {reason}.", "Write elsewhere, or see to the folder and its disk."
    )


class ConflictError(PosectlError):
    """A conflict with somebody else's work."""

    exit_code = ExitCode.CONFLICT


class DivergedError(PosectlError):
    """A non-finite loss in training."""

    exit_code = ExitCode.DIVERGED


class InterruptedRunError(PosectlError):
    """An interruption of a run that can be resumed."""

    exit_code = ExitCode.INTERRUPTED


# A hint lists no more names than a person reads over; of more, as in a large store, the few that are nearest.
_LISTED, _FEW = 24, 8


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known name, if any is near, and lists them all; of many, the nearest few."""
    known = sorted(map(str, known))  # numpy's own texts would be quoted as np.str_('x')
    # Slips of the finger rarely hit the first letter: among the nearest, one that begins alike comes first.
    # Capitals count for little: ACAI is acai.
    low = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), low, cutoff=0.5)
    close = [low[each] for each in sorted(found, key=lambda match: match[:1] != name[:1].lower())]
    suggestion = f"Did you mean {close[0]!r}? " if close else ""
    if len(known) > _LISTED:
        nearest = [low[each] for each in difflib.get_close_matches(name.lower(), low, n=_FEW, cutoff=0.0)]
        return f"{suggestion}Nearest of {len(known)}: {', '.join(nearest)}."
    return f"{suggestion}Known: {', '.join(known)}."
