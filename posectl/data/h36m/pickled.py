"""A reader of files that hold a pickle: .pkl, and the object arrays of .npy and .npz, without running anything."""

from __future__ import annotations

import ast
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

from posectl.data.safe.restricted import loads
from posectl.errors import InvalidInputError, NotFoundError

_HEADER_LIMIT = 10_000
# Poses hardly compress, so an archive that expands fiftyfold holds none.
_FREE_EXPANSION, _EXPANSION_LIMIT = 16 << 20, 50
_NPY = b"\x93NUMPY"
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, KeyError)


def load_pickle(path: Path) -> Any:
    """Read the pickle file `path` with `restricted.loads`; raises InvalidInputError or NotFoundError."""
    return loads(_read(path), str(path))


def load_npy(path: Path) -> Any:
    """Read the object array in the .npy file `path`; raises InvalidInputError for any other array."""
    data = _read(path)
    return loads(data[_pickle_start(data, str(path)) :], str(path))


def load_npz(path: Path, key: str) -> Any:
    """Read the object array `key` of the .npz file `path`; raises InvalidInputError for any other array."""
    name = f"{key!r} in {path}"
    try:
        with zipfile.ZipFile(path) as archive:
            data = _member(archive, key, name)
    except _ZIP_ERRORS:
        raise InvalidInputError(f"{path} is a damaged or truncated .npz.", "Copy or write the file again.") from None
    return loads(data[_pickle_start(data, name) :], name)


def is_object_npy(stream: BinaryIO) -> bool:
    """Tell whether the .npy that starts here holds objects; leaves the stream where it is."""
    start = stream.tell()
    head = stream.read(12 + _HEADER_LIMIT)
    stream.seek(start)
    try:
        return _pickle_start(head, "") > 0
    except InvalidInputError:
        return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}.", "Check the path; `ls` shows what is there.") from None
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None


def _member(archive: zipfile.ZipFile, key: str, name: str) -> bytes:
    info = archive.NameToInfo.get(f"{key}.npy") or archive.getinfo(key)
    if info.file_size > max(_FREE_EXPANSION, _EXPANSION_LIMIT * info.compress_size):
        message = f"{name} would expand from {info.compress_size:,} to {info.file_size:,} bytes."
        raise InvalidInputError(message, "If it is honest, save it uncompressed with np.savez.")
    return archive.read(info)


def _pickle_start(data: bytes, name: str) -> int:
    """Find the start of the pickle in a .npy of objects: after its header (numpy.lib.format, versions 1 to 3)."""
    width = 2 if data[6:7] == b"\x01" else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if data[:6] != _NPY or data[6:7] not in (b"\x01", b"\x02", b"\x03") or start > min(len(data), _HEADER_LIMIT):
        raise InvalidInputError(f"{name} has a broken .npy header.", "Write it again with np.save.")
    try:
        descr = ast.literal_eval(data[8 + width : start].decode("latin-1").strip())["descr"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise InvalidInputError(f"{name} has a broken .npy header.", "Write it again with np.save.") from None
    if descr != "|O":
        raise InvalidInputError(f"{name} is an array of {ascii(descr)[:20]}, not a dictionary.", "Check the path.")
    return start
