"""A bundle is a folder of arrays under one sealed manifest.json; artifacts and checkpoints are bundles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posectl.errors import IntegrityError, InvalidInputError, NotFoundError, did_you_mean
from posectl.store import durable
from posectl.store.files import FileEntry, check_paths, digest_of, inventory, size_of, walk
from posectl.store.headers import ArrayInfo
from posectl.store.sealed import MAX_BYTES, read_sealed, seal

if TYPE_CHECKING:
    import numpy as np

    from posectl.store.arrays import ArrayWriter

MANIFEST = "manifest.json"
_LARGEST = 2**60  # bytes of a file
_RESERVED = {MANIFEST, "zarr.json"}
_HINT = "`posectl store verify` says what is damaged; restore it from a copy, or make it again."


class Bundle:
    """A finished bundle, for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @cached_property
    def sealed(self) -> dict[str, Any]:
        """The manifest's fields as they lie on the disk; raises IntegrityError if a byte of it changed."""
        with durable.storage_errors(f"read {self.path / MANIFEST}"):
            try:
                fields = read_sealed(self.path / MANIFEST)
            except (FileNotFoundError, NotADirectoryError) as error:
                self._raise_if_removed()
                raise IntegrityError(f"{self.path} has no {MANIFEST}.", _HINT) from error
        try:
            _check_inventory(fields)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise IntegrityError(f"{self.path / MANIFEST} cannot be what was published: {error}.", _HINT) from error
        return fields

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest's fields."""
        return self.sealed

    @cached_property
    def files(self) -> dict[str, FileEntry]:
        """The files under the manifest, by path."""
        return {entry["path"]: entry for entry in self.sealed["files"]}

    @property
    def digest(self) -> str:
        """The sha256 over the files' paths, sizes and sha256."""
        return str(self.sealed["digest"])

    @property
    def size(self) -> int:
        """The bytes of all the files, by the manifest."""
        return sum(entry["size"] for entry in self.files.values())

    def fetch(self, part: str = "") -> None:
        """Have the files whose paths begin with `part` in the folder, where they are already."""

    def check_sizes(self) -> None:
        """Raise IntegrityError unless every file is there in its size."""
        with durable.storage_errors(f"look at {self.path}"):
            sizes = {name: size_of(self.path / name) for name in self.files}
        for name, entry in self.files.items():
            if (size := sizes[name]) != entry["size"]:
                self._raise_if_removed()
                how = "is missing" if size is None else f"holds {size} bytes instead of {entry['size']}"
                raise IntegrityError(f"{self.path / name} {how}.", _HINT)

    def arrays(self) -> dict[str, ArrayInfo]:
        """Return every array's shape, dtype and axes, by name."""
        return dict(self._arrays)

    def has(self, name: str) -> bool:
        """Return whether there is an array of this name."""
        return name in self._arrays

    def read(self, name: str, rows: slice | None = None) -> np.ndarray:
        """Return an array, or the slice `rows` of its first axis; raise IntegrityError if a byte of it has changed."""
        from posectl.store.arrays import read_array

        if name not in self._arrays:
            raise NotFoundError(f"{self.path} has no array {name!r}.", did_you_mean(name, self._arrays))
        self.fetch(f"{name}/")
        with durable.storage_errors(f"read {self.path / name}"):
            try:
                return read_array(self.path, name, self._arrays[name], self.files, rows)
            except IntegrityError:
                self._raise_if_removed()
                raise

    def _raise_if_removed(self) -> None:
        if not self.path.is_dir():
            raise NotFoundError(f"{self.path} was removed meanwhile.", "See `posectl store ls`.")

    def row_blocks(self, name: str, size: int = 2**24) -> list[slice | None]:
        """Return slices of an array's first axis that cover it, of some `size` bytes and of whole files."""
        from posectl.store.arrays import read_chunks

        info = self._arrays[name]
        self.fetch(f"{name}/zarr.json")
        rows = read_chunks(self.path, name, info, self.files)[:1] or (1,)
        return info.row_blocks(rows[0], size)

    def read_group(self, group: str) -> dict[str, np.ndarray]:
        """Return every array under `group`, by its name within it; empty where there is none."""
        start = f"{group}/"
        return {name.removeprefix(start): self.read(name) for name in self._arrays if name.startswith(start)}

    @cached_property
    def _arrays(self) -> dict[str, ArrayInfo]:
        return {name: ArrayInfo.parse(entry) for name, entry in self.sealed["arrays"].items()}


class BundleWriter:
    """A bundle being filled with arrays, until `finish`."""

    def __init__(self, path: Path) -> None:
        from posectl.store import arrays

        self.path = path
        self._arrays: dict[str, ArrayInfo] = {}
        self._open: dict[str, ArrayWriter] = {}
        self._expected = {"zarr.json"}
        arrays.make_group(path)

    def put(self, name: str, values: Any, dims: tuple[str, ...] | None = None) -> None:
        """Write an array; "/" in `name` makes groups.

        dims: a name for each axis; one name within a group means one length, as xarray has it. Where none are given,
        the axes bear names of their own. Raises InvalidInputError on a name taken or unfit, dims that do not match the
        shape, and objects.
        """
        from posectl.store import arrays

        values = arrays.storable(name, values)
        if dims is None:
            dims = tuple(f"{name.rpartition('/')[2]}_{axis}" for axis in range(values.ndim))
        self._list(name, *self._writer(name, values.shape, values.dtype, dims).put(values))

    def begin(self, name: str, shape: tuple[int, ...], dtype: Any, dims: tuple[str, ...]) -> None:
        """Begin an array of numbers that comes in blocks of rows, by `append`; its files are those of `put`."""
        self._open[name] = self._writer(name, shape, dtype, dims)

    def append(self, name: str, rows: np.ndarray) -> None:
        """Write the next rows of an array that was begun."""
        self._open[name].append(rows)

    def _writer(self, name: str, shape: tuple[int, ...], dtype: Any, dims: tuple[str, ...]) -> ArrayWriter:
        from posectl.store import arrays

        self._check(name, shape, dims)
        return arrays.ArrayWriter(self.path, name, shape, dtype, dims)

    def _list(self, name: str, info: ArrayInfo, keys: list[str]) -> None:
        self._arrays[name] = info
        nodes = name.split("/")
        self._expected |= {"/".join([*nodes[:depth], "zarr.json"]) for depth in range(1, len(nodes) + 1)}
        self._expected |= {f"{name}/{key}" for key in keys}

    def finish(self, fields: Mapping[str, Any]) -> None:
        """Write manifest.json with `fields` and an inventory, once everything else is on the disk."""
        from posectl.store import arrays

        for name, writer in self._open.items():
            self._list(name, *writer.finish())
        arrays.consolidate(self.path)
        self._check_complete()
        durable.fsync_tree(self.path)
        files = inventory(self.path)
        listed = {name: info.entry() for name, info in self._arrays.items()}
        fields = {**fields, "files": files, "digest": digest_of(files), "arrays": listed}
        data = seal(fields)
        if len(data) > MAX_BYTES:
            raise InvalidInputError(
                f"The manifest would take {len(data)} bytes.", "Put long lists of figures in arrays."
            )
        durable.write_file(self.path / MANIFEST, data)
        durable.fsync(self.path)

    def _check(self, name: str, shape: tuple[int, ...], dims: tuple[str, ...]) -> None:
        try:
            check_paths([*self._arrays, *self._open, name])
        except ValueError as error:
            raise InvalidInputError(f"An array cannot be named {name!r}: {error}.") from error
        if _RESERVED & set(name.split("/")):
            raise InvalidInputError(f"An array cannot be named {name!r}: the store has a file of that name.")
        if len(dims) != len(shape) or len(set(dims)) != len(dims):
            raise InvalidInputError(f"The dims {dims} do not name the axes of {name!r}, whose shape is {shape}.")
        group = name.rpartition("/")[0]
        lengths = {
            dim: length
            for other, info in self._arrays.items()
            if other.rpartition("/")[0] == group
            for dim, length in zip(info.dims, info.shape, strict=True)
        }
        for dim, length in zip(dims, shape, strict=True):
            if lengths.get(dim, length) != length:
                raise InvalidInputError(f"The axis {dim!r} of {name!r} is {length} long, but {lengths[dim]} elsewhere.")

    def _check_complete(self) -> None:
        if differing := self._expected ^ set(walk(self.path)):
            raise IntegrityError(f"{self.path / min(differing)} was not written as it should be.", "Run it again.")


def _check_inventory(fields: dict[str, Any]) -> None:
    """Raise ValueError and its like unless the files and arrays that a manifest lists could lie in its folder."""
    files = fields["files"]
    if any(entry.keys() != {"path", "size", "sha256"} for entry in files):
        raise ValueError("a file has a path, a size and a sha256")
    if any(type(entry["size"]) is not int or not 0 <= entry["size"] < _LARGEST for entry in files):
        raise ValueError("a file's size is a number")
    check_paths([*(entry["path"] for entry in files), MANIFEST])
    if fields["digest"] != digest_of(files):
        raise ValueError("its digest is not that of its files")
    check_paths(fields["arrays"])
    for entry in fields["arrays"].values():
        ArrayInfo.parse(entry)
