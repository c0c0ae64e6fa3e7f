"""Links, pipes and other people's folders inside a store: nothing is opened, written or removed through them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from haunting import haunt

from posectl.errors import IntegrityError, NotFoundError, PosectlError
from posectl.store import Store, collect
from posectl.store.locks import held, lock_on
from posectl.store.regular import open_below

from .conftest import Publish


@pytest.fixture
def thesis(tmp_path: Path) -> Path:
    """Somebody's folder outside the store."""
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter1.tex").write_text("years")
    return folder


def _link_staging(store: Store, target: Path) -> None:
    (store.path / ".staging").rmdir()
    (store.path / ".staging").symlink_to(target)


def test_gc_does_not_follow_a_link_that_stands_for_staging(store: Store, publish: Publish, thesis: Path) -> None:
    publish()
    _link_staging(store, thesis)
    with pytest.raises(IntegrityError, match="staging is a link"):
        store.gc()
    assert (thesis / "chapter1.tex").read_text() == "years"


def test_nothing_is_written_through_a_link_that_stands_for_staging(
    store: Store, publish: Publish, thesis: Path
) -> None:
    publish()
    _link_staging(store, thesis)
    with pytest.raises(IntegrityError, match="staging is a link"):
        publish()
    with pytest.raises(IntegrityError, match="staging is a link"):
        store.alias("poses", "best")
    with pytest.raises(IntegrityError, match="staging is a link"):
        store.checkpoints("key").load()
    assert os.listdir(thesis) == ["chapter1.tex"]
    assert store.get("poses").read("x").sum() == 0  # reading needs no .staging


def test_gc_removes_links_in_staging_and_not_what_they_lead_to(store: Store, publish: Publish, thesis: Path) -> None:
    publish()
    staging = store.path / ".staging"
    for name in ("a", "b.part", "c.lock", "checkpoints-k"):
        (staging / name).symlink_to(thesis)
    (staging / "d.lock").symlink_to(thesis / "chapter1.tex")
    (staging / "e.lock").symlink_to(thesis / "nothing")
    store.gc(dry_run=True)
    assert len(os.listdir(staging)) == 6
    store.gc()
    assert os.listdir(staging) == []
    assert (thesis / "chapter1.tex").read_text() == "years"
    assert os.listdir(thesis) == ["chapter1.tex"]


def test_gc_leaves_a_lock_that_is_taken_where_a_link_was(
    store: Store, publish: Publish, thesis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    path = store.path / ".staging" / "name-poses.lock"
    path.symlink_to(thesis)
    held_lock, look = lock_on(path), collect.is_file

    def look_too_early(at: Path) -> bool:
        seen = look(at)
        if at == path and path.is_symlink():
            path.unlink()  # as another `gc` does
            assert held_lock.acquire(patience=0)
        return seen

    monkeypatch.setattr(collect, "is_file", look_too_early)
    kept = store.gc().kept
    assert [junk.what.split(" on ")[0] for junk in kept] == [f"in use by process {os.getpid()}"]
    assert not lock_on(path).acquire(patience=0)
    held_lock.release()
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("action", ["alias", "publish", "remove"])
def test_a_lock_that_is_a_link_is_not_written_to(store: Store, publish: Publish, thesis: Path, action: str) -> None:
    publish()
    (store.path / ".staging" / "name-poses.lock").symlink_to(thesis / "chapter1.tex")
    with pytest.raises(IntegrityError, match="is a link"):
        {"alias": lambda: store.alias("poses", "best"), "publish": publish, "remove": lambda: store.remove("poses:v1")}[
            action
        ]()
    assert (thesis / "chapter1.tex").read_text() == "years"
    assert store.versions("poses") == [1]


def test_a_lock_that_is_a_pipe_keeps_nobody_waiting(store: Store, publish: Publish) -> None:
    publish()
    pipe = store.path / ".staging" / "name-poses.lock"
    os.mkfifo(pipe)
    with pytest.raises(IntegrityError, match="is a pipe"), held(pipe):
        pass
    store.gc()
    assert store.alias("poses", "best").version == 1


def test_a_linked_name_is_no_name(store: Store, publish: Publish, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    with other.draft("dataset", "precious") as draft:
        draft.put("x", [1.0])
        draft.publish()
    publish()
    (store.path / "ext").symlink_to(other.path / "precious")
    (store.path / "poses" / "v7").symlink_to(other.path / "precious" / "v1")
    assert store.names() == ["poses"]
    assert store.versions("poses") == [1]
    with pytest.raises(NotFoundError):
        store.remove("ext:v1")
    with pytest.raises(NotFoundError):
        store.remove("poses:v7", force=True)
    with pytest.raises(IntegrityError, match="is a link"):
        publish("ext")
    store.gc()
    assert other.versions("precious") == [1]
    assert {problem.path.name for problem in store.verify()} == {"ext", "v7"}


@pytest.mark.parametrize("file", ["manifest.json", "x/c.0.0", "x/zarr.json", "x"])
def test_an_artifact_is_not_read_through_a_link(store: Store, publish: Publish, tmp_path: Path, file: str) -> None:
    path = publish().path
    moved = tmp_path / "moved"
    (path / file).rename(moved)
    (path / file).symlink_to(moved)
    assert store.verify()
    with pytest.raises(PosectlError):
        store.get("poses").read("x")


@pytest.mark.parametrize("file", ["manifest.json", "x/c.0.0", "aliases.json", "removed.json", "store.json"])
def test_a_pipe_in_a_store_keeps_nobody_waiting(store: Store, publish: Publish, file: str) -> None:
    path = publish().path
    folders = {"store.json": store.path, "aliases.json": path.parent, "removed.json": path.parent}
    place = folders.get(file, path) / file
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    try:
        again = Store(store.path)
        assert again.verify()
        again.artifacts()
        again.gc()
    except PosectlError:
        assert file == "store.json"


def test_a_file_is_found_below_a_folder_by_real_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with open_below(tmp_path, "real/file") as file:
        assert file.read() == b"content"
    with pytest.raises(IntegrityError, match="link is a link"):
        open_below(tmp_path, "link/file")
    with pytest.raises(FileNotFoundError):
        open_below(tmp_path, "real/nothing")


def test_a_store_may_itself_be_reached_through_a_link(store: Store, publish: Publish, tmp_path: Path) -> None:
    publish()
    (tmp_path / "alias").symlink_to(store.path)
    linked = Store(tmp_path / "alias")
    assert linked.get("poses").read("x").shape == (4, 3)
    assert linked.alias("poses", "best").version == 1
    assert linked.verify(level=4) == []


def test_a_store_that_all_may_change_is_said_once(
    store: Store, publish: Publish, caplog: pytest.LogCaptureFixture
) -> None:
    publish()
    Store(store.path)
    assert caplog.text == ""
    store.path.chmod(0o777)
    for _ in range(3):
        Store(store.path)
    assert caplog.text.count("Any user may change the store") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root alone gives files away")
def test_a_store_of_another_user_is_said_once(store: Store, publish: Publish, caplog: pytest.LogCaptureFixture) -> None:
    publish()
    os.chown(store.path, 12345, 12345)
    for _ in range(3):
        assert Store(store.path).get("poses").version == 1
    assert caplog.text.count("belongs to another user") == 1


def test_processes_lose_nothing_in_a_haunted_store(tmp_path: Path) -> None:
    done = haunt(4.0, tmp_path, processes=4)
    assert int(done.split(", ")[-1].split()[0]) > 0, done
