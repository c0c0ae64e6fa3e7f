"""Bytes from anywhere into the store's parsers: nothing but PosectlError may come out of them.

    pip install atheris
    python tests/fuzz_store.py archive -max_total_time=600

Each target takes bytes; tests/store/test_fuzz.py runs the same ones under Hypothesis.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from posectl.errors import PosectlError
from posectl.store import ArrayInfo, Ref, Store
from posectl.store.files import digest_of, inventory
from posectl.store.headers import check_header
from posectl.store.sealed import decode, encode, plain, seal, unseal


def fuzz_ref(data: bytes) -> None:
    """Any text is a ref or is refused."""
    try:
        ref = Ref.parse(data.decode("utf-8", "replace"))
        if ref.path is None:
            _given().get(ref)
    except PosectlError:
        pass


def fuzz_json(data: bytes) -> None:
    """What strict JSON takes, it writes again to the same value."""
    try:
        value = decode(data)
    except ValueError:
        return
    assert encode(decode(encode(value))) == encode(value)


def fuzz_header(data: bytes) -> None:
    """A header is believed only if it says what the manifest says."""
    info = ArrayInfo((4, 3), "float32", ("sample", "axis"))
    try:
        header = decode(data)
        chunks = check_header(header, info, "x", {"x/c.0.0", "x/c.1.0", "x/zarr.json"})
    except ValueError:
        return
    assert header["shape"] == [4, 3]
    assert chunks in ((4, 3), (2, 3), (3, 3)) or (chunks[0] >= 2 and chunks[1] >= 3)


def fuzz_manifest(data: bytes) -> None:
    """A manifest with a sound seal and any content: an artifact that reads, or PosectlError."""
    store = _given()
    path = store.path / "small" / "v1" / "manifest.json"
    whole = path.read_bytes()
    try:
        change = decode(data)
    except ValueError:
        change = {}
    fields = {**unseal(whole), **change} if isinstance(change, dict) else {}
    fields.pop("seal", None)
    _with_file(path, data, lambda: _read_all(store))
    _with_file(path, seal(plain(fields)), lambda: _read_all(store))
    assert path.read_bytes() == whole


def fuzz_chunk(data: bytes) -> None:
    """Any bytes as a chunk, of numbers and of text, under digests that vouch for them."""
    store = _given()
    folder = store.path / "small" / "v1"
    manifest = unseal((folder / "manifest.json").read_bytes())
    for name in ("x/c.0", "label/c.0"):

        def forged() -> None:
            files = [entry for entry in inventory(folder) if entry["path"] != "manifest.json"]
            forgery = seal({**manifest, "files": files, "digest": digest_of(files)})
            _with_file(folder / "manifest.json", forgery, lambda: _read_all(store))

        _with_file(folder / name, data, forged)


def fuzz_archive(data: bytes) -> None:
    """Any bytes as an archive: artifacts that verify, or PosectlError and nothing written."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "x.zip").write_bytes(data)
        store = Store(folder / "store")
        try:
            store.import_(folder / "x.zip")
        except PosectlError:
            assert store.names() == []
        assert store.verify(level=3) == []
        assert {path.name for path in folder.iterdir()} <= {"x.zip", "store"}
    finally:
        shutil.rmtree(folder)


def fuzz_store_mark(data: bytes) -> None:
    """Any bytes as store.json."""
    store = _given()

    def opened() -> None:
        with suppress(PosectlError):
            Store(store.path).names()

    _with_file(store.path / "store.json", data, opened)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "ref": fuzz_ref,
    "json": fuzz_json,
    "header": fuzz_header,
    "manifest": fuzz_manifest,
    "chunk": fuzz_chunk,
    "archive": fuzz_archive,
    "mark": fuzz_store_mark,
}


@cache
def _given() -> Store:
    """A store with one small artifact, made once a process."""
    store = Store(Path(tempfile.mkdtemp()) / "store")
    with store.draft("samples", "small") as draft:
        draft.put("x", np.arange(12.0))
        draft.put("label", np.array(["walk", "run"]))
        draft.publish()
    return store


def seeds(target: str) -> list[bytes]:
    """What the target takes, for a fuzzer to change."""
    folder = _given().path / "small" / "v1"
    if target == "archive":
        archive = _given().path.parent / "small.zip"
        _given().export("small", archive)
        return [archive.read_bytes()]
    if target == "chunk":
        return [(folder / "x" / "c.0").read_bytes(), (folder / "label" / "c.0").read_bytes()]
    if target == "manifest":
        manifest = unseal((folder / "manifest.json").read_bytes())
        return [json.dumps({key: value}).encode() for key, value in manifest.items()]
    if target == "header":
        return [(folder / "x" / "zarr.json").read_bytes().replace(b"12", b"4,3")]
    if target == "mark":
        return [(_given().path / "store.json").read_bytes()]
    return [b"small:v1#3", b"sha256:0123", b'{"a": [1, 2.5, null, true, "x"]}']


def _read_all(store: Store) -> None:
    try:
        artifact = store.get("small")
        for name in artifact.arrays():
            artifact.read(name)
        properties: list[Any] = [artifact.kind, artifact.parents, artifact.config, artifact.summary, artifact.about]
        encode(properties)
        store.log("small")
    except PosectlError:
        pass
    store.verify(level=4)
    store.artifacts()


def _with_file(path: Path, data: bytes, action: Callable[[], None]) -> None:
    """Does something while a file holds other bytes."""
    whole = path.read_bytes()
    path.write_bytes(data)
    try:
        action()
    finally:
        path.write_bytes(whole)


def main() -> None:
    """Runs one target under atheris, until it finds something or is stopped."""
    import atheris

    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"{__doc__}\nTargets: {', '.join(TARGETS)}")
    target = sys.argv.pop(1)
    corpus = Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(seed)
    logging.disable(logging.WARNING)
    atheris.instrument_all()
    atheris.Setup([*sys.argv, str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
