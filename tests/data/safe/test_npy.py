"""Loading of .npy and .npz files: what numpy gives, without unpickling anything."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from posectl.data.safe.npy import array_names, load_array, load_arrays, split_key
from posectl.errors import InvalidInputError, NotFoundError


@pytest.fixture(scope="module")
def poses() -> np.ndarray:
    """200 random poses, of no unit."""
    return np.random.default_rng(0).normal(size=(200, 17, 3)).astype(np.float32)


def save(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize("dtype", ["f2", ">f8", "i8", "?", "c16", "U5", "u1"])
def test_load_array_gives_what_numpy_gives(tmp_path: Path, dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for saved in (array, np.asfortranarray(array), array[:0], array[0, 0, 0]):
        file = save(tmp_path / "a.npy", saved)
        loaded = load_array(file)
        np.testing.assert_array_equal(loaded, np.load(file))
        assert loaded.dtype == saved.dtype
        loaded[...] = loaded


def test_streams_and_stdin_serve_as_files(tmp_path: Path, poses: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    content = save(tmp_path / "a.npy", poses).read_bytes()
    np.testing.assert_array_equal(load_array(io.BytesIO(content)), poses)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    np.testing.assert_array_equal(load_array("-"), poses)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content[:-4])))
    with pytest.raises(InvalidInputError, match="stdin is cut short"):
        load_array("-")


def test_an_npz_gives_its_arrays_by_name(tmp_path: Path, poses: np.ndarray) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, positions=poses, other=np.arange(3), third=np.zeros(2))
    assert array_names(file) == ["positions", "other", "third"]
    assert set(load_arrays(file, {"other", "absent"})) == {"other"}
    np.testing.assert_array_equal(load_array(file), poses)
    np.savez(file, a=np.zeros(3), b=np.zeros(3))
    with pytest.raises(InvalidInputError, match="a, b"):
        load_array(file)


def test_one_array_of_an_npz_is_named_after_a_colon(tmp_path: Path, poses: np.ndarray) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, **{"positions": poses, "gen": poses + 1, "deep/er": poses[:2]})
    for key in ("positions", "gen", "deep/er"):
        np.testing.assert_array_equal(load_array(f"{file}:{key}"), np.load(file)[key])
    with pytest.raises(NotFoundError, match=r"a\.npz holds no array 'gne'\.") as caught:
        load_array(f"{file}:gne")
    assert "Did you mean 'gen'?" in caught.value.hint
    with pytest.raises(NotFoundError, match="There is no file"):
        load_array(tmp_path / "b.npz:gen")
    assert split_key("a:b/c.npz:d") == (Path("a:b/c.npz"), "d")
    for other in ("acai:v1", "poses.npz", "-", "c.npz:", "theirs.txt:x"):
        assert split_key(other) == (Path(other), None)


def test_an_encrypted_zip_is_not_called_damaged(tmp_path: Path, poses: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", positions=poses)
    data = bytearray((tmp_path / "a.npz").read_bytes())
    data[6] |= 1  # the flag of encryption, in the file's header and in the directory
    data[data.rindex(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(InvalidInputError, match=r"cannot be unpacked: .*encrypted"):
        load_array(tmp_path / "a.npz")
