"""Arrays written as zarr v3, with named axes, zstd checksums and every chunk, and read with every byte checked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import sys
import warnings
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numcodecs.zstd import Zstd
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.codecs import ZstdCodec
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from posectl import budget
from posectl.errors import IntegrityError, InvalidInputError, PosectlError
from posectl.store.files import FileEntry, size_of
from posectl.store.headers import (
    ITEM_SIZES,
    MAX_CHUNK_BYTES,
    SEPARATOR,
    STRING,
    ArrayInfo,
    check_header,
    chunk_keys,
    chunk_shape,
    inner_shape,
    shard_shape,
)
from posectl.store.regular import open_below
from posectl.store.sealed import decode

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def make_group(folder: Path) -> None:
    """Make an empty zarr group at `folder`."""
    zarr.open_group(str(folder), mode="w-", zarr_format=3)


class ArrayWriter:
    """An array in the group at `folder` that is written once, as a whole or in blocks of rows, one after the other.

    name: "/" in it makes groups. dtype: as `storable` has it. Blocks make the files that the whole makes.
    """

    def __init__(self, folder: Path, name: str, shape: tuple[int, ...], dtype: Any, dims: tuple[str, ...]) -> None:
        dtype = np.dtype(dtype)
        text = dtype.kind == "U"
        chunks = chunk_shape(shape, dtype.itemsize)
        shards = None if text else shard_shape(shape, chunks, dtype.itemsize)
        self._files = shards or chunks
        self._info = ArrayInfo(shape, STRING if text else dtype.name, dims)
        self._digest, self._written = hashlib.sha256(), 0
        self._rest = np.empty((0, *shape[1:]), dtype)
        self._array: Any = zarr.create_array(
            store=str(folder),
            name=name,
            shape=shape,
            dtype=str if text else dtype,
            chunks=chunks,
            shards=shards,
            chunk_key_encoding={"name": "default", "separator": SEPARATOR},
            compressors=ZstdCodec(level=3, checksum=True),
            dimension_names=dims,
            config={"write_empty_chunks": True},
        )

    def put(self, values: np.ndarray) -> tuple[ArrayInfo, list[str]]:
        """Write the whole; return its entry for the manifest, and the keys of its files."""
        if values.size:
            self._array[...] = values
        return self._entry(sha256_of_values(values))

    def append(self, rows: np.ndarray) -> None:
        """Write the next rows, whole files of them; what is left waits for the next ones."""
        rows = rows.astype(self._rest.dtype, order="C", copy=False)
        self._digest.update(rows.data)
        rows = np.concatenate([self._rest, rows]) if len(self._rest) else rows
        whole = len(rows) // self._files[0] * self._files[0]
        self._flush(rows[:whole])
        self._rest = rows[whole:].copy()

    def finish(self) -> tuple[ArrayInfo, list[str]]:
        """Write what is left; return as `put`. Raises InvalidInputError where rows are missing."""
        self._flush(self._rest)
        if self._written != self._info.shape[0]:
            raise InvalidInputError(f"An array of {self._info.shape[0]:,} rows was given {self._written:,}.")
        return self._entry(self._digest.hexdigest())

    def _flush(self, rows: np.ndarray) -> None:
        for first in range(0, len(rows), self._files[0]):
            some = rows[first : first + self._files[0]]
            self._array[self._written : self._written + len(some)] = some
            self._written += len(some)

    def _entry(self, sha256: str) -> tuple[ArrayInfo, list[str]]:
        return replace(self._info, sha256=sha256), chunk_keys(self._info.shape, self._files)


def storable(name: str, values: Any) -> np.ndarray:
    """Return `values` as an array that the store keeps: bool, integer, float or text, little-endian, C order.

    Raises InvalidInputError for anything else, objects above all.
    """
    array = np.asarray(values)
    if array.dtype.kind == "T" or (array.dtype.kind == "O" and all(isinstance(value, str) for value in array.flat)):
        array = _fixed_width(array, sys.maxsize)
    if array.dtype.kind == "U":
        return np.ascontiguousarray(array).reshape(array.shape)
    array = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    if array.dtype.name not in ITEM_SIZES:
        raise InvalidInputError(
            f"The array {name!r} holds {array.dtype}, which the store does not keep.",
            "It keeps bool, integers, float16 to float64 and text.",
        )
    return array


def consolidate(folder: Path) -> None:
    """Repeat every header in the root's, so that zarr and xarray list the arrays without looking at other files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr warns that this is no part of the format yet
        zarr.consolidate_metadata(str(folder))


def read_array(
    folder: Path, name: str, info: ArrayInfo, files: Mapping[str, FileEntry], rows: slice | None
) -> np.ndarray:
    """Return an array, or a slice of its first axis, checking the sha256 of each file that is read.

    Raises IntegrityError on any damage; text comes back as numpy's fixed-width str.
    """
    try:
        header = decode(_read(folder, files[f"{name}/zarr.json"]))
        elements = math.prod(check_header(header, info, name, files))
        _check_budget(folder, name, info, files, rows)
        store = SealedStore(folder, files, elements if info.dtype == STRING else None, _in_shards(header, info))
        array = zarr.open_array(store=store, path=name, mode="r", zarr_format=3)
        values = np.asarray(array[...] if rows is None else array[rows])
        return values if info.dtype != STRING else _fixed_width(values, MAX_CHUNK_BYTES // elements)
    except (PosectlError, MemoryError):
        raise
    except Exception as error:  # zarr's codecs raise whatever they like on hostile bytes
        raise IntegrityError(
            f"The array {name!r} of {folder} cannot be read: {error}.", "`posectl store verify` says what is damaged."
        ) from error


def _in_shards(header: dict[str, Any], info: ArrayInfo) -> list[tuple[int, int]]:
    """Return how many chunks each shard along the first axis has room for, and holds; none where files are chunks."""
    inner = inner_shape(header)
    if inner is None:
        return []
    rows = header["chunk_grid"]["configuration"]["chunk_shape"][0]
    lengths = (min(rows, info.shape[0] - first) for first in range(0, info.shape[0], rows))
    return [(rows // inner[0], math.ceil(length / inner[0])) for length in lengths]


def _check_budget(folder: Path, name: str, info: ArrayInfo, files: Mapping[str, FileEntry], rows: slice | None) -> None:
    """Raise InvalidInputError if an array grows beyond the budget: a few bytes may hold any number of zeros."""
    length = info.shape[0] if info.shape else 1
    share = len(range(*rows.indices(length))) / max(length, 1) if rows else 1
    stored = sum(entry["size"] for path, entry in files.items() if path.startswith(f"{name}/"))
    budget.check(f"The array {name!r} of {folder}", round(info.bytes * share), stored)


def read_chunks(folder: Path, name: str, info: ArrayInfo, files: Mapping[str, FileEntry]) -> tuple[int, ...]:
    """Return the shape of an array's chunks; raise IntegrityError on a header that is damaged."""
    try:
        return check_header(decode(_read(folder, files[f"{name}/zarr.json"])), info, name, files)
    except (ValueError, KeyError) as error:
        raise IntegrityError(f"The array {name!r} of {folder} cannot be read: {error}.") from error


def sha256_of_values(values: np.ndarray) -> str:
    """Return the sha256 of the values in C order, little-endian; of text, that of its JSON list."""
    if values.dtype.kind == "U":
        return hashlib.sha256(json.dumps(values.ravel().tolist()).encode()).hexdigest()
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()


class SealedStore(Store):
    """A folder as a read-only zarr store, which checks each file against the manifest before it gives a byte of it."""

    supports_writes = False
    supports_deletes = False
    supports_listing = True

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, FileEntry],
        text_elements: int | None,
        shards: Sequence[tuple[int, int]] = (),
    ) -> None:
        super().__init__(read_only=True)
        self._folder = folder
        self._files = files
        self._text_elements = text_elements  # in a chunk, whose decoder allocates as many as the chunk claims to hold
        self._shards = shards
        self._last = ("", b"")  # a shard is read chunk by chunk, and has to be checked as a whole

    def _read(self, key: str) -> bytes:
        last, data = self._last
        if key == last:
            return data
        data = _read(self._folder, self._files[key])
        if key.endswith("zarr.json"):
            return data
        if self._shards:
            _check_shard(data, *self._shards[int(key.rpartition("/")[2].split(SEPARATOR)[1])])
            self._last = key, data
        else:
            _check_frame(data)
        if self._text_elements is not None:
            _check_text(data, self._text_elements)
        return data

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        if key not in self._files:
            return None
        data = await asyncio.to_thread(self._read, key)
        return (prototype or default_buffer_prototype()).buffer.from_bytes(_cut(data, byte_range))

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    async def exists(self, key: str) -> bool:
        return key in self._files

    async def list(self) -> AsyncIterator[str]:
        for key in self._files:
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in self._files:
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        for child in dict.fromkeys(key[len(start) :].split("/")[0] for key in self._files if key.startswith(start)):
            yield child

    async def set(self, key: str, value: Buffer) -> None:
        self._check_writable()

    async def delete(self, key: str) -> None:
        self._check_writable()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SealedStore) and self._folder == other._folder


def _check_text(data: bytes, elements: int) -> None:
    if int.from_bytes(Zstd().decode(data)[:4], "little") != elements:
        raise ValueError("a chunk of text holds more, or fewer, than its shape says")


def _fixed_width(text: np.ndarray, most: int) -> np.ndarray:
    """Return text of any length as text of one width; raise ValueError if an element takes more than `most` bytes."""
    if 4 * max(map(len, text.flat), default=0) > most:
        raise ValueError("a text is too long")
    return np.array(text.tolist(), dtype=str).reshape(text.shape)


def _read(folder: Path, entry: FileEntry) -> bytes:
    """Return the bytes of one listed file; raise IntegrityError if it is gone, or not what was published."""
    path = folder / entry["path"]
    if (size := size_of(path)) != entry["size"]:
        raise _damaged(path, "is not there" if size is None else "has another size")
    with open_below(folder, entry["path"]) as file:
        data = file.read(entry["size"] + 1)
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise _damaged(path, "has changed")
    return data


def _cut(data: bytes, byte_range: ByteRequest | None) -> bytes:
    match byte_range:
        case RangeByteRequest(start, end):
            return data[start:end]
        case OffsetByteRequest(offset):
            return data[offset:]
        case SuffixByteRequest(suffix):
            return data[-suffix:]
    return data


def _check_frame(data: bytes) -> None:
    """Raise ValueError unless a zstd frame says, in bounds, how many bytes it decodes to: they are allocated at once.

    The header's layout is RFC 8878, section 3.1.1.1.
    """
    if len(data) < 6 or data[:4] != _ZSTD_MAGIC:
        raise ValueError("a chunk is no zstd frame")
    descriptor = data[4]
    single_segment, width_flag = bool(descriptor & 0x20), descriptor >> 6
    width = (1 if single_segment else 0, 2, 4, 8)[width_flag]
    start = 5 + (not single_segment) + (0, 1, 2, 4)[descriptor & 3]
    size = int.from_bytes(data[start : start + width], "little") + (256 if width == 2 else 0)
    if not width or size > MAX_CHUNK_BYTES:
        raise ValueError("a chunk does not say how much it holds, or it holds too much")


def _check_shard(data: bytes, room: int, held: int) -> None:
    """Raise ValueError unless the index at a shard's end has room for so many chunks, and those that it holds are
    zstd frames in it: an absent chunk would read as zeros. The layout: zarr's codec sharding_indexed, version 1."""
    size = 16 * room + 4  # ends in a checksum
    if len(data) < size:
        raise ValueError("a shard has no index")
    index = np.frombuffer(data[-size:-4], "<u8").reshape(room, 2).tolist()
    for start, length in index[:held]:
        if start + length > len(data) - size:
            raise ValueError("a shard lacks a chunk")
        _check_frame(data[start : start + length])


def _damaged(path: Path, how: str) -> IntegrityError:
    return IntegrityError(f"{path} {how} since it was published.", "`posectl store verify` says what else is damaged.")
