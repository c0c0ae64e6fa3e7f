"""A full disk, a limit on file sizes, a disk that cannot be written: one sentence, nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soak
from users import as_user, only_root

from posectl.errors import ExitCode, PosectlError, UnavailableError
from posectl.store import Store, durable
from posectl.store.locks import lock_until_closed

from .conftest import Publish


def test_a_limit_on_file_sizes_lets_no_half_version_appear(tmp_path: Path) -> None:
    messages = soak.fill_by_limit(12, tmp_path / "full")
    assert messages[-1] == "", "the last limit is enough for all"
    failed = [message for message in messages if message]
    assert len(failed) >= 6
    assert all("File too large" in message and "ulimit -f" in message for message in failed)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("function", ["rename_new", "write_file", "fsync_tree", "make_folder"])
def test_an_error_of_the_disk_is_one_sentence_and_a_hint(
    store: Store,
    publish: Publish,
    staging: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    code: int,
) -> None:
    publish("poses", 1.0)

    def fail(*arguments: object) -> None:
        raise OSError(code, os.strerror(code), "/somewhere")

    with monkeypatch.context() as patch:
        patch.setattr(durable, function, fail)
        with pytest.raises(UnavailableError) as error:
            publish("poses", 2.0)
    assert os.strerror(code) in error.value.message
    assert error.value.message.count(".") >= 1
    assert error.value.hint
    assert error.value.exit_code == ExitCode.UNAVAILABLE
    assert store.versions("poses") == [1]
    assert staging() == []
    assert publish("poses", 3.0).ref == "poses:v2"


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PosectlError):
        Store(tmp_path / "file" / "artifacts").draft("scores", "any")
    with pytest.raises(UnavailableError, match="Cannot begin the scores 'any'"):
        Store(Path("/proc/artifacts")).draft("scores", "any")


@only_root
def test_a_store_that_may_only_be_read_is_read(store: Store, publish: Publish) -> None:
    publish("poses", 1.0)
    with tempfile.TemporaryDirectory() as temporary:  # pytest's own folders are closed to nobody
        folder = Path(temporary)
        folder.chmod(0o755)
        shutil.copytree(store.path, folder / "artifacts")
        (folder / "out").mkdir()
        (folder / "out").chmod(0o777)
        given = Store(folder / "artifacts")
        archive = folder / "out" / "x.zip"
        store.export("poses", archive)
        store.import_(archive)  # so that all modules are loaded, for nobody may not be let to them either
        archive.unlink()
        with as_user():
            newest = given.newest("dataset")
            assert newest is not None
            assert newest.read("x")[0, 0] == 1.0
            assert given.verify(level=4) == []
            assert given.gc().removed == []
            given.export("poses", archive)
            for change in (
                lambda: given.draft("dataset", "poses"),
                lambda: given.alias("poses", "best"),
                lambda: given.remove("poses"),
                lambda: given.import_(archive),
                lambda: given.checkpoints("k").save(1, {}, {}),
                lambda: Store(folder / "new").draft("dataset", "poses"),
            ):
                with pytest.raises(UnavailableError, match="Permission denied") as error:
                    change()
                assert "ask its owner" in error.value.hint
        assert [path.name for path in folder.rglob("*.lock")] == []
        given.path.chmod(0)
        with as_user(), pytest.raises(UnavailableError, match="Permission denied"):
            given.names()
        with as_user(), pytest.raises(UnavailableError, match="Permission denied"):
            Store(given.path)


def test_what_failed_first_is_what_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        with store.draft("dataset", "poses") as draft:
            draft.put("x", np.zeros(3))
            monkeypatch.setattr(durable, "remove_tree", lambda path: (_ for _ in ()).throw(OSError(errno.EIO, "later")))
            raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        fail()


def test_rename_new_never_replaces(tmp_path: Path) -> None:
    for name in ("source", "taken"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "file").write_text("x")
    assert not durable.rename_new(tmp_path / "source", tmp_path / "taken")
    assert not durable.rename_new(tmp_path / "source", tmp_path / "file")
    assert (tmp_path / "taken" / "file").read_text() == "taken"
    assert durable.rename_new(tmp_path / "source", tmp_path / "free")
    assert (tmp_path / "free" / "file").read_text() == "source"


@pytest.mark.parametrize("nameless", [True, False])
def test_new_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool) -> None:
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    path = tmp_path / "x.zip"
    for content in (b"old", b"new"):
        with durable.new_file(path) as file:
            file.write(content)
            assert path.exists() == (content == b"new")
        assert path.read_bytes() == content
    with pytest.raises(KeyError), durable.new_file(path) as file:
        file.write({}["missing"])
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["x.zip"]


KILLED = """
import os, signal, sys
from pathlib import Path
from posectl.store import durable
if sys.argv[2] == "named":
    vars(os).pop("O_TMPFILE", None)
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with durable.new_file(Path(sys.argv[1])) as file:
    file.write(b"new")
"""


@pytest.mark.parametrize("kind", ["nameless", "named"])
def test_what_a_kill_leaves_beside_an_older_file_goes_with_the_next_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x[1].zip"
    path.write_bytes(b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), kind])
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    other = tmp_path / ".x[1].zip.1.part"  # of a writer that lives
    with other.open("xb") as held:
        assert lock_until_closed(held)
        with durable.new_file(path) as file:
            file.write(b"newer")
    assert path.read_bytes() == b"newer"
    assert sorted(tmp_path.iterdir()) == sorted([path, other])


def test_without_locks_only_what_is_a_day_old_is_taken_for_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "lock_until_closed", lambda file: None)
    path, fresh, old = (tmp_path / name for name in ("x.zip", ".x.zip.1.part", ".x.zip.2.part"))
    for left, days in {fresh: 0.9, old: 1.1}.items():
        left.touch()
        os.utime(left, (then := time.time() - days * 24 * 3600, then))
    with durable.new_file(path) as file:
        file.write(b"new")
    assert sorted(tmp_path.iterdir()) == sorted([path, fresh])


def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    with durable.new_file(path) as file:
        file.write(b"through")
    reader.join(10)
    assert read == [b"through"]
    assert [each.is_fifo() for each in tmp_path.iterdir()] == [True]


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "table.md"
    path.write_text("old")
    path.chmod(mode)
    with durable.new_file(path) as file:
        file.write(b"new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)


def test_a_file_written_through_a_link_is_the_one_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.md").symlink_to("there/table.md")
    for content in (b"first", b"second"):
        with durable.new_file(tmp_path / "link.md") as file:
            file.write(content)
        assert (tmp_path / "link.md").is_symlink()
        assert (tmp_path / "there" / "table.md").read_bytes() == content
    assert [entry.name for entry in (tmp_path / "there").iterdir()] == ["table.md"]


def test_replace_file_leaves_the_old_or_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aliases.json"
    durable.replace_file(path, b"old", tmp_path / "scratch")
    monkeypatch.setattr(durable, "write_file", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        durable.replace_file(path, b"new", tmp_path / "scratch")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["aliases.json"]
