"""A reader of files that hold a pickle: .pkl, and the object arrays of .npy and .npz, without running anything."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from posectl import budget
from posectl.data.safe.restricted import loads
from posectl.data.safe.zipped import ZIP_ERRORS, open_member, open_zip
from posectl.errors import InvalidInputError
from posectl.inputs import open_input, read_input

_HEADER_LIMIT = 10_000
_NPY = b"\x93NUMPY"


def load_pickle(path: Path) -> Any:
    """Read the pickle file `path` with `restricted.loads`; raises InvalidInputError or NotFoundError."""
    return loads(read_input(path), str(path))


def load_npy(path: Path) -> Any:
    """Read the object array in the .npy file `path`; raises InvalidInputError for any other array."""
    data = read_input(path)
    return loads(data[_pickle_start(data, str(path)) :], str(path))


def load_npz(path: Path, key: str) -> Any:
    """Read the object array `key` of the .npz file `path`; raises InvalidInputError for any other array."""
    name = f"{key!r} in {path}"
    try:
        with open_input(path) as stream, open_zip(stream, str(path)) as archive:
            size = path.stat().st_size
            data = _member(archive, key, name, size)
    except (*ZIP_ERRORS, KeyError):
        raise InvalidInputError(f"{path} is a damaged or truncated .npz.", "Copy or write the file again.") from None
    return loads(data[_pickle_start(data, name) :], name, size)


def is_object_npy(stream: BinaryIO) -> bool:
    """Tell whether the .npy that starts here holds objects; leaves the stream where it is."""
    start = stream.tell()
    head = stream.read(12 + _HEADER_LIMIT)
    stream.seek(start)
    try:
        return _pickle_start(head, "") > 0
    except InvalidInputError:
        return False


def _member(archive: zipfile.ZipFile, key: str, name: str, size: int) -> bytes:
    info = archive.NameToInfo.get(f"{key}.npy") or archive.getinfo(key)
    budget.check(name, 3 * info.file_size, size)  # with the pickle apart from its header, and while it is unpacked
    with open_member(archive, info, name) as stream:
        return stream.read(info.file_size)


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
