"""Checks of a zarr array's header, before zarr sees it and before anything is allocated."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from itertools import product
from typing import Any

STRING = "string"
ITEM_SIZES = {
    "bool": 1,
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": bits // 8 for bits in (16, 32, 64)},
    STRING: 8,
}
CHUNK_BYTES = 4 * 2**20
MAX_CHUNK_BYTES = 2**28
# Arrays that are larger lie in shards, files of many chunks; a shard is what a search takes at once.
SHARDED_BYTES = 2**30
SHARD_BYTES = 48 * 2**20
SEPARATOR = "."  # not "/": a folder for each axis would triple what there is to sync
_SHARDING = "sharding_indexed"
MAX_RANK = 32
MAX_LENGTH = 2**48


@dataclass(frozen=True)
class ArrayInfo:
    """An array as the manifest lists it; `dtype` is zarr's name for it, `sha256` that of its decoded values."""

    shape: tuple[int, ...]
    dtype: str
    dims: tuple[str, ...]
    sha256: str = ""

    @classmethod
    def parse(cls, entry: Any) -> ArrayInfo:
        """Return the array that a manifest's entry describes; raise ValueError on one that cannot be."""
        if not isinstance(entry, dict) or entry.keys() != {"shape", "dtype", "dims", "sha256"}:
            raise ValueError("an array's entry has a shape, a dtype, dims and a sha256")
        shape = _lengths(entry["shape"], least=0, what="shape")
        dims = entry["dims"]
        if entry["dtype"] not in ITEM_SIZES:
            raise ValueError(f"there are no arrays of {entry['dtype']!r}")
        if not isinstance(dims, list) or len(dims) != len(shape) or not all(isinstance(dim, str) for dim in dims):
            raise ValueError(f"dims {dims!r} do not name the axes of {shape}")
        if not isinstance(entry["sha256"], str):
            raise ValueError("an array's sha256 is text")
        return cls(shape, entry["dtype"], tuple(dims), entry["sha256"])

    @property
    def bytes(self) -> int:
        """The bytes of the decoded array; of text, those of references."""
        return math.prod(self.shape) * ITEM_SIZES[self.dtype]

    def entry(self) -> dict[str, Any]:
        """Return the entry that `parse` reads."""
        return {"shape": list(self.shape), "dtype": self.dtype, "dims": list(self.dims), "sha256": self.sha256}

    def row_blocks(self, chunk: int = 1, size: int = 4 * CHUNK_BYTES) -> list[slice | None]:
        """Return slices of the first axis that cover the array, of so many bytes and of whole chunks of so many rows:
        it may be larger than memory."""
        if not self.shape:
            return [None]
        row = ITEM_SIZES[self.dtype] * math.prod(max(length, 1) for length in self.shape[1:])
        step = chunk * max(1, size // (row * chunk))
        return [slice(start, start + step) for start in range(0, self.shape[0], step)]


def chunk_shape(shape: tuple[int, ...], item_size: int) -> tuple[int, ...]:
    """Return the shape of an array's chunks: contiguous in C order, of at least `CHUNK_BYTES`, or the whole array."""
    chunks = [1] * len(shape)
    size = max(item_size, 1)
    for axis in reversed(range(len(shape))):
        chunks[axis] = max(1, min(shape[axis], math.ceil(CHUNK_BYTES / size)))
        size *= chunks[axis]
    return tuple(chunks)


def shard_shape(shape: tuple[int, ...], chunks: tuple[int, ...], item_size: int) -> tuple[int, ...] | None:
    """Return the shape of an array's shards, of whole chunks along the first axis; None for one that has no shards."""
    if not shape or math.prod(shape) * item_size <= SHARDED_BYTES:
        return None
    return (chunks[0] * max(1, SHARD_BYTES // (math.prod(chunks) * item_size)), *chunks[1:])


def chunk_keys(shape: tuple[int, ...], chunks: tuple[int, ...]) -> list[str]:
    """List the key of every chunk, relative to its array: "c.0.1", or "c" for a scalar; none where an axis is empty."""
    counts = (math.ceil(length / chunk) for length, chunk in zip(shape, chunks, strict=True))
    return [SEPARATOR.join(["c", *map(str, index)]) for index in product(*map(range, counts))]


def check_header(header: Any, info: ArrayInfo, name: str, files: Collection[str]) -> tuple[int, ...]:
    """Return the shape of what a file holds, a chunk or a shard, of the array `name`, whose zarr.json holds `header`
    and which a manifest lists as `info`.

    `files` are those that the manifest lists. Raises ValueError unless the header is one that this store writes, says
    what the manifest says, and every chunk that it calls for is listed: an absent chunk would read as zeros.
    """
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    inner = inner_shape(header)
    codecs = ["vlen-utf8", "zstd"] if info.dtype == STRING else ["bytes", "zstd"] if inner is None else [_SHARDING]
    expected = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(info.shape),
        "data_type": info.dtype,
        "dimension_names": list(info.dims),
        "storage_transformers": [],
    }
    for key, value in expected.items():
        found = header.get(key, [] if key in {"storage_transformers", "dimension_names"} else None)
        if json.dumps(found) != json.dumps(value):  # as text, for Python has True == 1
            raise ValueError(f"its header has the {key} {found!r:.80}, not {value!r:.80}")
    if (found := _codecs(header.get("codecs"))) != codecs:
        raise ValueError(f"its header has the codecs {found!r:.80}, not {codecs}")
    if _named(header.get("chunk_key_encoding"), "default").get("separator") != SEPARATOR:
        raise ValueError(f"the indices in its chunks' names are not parted by {SEPARATOR!r}")
    grid = _named(header.get("chunk_grid"), "regular")
    chunks = _lengths(grid.get("chunk_shape"), least=1, what="chunk shape")
    if len(chunks) != len(info.shape):
        raise ValueError(f"chunks {chunks} do not tile {info.shape}")
    if inner is not None and (not inner or inner[1:] != chunks[1:] or chunks[0] % inner[0]):
        raise ValueError(f"chunks {inner} do not tile shards of {chunks} along the first axis")
    _check_chunks(info, chunks, name, files)
    return chunks


def inner_shape(header: dict[str, Any]) -> tuple[int, ...] | None:
    """Return the shape of the chunks in an array's shards; None where its files are single chunks.

    Raises ValueError for shards that this store does not write.
    """
    codecs = header.get("codecs")
    if _codecs(codecs) != [_SHARDING]:
        return None
    within = _configuration(codecs[0])  # type: ignore[index]
    chains = {"codecs": ["bytes", "zstd"], "index_codecs": ["bytes", "crc32c"]}
    if within.get("index_location") != "end" or any(_codecs(within.get(key)) != names for key, names in chains.items()):
        raise ValueError(f"its shards are {within!r:.80}")
    return _lengths(within.get("chunk_shape"), least=1, what="chunk shape")


def _check_chunks(info: ArrayInfo, chunks: tuple[int, ...], name: str, files: Collection[str]) -> None:
    if math.prod(chunks) * ITEM_SIZES[info.dtype] > MAX_CHUNK_BYTES:
        raise ValueError(f"chunks of {chunks} are too large")
    if math.prod(math.ceil(length / chunk) for length, chunk in zip(info.shape, chunks, strict=True)) > len(files):
        raise ValueError(f"shape {info.shape} calls for more chunks than there are files")
    for key in chunk_keys(info.shape, chunks):
        if f"{name}/{key}" not in files:
            raise ValueError(f"its chunk {key} is not listed")


def _lengths(value: Any, *, least: int, what: str) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MAX_RANK:
        raise ValueError(f"{value!r:.80} is no {what}")
    if not all(type(length) is int and least <= length <= MAX_LENGTH for length in value):
        raise ValueError(f"{value!r:.80} is no {what}")
    return tuple(value)


def _codecs(codecs: Any) -> Any:
    """Return the names of the codecs if they are of the kind that this store writes, and else `codecs` as they are."""
    if not isinstance(codecs, list) or not all(isinstance(codec, dict) for codec in codecs):
        return codecs
    if codecs and _configuration(codecs[0]).get("endian", "little") != "little":
        return codecs
    return [codec.get("name") for codec in codecs]


def _named(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("name") != name:
        raise ValueError(f"its header has {value!r:.80} where {name!r} belongs")
    return _configuration(value)


def _configuration(value: dict[str, Any]) -> dict[str, Any]:
    configuration = value.get("configuration", {})
    if not isinstance(configuration, dict):
        raise ValueError(f"its header has the configuration {configuration!r:.80}")
    return configuration
