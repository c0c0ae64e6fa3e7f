"""Arrays written as zarr v3, with named axes, zstd checksums and every chunk, and read with every byte checked."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import sys
import warnings
from collections.abc import AsyncIterator, Iterable, Mapping
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
)
from posectl.store.regular import open_below
from posectl.store.sealed import decode

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def make_group(folder: Path) -> None:
    """Make an empty zarr group at `folder`."""
    zarr.open_group(str(folder), mode="w-", zarr_format=3)


def write_array(folder: Path, name: str, values: np.ndarray, dims: tuple[str, ...]) -> tuple[ArrayInfo, list[str]]:
    """Write one array into the group at `folder`; return its entry for the manifest, and the keys of its chunks.

    name: "/" in it makes groups. values: as `storable` gives them.
    """
    text = values.dtype.kind == "U"
    chunks = chunk_shape(values.shape, values.itemsize)
    array = zarr.create_array(
        store=str(folder),
        name=name,
        shape=values.shape,
        dtype=str if text else values.dtype,
        chunks=chunks,
        chunk_key_encoding={"name": "default", "separator": SEPARATOR},
        compressors=ZstdCodec(level=3, checksum=True),
        dimension_names=dims,
        config={"write_empty_chunks": True},
    )
    if values.size:
        array[...] = values
    info = ArrayInfo(values.shape, STRING if text else values.dtype.name, dims, sha256_of_values(values))
    return info, chunk_keys(values.shape, chunks)


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
        store = SealedStore(folder, files, elements if info.dtype == STRING else None)
        array = zarr.open_array(store=store, path=name, mode="r", zarr_format=3)
        values = np.asarray(array[...] if rows is None else array[rows])
        return values if info.dtype != STRING else _fixed_width(values, MAX_CHUNK_BYTES // elements)
    except (PosectlError, MemoryError):
        raise
    except Exception as error:  # zarr's codecs raise whatever they like on hostile bytes
        raise IntegrityError(
            f"The array {name!r} of {folder} cannot be read: {error}.", "`posectl store verify` says what is damaged."
        ) from error


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

    def __init__(self, folder: Path, files: Mapping[str, FileEntry], text_elements: int | None) -> None:
        super().__init__(read_only=True)
        self._folder = folder
        self._files = files
        self._text_elements = text_elements  # in a chunk, whose decoder allocates as many as the chunk claims to hold

    def _read(self, key: str) -> bytes:
        data = _read(self._folder, self._files[key])
        if not key.endswith("zarr.json"):
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


def _damaged(path: Path, how: str) -> IntegrityError:
    return IntegrityError(f"{path} {how} since it was published.", "`posectl store verify` says what else is damaged.")
