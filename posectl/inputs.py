"""Files from elsewhere, opened for reading: regular ones, for a pipe or a device may keep its reader for ever."""

from __future__ import annotations

import io
import os
import re
import stat
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from posectl import budget
from posectl.errors import InvalidInputError, NotFoundError

# What this process was given open, as `-` and the shell's <(...) are: it is read to its end.
_GIVEN = re.compile(r"/dev/(stdin|fd/\d+)|/proc/self/fd/\d+")
_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
_BLOCK = 1 << 20


def open_input(path: Path) -> BufferedReader:
    """Open a file for reading. Raises NotFoundError, and InvalidInputError for a folder, a pipe, a socket, a device and
    what may not be read."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind in _KINDS and not _GIVEN.fullmatch(str(path)):
            raise InvalidInputError(f"{path} is {_KINDS[kind]}, not a file.", "Write what it gives into a file first.")
        return path.open("rb")
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", "Check the path; `ls` shows what is there.") from None
    except IsADirectoryError:
        raise InvalidInputError(f"{path} is a folder, not a file.", "Name the files in it.") from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    except ValueError:  # a NUL
        raise NotFoundError(f"There is no file {str(path)!a}.", "Check the path.") from None


def read_input(path: Path) -> bytes:
    """Read all of a file; raises as `open_input` does."""
    with open_input(path) as stream:
        try:
            return stream.read() if stream.seekable() else read_stream(stream, str(path)).getvalue()
        except OSError as error:
            raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its disk.") from None


def read_stream(stream: BinaryIO | BufferedReader, name: str) -> io.BytesIO:
    """Read a stream to its end. Raises InvalidInputError once it holds more than the memory's budget."""
    content, most = io.BytesIO(), budget.budget()
    while block := stream.read(_BLOCK):
        if content.write(block) and content.tell() > most:
            budget.check(name, content.tell())
    content.seek(0)
    return content


def exists(path: Path) -> bool:
    """Tell whether anything is at the path; raise InvalidInputError where that may not be looked at."""
    try:
        return path.exists()
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None


def is_readable(path: Path) -> bool:
    """Tell whether a regular file is at the path, or at the end of its links."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False
