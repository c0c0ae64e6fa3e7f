"""Arrays from .npy and .npz files and streams, read so that no file can run code or exhaust the memory.

numpy's own reader allocates what a header claims, and an .npz may expand a thousandfold; here every size is first held
against the bytes that are there and the memory's budget, and nothing is ever unpickled. The format: numpy.lib.format,
versions 1.0 to 3.0.
"""

from __future__ import annotations

import ast
import io
import math
import os
import re
import sys
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, TypeVar, cast

import numpy as np

from posectl import budget
from posectl.content import HEAD, NPZ, content_of, other_format
from posectl.data.safe.zipped import ZIP_ERRORS, check_whole, fill, open_member, open_zip, start_of, unpack
from posectl.errors import InvalidInputError, NotFoundError, did_you_mean
from posectl.inputs import open_input, read_stream

T = TypeVar("T")
ArraySource = str | os.PathLike[str] | BinaryIO

_NPY, _ZIPS = b"\x93NUMPY", (b"PK\x03\x04", b"PK\x05\x06")
_HEADER_LIMIT = 10_000  # numpy's own limit: a longer literal is slow or unsafe to parse
_KINDS = "biufcSUMm"
_LISTED = 24  # names of arrays in a message
_MOST_AXES, _LARGEST = 8, 1 << 48  # bytes, also of an empty array as if its empty axes were of one
# What is made of an array: float32 copies of each number, str of each byte of text.
_COPIES, _TEXT_COPIES = 12, 6
_PACKED = 100  # times its bytes in a file, up to which an array may be unpacked beyond memory


def load_array(source: ArraySource) -> np.ndarray:
    """Read the one array of a .npy or .npz, of any shape and plain dtype; `source`: a path, `-` (stdin) or a stream.

    Of an .npz with several arrays it is the one that `file.npz:key` names, else `positions` or `poses`. Raises
    NotFoundError for no such file or array, InvalidInputError for whatever is not a whole, plain array.
    """
    name, key = source_name(source), split_key(source)[1]
    if key is not None:
        return load_arrays(source, [known_key(key, array_names(source), name)])[key]
    with _opened(source) as stream:
        if _magic(stream, name) == _NPY:
            return _read_npy(stream, _size(stream), name)
        names = _npz_names(stream, name)
        chosen = next((key for key in ("positions", "poses") if key in names), names[0] if len(names) == 1 else None)
        if chosen is None:
            hint = f"Name the one you mean: {name}:{names[0]}." if names else "Save one with np.savez."
            raise InvalidInputError(f"{name} holds {listed(names)}.", hint)
        return _read_npz(stream, [chosen], name)[chosen]


def load_arrays(source: ArraySource, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """Read those of the arrays `names` that an .npz holds (None: all of them); a .npy is the one array `arr_0`.

    Raises as `load_array` does.
    """
    name = source_name(source)
    with _opened(source) as stream:
        if _magic(stream, name) == _NPY:
            return {"arr_0": _read_npy(stream, _size(stream), name)}
        present = _npz_names(stream, name)
        return _read_npz(stream, present if names is None else [n for n in present if n in names], name)


def map_array(path: Path, key: str = "arr_0") -> np.ndarray:
    """Map the array of a .npy, or the one of this name in an .npz, into memory, read-only, whatever its size.

    What is deflated is unpacked into a temporary file first, which has no name and goes with the array. Raises as
    `load_array` does, UnavailableError where there is no room for that file.
    """
    with _opened(path) as stream:
        size, name = _size(stream), str(path)
        if _magic(stream, name) == _NPY:
            return _mapped(path, 0, size, stream, name)
        called = f"{key!r} in {name}"

        def mapped(archive: zipfile.ZipFile) -> np.ndarray:
            info = archive.getinfo(f"{key}.npy")
            if info.file_size > _PACKED * info.compress_size:  # no poses pack so well
                budget.check(called, info.file_size, size)
            with open_member(archive, info, called) as member:
                if info.compress_type != zipfile.ZIP_STORED:
                    unpacked = unpack(member, info.file_size, called)
                    return _mapped(unpacked, 0, info.file_size, unpacked, called)
                check_whole(member)
            start = start_of(info, stream)
            stream.seek(start)
            return _mapped(path, start, info.file_size, stream, called)

        return _with_zip(stream, name, mapped)


def _mapped(
    file: Path | IO[bytes], start: int, size: int, stream: IO[bytes] | io.BufferedIOBase, name: str
) -> np.ndarray:
    """Map the array of so many bytes of a file, header and all; stream: stands at their start."""
    dtype, fortran, shape, header = _read_header(cast(io.BufferedIOBase, stream), name)
    if not (promised := math.prod(shape) * dtype.itemsize):
        return np.empty(shape, dtype)
    if promised > size - header:
        raise _cut_short(name, promised, size - header)
    return np.memmap(file, dtype, "r", start + header, shape, "F" if fortran else "C")


def array_names(source: ArraySource) -> list[str]:
    """List the names of the arrays in an .npz, in their order; `["arr_0"]` for a .npy. Reads no array."""
    name = source_name(source)
    with _opened(source) as stream:
        return ["arr_0"] if _magic(stream, name) == _NPY else _npz_names(stream, name)


def array_shapes(source: ArraySource) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array in an .npz by its name, or of the one in a .npy; reads headers alone."""
    name = source_name(source)
    with _opened(source) as stream:
        if _magic(stream, name) == _NPY:
            return {"arr_0": _read_header(stream, name)[2]}
        headers = _with_zip(stream, name, lambda archive: _headers(archive, _npz_names(stream, name), name))
        return {member: shape for member, (_, _, shape, _) in headers.items()}


def split_key(source: ArraySource) -> tuple[Path, str | None]:
    """Split `file.npz:key` into the file and the name of one array in it; the name is None for any other source."""
    match = re.fullmatch(r"(.+?\.np[yz]):(.+)", "" if hasattr(source, "read") else str(source), re.IGNORECASE)
    return (Path(match[1]), match[2]) if match else (Path(str(source)), None)


def listed(names: Collection[str]) -> str:
    """List the names of arrays for a message; of many, or long ones, so much as a person reads.

    >>> listed(["x", "y"]), listed([])
    ('the arrays x, y', 'no array')
    """
    shown, left = list(names)[:_LISTED], len(names) - _LISTED
    if not names:
        return "no array"
    return f"the arrays {', '.join(name[:80] for name in shown)}" + (f" and {left:,} more" if left > 0 else "")


def known_key(key: str, names: Collection[str], name: str) -> str:
    """Return the name of an array that is among the names. Raises NotFoundError, with the nearest, for any other."""
    if key not in names:
        raise NotFoundError(f"{name.removesuffix(f':{key}')} holds no array {key!r}.", did_you_mean(key, names))
    return key


def source_name(source: ArraySource) -> str:
    """Return the name of a source in messages: its path, or `stdin`."""
    if isinstance(source, str | os.PathLike):
        return "stdin" if str(source) == "-" else str(source)
    return str(getattr(source, "name", "the stream")).replace("<stdin>", "stdin")


@contextmanager
def _opened(source: ArraySource) -> Iterator[io.BufferedIOBase]:
    """Open a seekable stream of `source`, at its start."""
    if not isinstance(source, str | os.PathLike):
        yield read_stream(source, source_name(source))
    elif str(source) == "-":
        yield read_stream(sys.stdin.buffer, "stdin")
    else:
        path = split_key(source)[0]
        with open_input(path) as stream:
            yield stream if stream.seekable() else read_stream(stream, str(path))


def _size(stream: io.BufferedIOBase) -> int:
    """Return the bytes from the start to the end; leaves the stream at its start."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size


def _magic(stream: io.BufferedIOBase, name: str) -> bytes:
    """Return `_NPY` or a zip's first bytes; raises for anything else. Leaves the stream at its start."""
    head = stream.read(HEAD)
    stream.seek(0)
    if head.startswith(_NPY) or head[:4] in _ZIPS:
        return head[: len(_NPY)]
    if not head:
        raise InvalidInputError(f"{name} is empty.", "Write it again with np.save.")
    if (content := content_of(head)) is not None and content.what == "a pickle":
        raise _pickled(name)
    raise other_format(name, head, "a .npy or .npz file") or InvalidInputError(
        f"{name} is neither a .npy nor an .npz file.", "Write it with np.save or np.savez."
    )


def _pickled(name: str) -> InvalidInputError:
    hint = "Save numbers: np.save(path, array.astype('float32')). Of pickles, `posectl prepare h36m` reads Human3.6M's."
    return InvalidInputError(f"{name} holds pickled Python objects.", hint)


def _cut_short(name: str, promised: int, there: int) -> InvalidInputError:
    message = f"{name} is cut short: its header promises {promised:,} bytes and {there:,} are there."
    return InvalidInputError(message, "Copy or write the file again.")


def _read_npy(stream: io.BufferedIOBase, size: int, name: str) -> np.ndarray:
    """Read the array of a .npy stream of `size` bytes in all."""
    dtype, fortran, shape, header = _read_header(stream, name)
    promised, there = math.prod(shape) * dtype.itemsize, size - header
    if promised > there:
        raise _cut_short(name, promised, there)
    budget.check(name, _needed(dtype, shape), size)
    data = np.empty(promised, np.uint8)
    read = fill(stream, data.data)
    if read != promised:
        raise _cut_short(name, promised, read)
    return data.view(dtype).reshape(shape, order="F" if fortran else "C")


def _needed(dtype: np.dtype, shape: tuple[int, ...]) -> int:
    """Return the bytes of an array and of what is made of it."""
    copies = _TEXT_COPIES * dtype.itemsize if dtype.kind in "SU" else _COPIES
    return math.prod(shape) * (dtype.itemsize + copies)


def _read_header(stream: io.BufferedIOBase, name: str) -> tuple[np.dtype, bool, tuple[int, ...], int]:
    """Read (dtype, fortran order, shape, length of the header) of a .npy stream."""
    broken = InvalidInputError(f"{name} has a broken .npy header.", "Write it again with np.save.")
    start = stream.read(8)
    width = 2 if start[6:7] == b"\x01" else 4
    length = int.from_bytes(stream.read(width), "little")
    if len(start) < 8 or start[:6] != _NPY or not 1 <= start[6] <= 3 or length > _HEADER_LIMIT:
        raise broken
    text = stream.read(length)
    try:
        fields = ast.literal_eval(text.decode("utf-8" if start[6] == 3 else "latin-1").strip())
        descr, fortran, shape = fields["descr"], fields["fortran_order"], fields["shape"]
        dtype = np.dtype(descr) if isinstance(descr, str) else None
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise broken from None
    if len(text) < length or not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise broken
    if dtype is None:
        hint = "Save each field as an array of its own with np.savez."
        raise InvalidInputError(f"{name} holds records with named fields.", hint)
    if dtype.hasobject:
        raise _pickled(name)
    if dtype.kind not in _KINDS or dtype.itemsize == 0 or len(shape) > _MOST_AXES:
        raise broken
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize > _LARGEST:
        raise broken
    return dtype, bool(fortran), shape, len(start) + width + length


def _npz_names(stream: io.BufferedIOBase, name: str) -> list[str]:
    """List the arrays of an .npz. Raises InvalidInputError for a zip of anything else."""
    head = stream.read(HEAD)
    try:
        with open_zip(stream, name) as archive:
            members = archive.namelist()
    except ZIP_ERRORS:
        members = None
    names = [member.removesuffix(".npy") for member in members or () if member.endswith(".npy")]
    if names or members == []:
        return names
    content = content_of(head)
    raise _broken_npz(name) if content in (None, NPZ) else other_format(name, head, "an .npz of arrays")  # type: ignore[misc]


def _read_npz(stream: io.BufferedIOBase, names: Collection[str], name: str) -> dict[str, np.ndarray]:
    """Read the arrays `names`, each of which the archive holds."""
    size = _size(stream)

    def read(archive: zipfile.ZipFile) -> dict[str, np.ndarray]:
        needed = sum(_needed(dtype, shape) for dtype, _, shape, _ in _headers(archive, names, name).values())
        budget.check(name, needed, size)
        return {member: _read_member(archive, member, name) for member in names}

    return _with_zip(stream, name, read)


def _with_zip(stream: io.BufferedIOBase, name: str, work: Callable[[zipfile.ZipFile], T]) -> T:
    """Do some work with an archive; what is wrong with that becomes InvalidInputError."""
    try:
        with open_zip(stream, name) as archive:
            return work(archive)
    except RuntimeError as error:  # encrypted, or packed in a way that zipfile does not know
        raise InvalidInputError(f"{name} cannot be unpacked: {error}.", "Save it with np.savez.") from None
    except ZIP_ERRORS:
        raise _broken_npz(name) from None


def _broken_npz(name: str) -> InvalidInputError:
    return InvalidInputError(f"{name} is a damaged or truncated .npz.", "Copy or write the file again.")


def _headers(
    archive: zipfile.ZipFile, names: Collection[str], name: str
) -> dict[str, tuple[np.dtype, bool, tuple[int, ...], int]]:
    headers = {}
    for member in names:
        called = f"{member!r} in {name}"
        with open_member(archive, archive.getinfo(f"{member}.npy"), called) as stream:
            headers[member] = _read_header(cast(io.BufferedIOBase, stream), called)
    return headers


def _read_member(archive: zipfile.ZipFile, member: str, name: str) -> np.ndarray:
    info, called = archive.getinfo(f"{member}.npy"), f"{member!r} in {name}"
    with open_member(archive, info, called) as stream:
        return _read_npy(cast(io.BufferedIOBase, stream), info.file_size, called)
