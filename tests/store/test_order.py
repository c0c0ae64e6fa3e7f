"""The order of publication, and what is read while it is removed."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from killing import forget_draft

from posectl.errors import IntegrityError, NotFoundError
from posectl.store import Store, provenance
from posectl.store.files import digest_of
from posectl.store.layout import Layout
from posectl.store.locks import Lock
from posectl.store.sealed import decode, encode, seal, unseal

from .conftest import Publish


def _change(path: Path, **fields: Any) -> None:
    manifest = unseal((path / "manifest.json").read_bytes()) | fields
    (path / "manifest.json").write_bytes(seal({k: v for k, v in manifest.items() if k != "sequence" or v is not None}))


def test_newest_holds_when_the_clock_is_set_back(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("first")
    monkeypatch.setattr(provenance, "now", lambda: "2001-01-01T00:00:00.000000Z")
    assert publish("second").sequence == 2
    assert store.newest("dataset").name == "second"
    assert [each.name for each in store.artifacts()] == ["first", "second"]


def test_artifacts_without_a_number_come_first_by_their_time(store: Store, publish: Publish) -> None:
    for name, day in (("b", 2), ("a", 3), ("c", 1)):
        _change(publish(name).path, created=f"2024-01-0{day}T00:00:00Z", sequence=None)
    publish("d")
    assert [each.name for each in store.artifacts()] == ["c", "b", "a", "d"]


def test_the_next_number_is_above_the_largest_there(store: Store, publish: Publish, tmp_path: Path) -> None:
    _change(publish("far").path, sequence=41)
    assert publish("near").sequence == 42
    store.export("near", tmp_path / "near.zip")
    other = Store(tmp_path / "other")
    other.import_(tmp_path / "near.zip")
    with other.draft("dataset", "own") as draft:
        draft.put("x", [1.0])
        assert draft.publish().sequence == 43


def test_a_name_that_goes_meanwhile_keeps_no_publication_from_its_number(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("here")
    names = Layout.names
    monkeypatch.setattr(Layout, "names", lambda self: ["gone", *names(self)])
    assert publish("next").sequence == 2


def test_a_number_is_not_given_again_when_a_removal_comes_between(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process publishes v2 and removes it between a publisher's look for the next number and its rename: it
    cannot, for the publisher holds the name's lock, and so the removal is refused here at once."""
    from posectl.store.locks import Lock

    publish()
    plain, acquire = Layout.next_version, Lock.acquire
    locked = []

    def looked(layout: Layout, name: str) -> int:
        number = plain(layout, name)
        locked.append(acquire(Lock(layout.name_lock(name)), patience=0))
        return number

    monkeypatch.setattr(Layout, "next_version", looked)
    publish()
    assert locked == [False]


def test_what_was_removed_is_not_called_damaged(store: Store, publish: Publish) -> None:
    publish()
    opened = store.get("poses")
    unread = store.locate("poses")
    store.remove("poses:v1")
    with pytest.raises(NotFoundError, match="removed meanwhile"):
        opened.read("x")
    with pytest.raises(NotFoundError, match="removed meanwhile"):
        opened.check_sizes()
    with pytest.raises(NotFoundError, match="removed meanwhile"):
        _ = unread.manifest


def test_newest_passes_over_what_is_removed_meanwhile(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("first")
    second = publish("second").path
    load = Store._load

    def then_remove(self: Store, kind: str | None, name: str | None) -> Any:
        found = load(self, kind, name)
        shutil.rmtree(second, ignore_errors=True)
        return found

    monkeypatch.setattr(Store, "_load", then_remove)
    assert store.newest("dataset").name == "first"


def _resealed(data: bytes, old: bytes, new: bytes) -> bytes:
    blank = encode(unseal(data) | {"seal": ""}).replace(old, new)
    head, mark, tail = blank.partition(b'\n "seal": "')
    return head + mark + hashlib.sha256(blank).hexdigest().encode() + tail


ODD = {
    "huge size": lambda data: _forged(data, 10**400),
    "1e999": lambda data: _resealed(data, b'"summary": {}', b'"summary": {"x": 1e999}'),
    "surrogate": lambda data: _resealed(data, b'"created": "2', b'"created": "\\ud8002'),
    "config": lambda data: seal(unseal(data) | {"config": {"x": 5}}),
    "config of wrong keys": lambda data: seal(unseal(data) | {"config": {"x": {"v": 1}}}),
    "created": lambda data: seal(unseal(data) | {"created": "yesterday"}),
    "created nowhere": lambda data: seal(unseal(data) | {"created": "2024-01-01T00:00:00"}),
    "sequence": lambda data: seal(unseal(data) | {"sequence": "first"}),
    "kind": lambda data: seal(unseal(data) | {"kind": ["model"]}),
    "schema": lambda data: seal(unseal(data) | {"schema": True}),
    "summary": lambda data: seal(unseal(data) | {"summary": [1]}),
    "software": lambda data: seal(unseal(data) | {"software": "none"}),
    "no object": lambda data: b"[1]",
}


def _forged(data: bytes, size: int) -> bytes:
    manifest = unseal(data)
    manifest["files"][0]["size"] = size
    return seal(manifest | {"digest": digest_of(manifest["files"])})


@pytest.mark.parametrize("odd", ODD)
def test_one_odd_manifest_hides_no_other_artifact(
    store: Store, publish: Publish, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = publish("odd").path / "manifest.json"
    publish("innocent")
    path.write_bytes(ODD[odd](path.read_bytes()))
    assert [each.name for each in store.artifacts()] == ["innocent"]
    assert str(path) in caplog.text
    assert {problem.ref for problem in store.verify()} == {"odd:v1"}
    publish("innocent")


@pytest.mark.parametrize("text", ["1e999", "-1e999", '"\\udfff"', '{"\\ud800": 1}', "1" * 301, "NaN"])
def test_strict_json_refuses_what_no_other_reader_would_take(text: str) -> None:
    with pytest.raises(ValueError, match=r"large|surrogate|JSON"):
        decode(text.encode())
    assert decode(json.dumps("😀").encode()) == "😀"


def test_gc_goes_on_when_a_file_vanishes(store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    from posectl.store import collect

    publish()
    for name in ("a", "b"):
        (store.path / ".staging" / name).mkdir()
        (store.path / ".staging" / name / "file").write_text("x")
    walk = collect.walk

    def vanishing(folder: Path) -> Any:
        shutil.rmtree(folder)
        return walk(folder)

    monkeypatch.setattr(collect, "walk", vanishing)
    assert [junk.path.name for junk in store.gc().removed] == ["a", "b"]


def test_integrity_is_still_told_of_what_is_there(store: Store, publish: Publish) -> None:
    path = publish().path
    (path / "manifest.json").unlink()
    with pytest.raises(IntegrityError, match="no manifest"):
        _ = store.locate("poses").manifest


def test_gc_goes_on_when_a_link_takes_a_locks_place(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish()
    forget_draft(store, "poses")
    (lock,) = store.layout.staging.glob("*.lock")
    (tmp_path / "precious").write_text("years")
    monkeypatch.setattr(Lock, "is_abandoned", lambda self: _replace_by_link(lock, tmp_path / "precious"))
    assert [junk.what for junk in store.gc().kept] == ["no file of a store"]
    monkeypatch.undo()
    store.gc()
    assert list(store.layout.staging.iterdir()) == []
    assert (tmp_path / "precious").read_text() == "years"


def _replace_by_link(path: Path, target: Path) -> bool:
    path.unlink()
    path.symlink_to(target)
    return True
