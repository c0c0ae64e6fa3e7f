"""Files that a command writes where the user says: all of them or nothing."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posectl.api.files import write_bytes

if TYPE_CHECKING:
    from posectl.api.artifacts import Stored
    from posectl.cli.command import Session


def write_array(session: Session, result: Stored, name: str, path: str | None) -> None:
    """Print the ref of what was made; where a path is given, write its array `name` as .npy too.

    `-` is standard output, which then holds the array alone; the ref goes to stderr.
    """
    if path is None:
        session.out.result(result)
        return
    data = io.BytesIO()
    np.save(data, result.artifact.read(name), allow_pickle=False)
    if path == "-":
        session.out.tell(result.ref)
        sys.stdout.buffer.write(data.getvalue())
        sys.stdout.buffer.flush()
        return
    write_bytes(Path(path), data.getvalue(), force=session.force)
    session.out.result(result)


def write_npy(session: Session, array: np.ndarray, path: str, answer: dict[str, Any]) -> None:
    """Write an array as .npy and print its path; to standard output, where the path is `-`, it goes alone."""
    data = io.BytesIO()
    np.save(data, array, allow_pickle=False)
    if path == "-":
        sys.stdout.buffer.write(data.getvalue())
        sys.stdout.buffer.flush()
        return
    write_bytes(Path(path), data.getvalue(), force=session.force)
    session.out.data([path], answer)
