from __future__ import annotations

import google_crc32c
import numpy as np
import pytest
import zarr

from posectl.errors import IntegrityError, InvalidInputError
from posectl.store import Artifact, Store, headers
from posectl.store.verify import VALUES, bundle_problems

from .test_hostile import _forge

VALUES_PUT = np.random.default_rng(0).normal(size=(103, 5, 3)).astype(np.float32)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 4 rows, and shards of 12 for arrays of more than 1,000 bytes."""
    monkeypatch.setattr(headers, "CHUNK_BYTES", 4 * 60)
    monkeypatch.setattr(headers, "SHARDED_BYTES", 1000)
    monkeypatch.setattr(headers, "SHARD_BYTES", 12 * 60)


def _in_blocks(store: Store, values: np.ndarray, step: int) -> Artifact:
    with store.draft("dataset", "any") as draft:
        draft.begin("x", values.shape, values.dtype, ("sample", "a", "b"))
        for first in range(0, len(values), step):
            draft.append("x", values[first : first + step])
        return draft.publish()


def _whole(store: Store, values: np.ndarray) -> Artifact:
    with store.draft("dataset", "any") as draft:
        draft.put("x", values, ("sample", "a", "b"))
        return draft.publish()


@pytest.mark.parametrize("step", [1, 7, 12, 50, 200])
def test_blocks_of_rows_make_the_very_files_that_the_whole_makes(store: Store, small: None, step: int) -> None:
    whole, blocks = _whole(store, VALUES_PUT), _in_blocks(store, VALUES_PUT, step)
    assert blocks.digest == whole.digest
    assert blocks.arrays() == whole.arrays()
    assert blocks.read("x").tobytes() == VALUES_PUT.tobytes()


@pytest.mark.parametrize("step", [3, 1000])
def test_blocks_make_the_same_files_where_there_are_no_shards(store: Store, step: int) -> None:
    assert _in_blocks(store, VALUES_PUT, step).digest == _whole(store, VALUES_PUT).digest


def test_arrays_above_the_stated_size_alone_lie_in_shards(store: Store, small: None) -> None:
    large, little = _whole(store, VALUES_PUT), _whole(store, VALUES_PUT[:16])
    assert sorted(p for p in large.files if "/c." in p) == sorted(f"x/c.{i}.0.0" for i in range(9))
    assert sum("/c." in p for p in little.files) == 4
    array = zarr.open_array(str(large.path), path="x", mode="r")
    assert (array.shards, array.chunks) == ((12, 5, 3), (4, 5, 3))
    assert np.array_equal(np.asarray(array[...]), VALUES_PUT)


def test_rows_of_shards_are_read_and_cover_the_array(store: Store, small: None) -> None:
    artifact = _whole(store, VALUES_PUT)
    for rows in (slice(0, 12), slice(5, 6), slice(11, 26), slice(97, 103), slice(102, 103)):
        assert np.array_equal(artifact.read("x", rows), VALUES_PUT[rows])
    blocks = artifact.row_blocks("x", 1)
    assert [rows.start for rows in blocks if rows] == list(range(0, 103, 12))
    assert not list(bundle_problems(artifact, VALUES))


def test_a_damaged_shard_is_an_integrity_error_and_other_shards_are_read(store: Store, small: None) -> None:
    artifact = _whole(store, VALUES_PUT)
    path = artifact.path / "x" / "c.1.0.0"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(bytes(data))
    again = Artifact(artifact.path)
    assert np.array_equal(again.read("x", slice(24, 36)), VALUES_PUT[24:36])
    with pytest.raises(IntegrityError, match=r"c\.1\.0\.0 has changed"):
        again.read("x", slice(12, 13))
    assert [problem for _, problem in bundle_problems(again, VALUES)] == ["x/c.1.0.0 has changed"]


def _without_chunk(data: bytes) -> bytes:
    """Say in a shard's index that its second chunk is not there, as zarr says it."""
    size = 16 * 3 + 4
    index = np.frombuffer(data[-size:-4], "<u8").copy()
    index[2:4] = 2**64 - 1
    return data[:-size] + index.tobytes() + google_crc32c.value(index.tobytes()).to_bytes(4, "little")


def test_a_shard_without_one_of_its_chunks_does_not_read_as_zeros(store: Store, small: None) -> None:
    artifact = _whole(store, VALUES_PUT)
    path = artifact.path / "x" / "c.1.0.0"
    path.write_bytes(_without_chunk(path.read_bytes()))
    assert np.array_equal(zarr.open_array(str(artifact.path), path="x")[16], np.zeros((5, 3)))  # which zarr does
    _forge(artifact.path, lambda _: None, "x/zarr.json")
    with pytest.raises(IntegrityError, match="lacks a chunk"):
        Artifact(artifact.path).read("x", slice(12, 24))


def test_rows_that_are_missing_are_said(store: Store) -> None:
    with store.draft("dataset", "any") as draft:
        draft.begin("x", (10, 3), np.float32, ("sample", "axis"))
        draft.append("x", np.zeros((4, 3), np.float32))
        with pytest.raises(InvalidInputError, match="of 10 rows was given 4"):
            draft.publish()
