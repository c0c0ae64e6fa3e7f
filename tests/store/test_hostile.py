"""Artifacts whose every digest is right, made by somebody who means harm: refused before anything is allocated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posectl.errors import IntegrityError, InvalidInputError, PosectlError
from posectl.store import Store
from posectl.store.files import digest_of, inventory
from posectl.store.headers import ArrayInfo, check_header
from posectl.store.sealed import encode, seal, unseal

from .conftest import Publish

Json = dict[str, Any]


def _forge(folder: Path, change: Callable[[Json], None], file: str = "manifest.json") -> None:
    """Changes one JSON file of an artifact, and makes every size, sha256, digest and seal right again."""
    manifest = unseal((folder / "manifest.json").read_bytes())
    if file == "manifest.json":
        change(manifest)
    else:
        header = json.loads((folder / file).read_bytes())
        change(header)
        (folder / file).write_bytes(json.dumps(header).encode())
        (folder / "manifest.json").unlink()
        manifest["files"] = inventory(folder)
    if isinstance(manifest.get("files"), list) and file != "manifest.json":
        manifest["digest"] = digest_of(manifest["files"])
    (folder / "manifest.json").write_bytes(seal(manifest))


def _set(path: str, value: Any) -> Callable[[Json], None]:
    def change(fields: Json) -> None:
        *parents, last = path.split(".")
        for key in parents:
            fields = fields[int(key)] if isinstance(fields, list) else fields[key]
        fields[int(last) if isinstance(fields, list) else last] = value

    change.__name__ = f"{path}={value!r:.40}"
    return change


def test_a_forgery_that_changes_nothing_is_accepted(store: Store, publish: Publish) -> None:
    path = publish("poses", 2.0).path
    _forge(path, lambda header: None, "x/zarr.json")
    assert store.get("poses").read("x")[0, 0] == 2.0


HEADERS = [
    _set("shape", [10**15, 3]),
    _set("shape", [-1, 3]),
    _set("shape", [4]),
    _set("shape", [True, 3]),
    _set("shape", "4"),
    _set("data_type", "object"),
    _set("data_type", "float64"),
    _set("data_type", {"name": "fixed_length_utf32", "configuration": {"length_bytes": 10**12}}),
    _set("chunk_grid.configuration.chunk_shape", [0, 3]),
    _set("chunk_grid.configuration.chunk_shape", [-4, 3]),
    _set("chunk_grid.configuration.chunk_shape", [10**12, 3]),
    _set("chunk_grid.configuration.chunk_shape", [4]),
    _set("chunk_grid.configuration.chunk_shape", [1, 1]),
    _set("chunk_grid.configuration", 3),
    _set("chunk_grid", {"name": "rectangular"}),
    _set("codecs", [{"name": "bytes"}, {"name": "evil"}]),
    _set("codecs", [{"name": "vlen-bytes"}]),
    _set("codecs", []),
    _set("codecs", None),
    _set("codecs.0.configuration.endian", "big"),
    _set("chunk_key_encoding.configuration.separator", "/"),
    _set("chunk_key_encoding", {"name": "v2"}),
    _set("storage_transformers", [{"name": "evil"}]),
    _set("zarr_format", 4),
    _set("node_type", "group"),
    _set("dimension_names", ["sample"]),
    _set("fill_value", "text"),
]


@pytest.mark.parametrize("change", HEADERS, ids=lambda change: change.__name__)
def test_a_hostile_array_header_is_refused(store: Store, publish: Publish, change: Callable[[Json], None]) -> None:
    path = publish("poses", 2.0).path
    _forge(path, change, "x/zarr.json")
    with pytest.raises(IntegrityError):
        store.get("poses").read("x")
    assert store.verify(level=3)


MANIFESTS = [
    _set("files.0.path", "../outside"),
    _set("files.0.path", "/etc/passwd"),
    _set("files.0.path", "x\\y"),
    _set("files.0.path", "x/../../y"),
    _set("files.0.path", ""),
    _set("files.0.path", 3),
    _set("files.0.path", "zarr.json"),
    _set("files.0.path", "X/c.0.0"),
    _set("files.0.path", "manifest.json"),
    _set("files.0.size", -1),
    _set("files.0.size", True),
    _set("files.0.size", 10**18),
    _set("files.0", []),
    _set("files", {}),
    _set("files", None),
    _set("digest", "0" * 64),
    _set("arrays", []),
    _set("arrays.x", {}),
    _set("arrays.x.shape", [10**30]),
    _set("arrays.x.shape", [4, 3.0]),
    _set("arrays.x.shape", [1] * 40),
    _set("arrays.x.dtype", "object"),
    _set("arrays.x.dims", ["sample"]),
    _set("arrays.x.sha256", None),
    _set("name", "../x"),
    _set("name", 3),
    _set("parents", [{"role": "dataset"}]),
    _set("parents", [["a", "b", "c"]]),
    _set("config", []),
    _set("created", None),
    _set("schema", "1"),
    _set("schema", 0),
    _set("schema", True),
    _set("kind", "unheard-of"),
    _set("kind", ["model"]),
    _set("kind_version", -1),
]


@pytest.mark.parametrize("change", MANIFESTS, ids=lambda change: change.__name__)
def test_a_hostile_manifest_is_refused(store: Store, publish: Publish, change: Callable[[Json], None]) -> None:
    path = publish("poses", 2.0).path
    publish("other", 1.0)
    _forge(path, change)
    with pytest.raises((IntegrityError, InvalidInputError)):
        store.get("poses").read("x")
    assert store.verify("poses")
    assert [artifact.ref for artifact in store.artifacts()] in (["other:v1"], ["poses:v1", "other:v1"])


@pytest.mark.parametrize("change", [_set("schema", 2), _set("kind_version", 2)], ids=lambda change: change.__name__)
def test_a_manifest_of_a_newer_release_says_so(store: Store, publish: Publish, change: Callable[[Json], None]) -> None:
    _forge(publish("poses").path, change)
    with pytest.raises(InvalidInputError, match="written by a newer posectl") as error:
        store.get("poses")
    assert "pip install -U" in error.value.hint


def test_shape_and_manifest_that_agree_on_an_absurdity_are_refused(store: Store, publish: Publish) -> None:
    path = publish("poses", 2.0).path
    for shape, chunks in [([2**40, 3], [2**40, 3]), ([2**40, 3], [4, 3]), ([2**20, 2**20], [1, 2**20])]:
        _forge(path, _set("shape", shape), "x/zarr.json")
        _forge(path, _set("chunk_grid.configuration.chunk_shape", chunks), "x/zarr.json")
        _forge(path, _set("arrays.x.shape", shape))
        with pytest.raises(IntegrityError, match=r"too large|more chunks than|is not listed"):
            store.get("poses").read("x")


@pytest.mark.parametrize(
    "chunk",
    [
        b"",
        b"garbage that is no zstd frame",
        b"\x28\xb5\x2f\xfd",
        b"\x28\xb5\x2f\xfd\xe0" + (2**60).to_bytes(8, "little") + b"\x01\x00\x00",  # declares an exabyte
        b"\x28\xb5\x2f\xfd\x00\x58\x01\x00\x00",  # declares nothing
        b"\x28\xb5\x2f\xfd\x20\x30\x81\x01\x00" + b"x" * 40,  # 48 bytes, but cut short
        b"\x28\xb5\x2f\xfd\x20\x04\x21\x00\x00abcd",  # 4 bytes where 48 belong
    ],
)
def test_a_hostile_chunk_is_refused(store: Store, publish: Publish, chunk: bytes) -> None:
    path = publish("poses", 2.0).path
    for name in ("x/c.0.0", "label/c.0"):
        (path / name).write_bytes(chunk)
    _forge(path, lambda header: None, "x/zarr.json")
    for name in ("x", "label"):
        with pytest.raises(IntegrityError):
            store.get("poses").read(name)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"[" * 50_000, b'{"seal": "x", "seal": "y"}', b"\xff\xfe", b"NaN"]
)
def test_a_manifest_that_is_no_manifest_is_refused(store: Store, publish: Publish, data: bytes) -> None:
    path = publish("poses").path / "manifest.json"
    for content in (data, seal({"files": data.decode("latin-1")})):
        path.write_bytes(content)
        with pytest.raises(PosectlError):
            store.get("poses")
        assert store.verify()


def test_headers_that_zarr_would_list_differently_are_noticed(store: Store, publish: Publish) -> None:
    path = publish("poses", 2.0).path
    _forge(path, _set("consolidated_metadata.metadata.x.shape", [3, 4]), "zarr.json")
    assert store.verify() == []
    assert [problem.message for problem in store.verify(level=3)] == [
        "zarr.json does not repeat the headers of the arrays"
    ]


def test_values_that_are_not_those_that_were_put_are_noticed(store: Store, publish: Publish) -> None:
    _forge(publish("poses", 2.0).path, _set("arrays.x.sha256", "0" * 64))
    assert store.verify() == []
    assert [problem.message for problem in store.verify(level=3)] == ["the values of x are not those that were put"]


def test_a_header_is_checked_against_the_files_that_are_listed() -> None:
    info = ArrayInfo((4, 3), "float32", ("a", "b"))
    header = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [4, 3],
        "data_type": "float32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "codecs": [{"name": "bytes"}, {"name": "zstd"}],
        "dimension_names": ["a", "b"],
    }
    assert check_header(header, info, "x", {"x/c.0.0": 1, "x/c.1.0": 1}) == (2, 3)
    with pytest.raises(ValueError, match=r"c\.1\.0 is not listed"):
        check_header(header, info, "x", {"x/c.0.0": 1, "x/c.0.1": 1})


def test_nothing_that_the_store_writes_is_a_pickle(store: Store, publish: Publish) -> None:
    publish("poses", 1.0)
    store.checkpoints("k").save(1, {"w": np.zeros(3)}, {"a": 1})
    for path in store.path.rglob("*"):
        if path.is_file():
            assert not path.read_bytes().startswith(b"\x80"), path
            assert path.suffix in {".json", ""} or path.name.startswith("c"), path


def test_encoding_is_one_to_one() -> None:
    assert encode({"b": 1, "a": [1.5, None]}) == b'{\n "a": [\n  1.5,\n  null\n ],\n "b": 1\n}\n'
