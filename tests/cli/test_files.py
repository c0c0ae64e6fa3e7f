"""What a command writes where the user says."""

import os
import stat
import threading

import pytest

from posectl.cli.files import write_bytes
from posectl.errors import ConflictError, InvalidInputError


def test_a_file_is_written_whole_and_never_over_another_unasked(tmp_path):
    path = tmp_path / "x.md"
    write_bytes(path, b"first", force=False)
    with pytest.raises(ConflictError, match="is there already"):
        write_bytes(path, b"second", force=False)
    assert path.read_bytes() == b"first"
    write_bytes(path, b"second", force=True)
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["x.md"]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    write_bytes(path, b"through", force=True)
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_where_nothing_can_be_written_is_said(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot be written: Is a directory"):
        write_bytes(tmp_path, b"x", force=True)
    with pytest.raises(InvalidInputError, match="cannot be written: No such file"):
        write_bytes(tmp_path / "none" / "x", b"x", force=True)
