"""Output that is whole or not there."""

from __future__ import annotations

import os
import threading

import pytest

from posectl.errors import UnavailableError, UsageError
from posectl.render.files import replacing


def test_the_file_appears_only_at_the_end(tmp_path):
    target = tmp_path / "a.gif"
    with replacing(target) as beside:
        assert beside.parent == tmp_path
        assert beside.suffix == ".gif"
        beside.write_bytes(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def _write_half(path):
    path.write_bytes(b"half")
    raise KeyboardInterrupt


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    target = tmp_path / "a.gif"
    target.write_bytes(b"old")

    with pytest.raises(KeyboardInterrupt), replacing(target) as beside:
        _write_half(beside)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_keeps_pointing_where_it_did(tmp_path):
    (tmp_path / "real.gif").write_bytes(b"old")
    (tmp_path / "link.gif").symlink_to("real.gif")
    with replacing(tmp_path / "link.gif") as beside:
        beside.write_bytes(b"new")
    assert (tmp_path / "link.gif").is_symlink()
    assert (tmp_path / "real.gif").read_bytes() == b"new"


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    target = tmp_path / "a.gif"
    target.touch(0o640)
    target.chmod(0o640)
    with replacing(target) as beside:
        beside.write_bytes(b"new")
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe.gif"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with replacing(pipe) as place:
        place.write_bytes(b"through")
    reader.join(10)
    assert received == [b"through"]
    assert pipe.is_fifo()


def test_folders_are_refused(tmp_path):
    with pytest.raises(UsageError, match="folder"), replacing(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_made_and_where_none_can_be_is_said(tmp_path):
    with replacing(tmp_path / "new" / "folder" / "a.png") as place:
        place.write_bytes(b"picture")
    assert (tmp_path / "new" / "folder" / "a.png").read_bytes() == b"picture"
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match=r"a\.png cannot be written"), replacing(tmp_path / "file" / "a.png"):
        pass
