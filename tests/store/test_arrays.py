from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posectl.errors import IntegrityError, InvalidInputError, NotFoundError
from posectl.store import Store
from posectl.store.headers import CHUNK_BYTES, chunk_keys, chunk_shape

from .conftest import Publish

DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
]
arrays = hnp.arrays(
    st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5), fill=st.nothing()
)


def _put_and_read(store: Store, values: object) -> np.ndarray:
    with store.draft("dataset", "any") as draft:
        draft.put("x", values)
        return draft.publish().read("x")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=arrays)
def test_what_is_put_is_read_back_bit_for_bit(store: Store, values: np.ndarray) -> None:
    read = _put_and_read(store, values)
    assert (read.dtype, read.shape, read.tobytes()) == (values.dtype, values.shape, values.tobytes())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=5)
)
def test_text_is_read_back_as_fixed_width_text(store: Store, texts: list[str]) -> None:
    for given_as in (np.array(texts, dtype=str), np.array(texts, dtype=object)):
        read = _put_and_read(store, given_as)
        assert read.dtype.kind == "U"
        assert read.tolist() == texts


def test_byte_order_and_memory_order_do_not_matter(store: Store) -> None:
    values = np.arange(12, dtype=">f4").reshape(3, 4).T
    read = _put_and_read(store, values)
    assert read.dtype == np.dtype("<f4")
    np.testing.assert_array_equal(read, values)


def test_nan_payload_and_negative_zero_survive(store: Store) -> None:
    values = np.array([0x7FF8000000000123, 0x8000000000000000], dtype=np.uint64).view(np.float64)
    assert _put_and_read(store, values).tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "values",
    [np.array([{}], dtype=object), np.array([b"x"]), np.array([1j]), np.zeros(2, dtype="M8[s]"), [1, "a", None]],
)
def test_what_is_neither_number_nor_text_is_refused(store: Store, values: object) -> None:
    with store.draft("dataset", "any") as draft, pytest.raises(InvalidInputError):
        draft.put("x", values)
    assert store.names() == []


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/x",
        "x/../y",
        "",
        "a//b",
        "zarr.json",
        "manifest.json",
        "w/zarr.json",
        "a\\b",
        "taken",
        "TAKEN",
        "taken/in",
    ],
)
def test_unfit_array_names_are_refused(store: Store, name: str) -> None:
    with store.draft("dataset", "any") as draft:
        draft.put("taken", np.zeros(2))
        with pytest.raises(InvalidInputError):
            draft.put(name, np.zeros(2))


def test_one_axis_name_in_a_group_means_one_length(store: Store) -> None:
    with store.draft("dataset", "any") as draft:
        draft.put("a", np.zeros((2, 3)), dims=("sample", "axis"))
        with pytest.raises(InvalidInputError, match="'sample' of 'b' is 5 long, but 2"):
            draft.put("b", np.zeros(5), dims=("sample",))
        draft.put("elsewhere/b", np.zeros(5), dims=("sample",))
        for dims in [("one", "two"), (), ("same", "same")]:
            with pytest.raises(InvalidInputError, match="do not name the axes"):
                draft.put("c", np.zeros(2) if len(set(dims)) == len(dims) else np.zeros((2, 2)), dims=dims)


@pytest.mark.parametrize("shape", [(0, 3), (7,), (10**6, 17, 3), (3, 10**8), (2, 0, 5), ()])
def test_chunks_are_contiguous_and_at_least_four_megabytes(shape: tuple[int, ...]) -> None:
    chunks = chunk_shape(shape, 4)
    size = 4 * math.prod(chunks)
    assert all(1 <= chunk <= max(length, 1) for chunk, length in zip(chunks, shape, strict=True))
    assert CHUNK_BYTES <= size < 2 * CHUNK_BYTES or chunks == tuple(max(length, 1) for length in shape)
    partial = [axis for axis, (chunk, length) in enumerate(zip(chunks, shape, strict=True)) if 1 < chunk < length]
    assert len(partial) <= 1, "only one axis may be cut, all before it being 1 and all after it whole"
    assert len(chunk_keys(shape, chunks)) == math.prod(
        math.ceil(length / chunk) for chunk, length in zip(chunks, shape, strict=True)
    )


def test_rows_stream_an_array_of_many_chunks(store: Store) -> None:
    values = np.random.default_rng(0).integers(0, 99, (300_000, 5), dtype=np.int64)
    with store.draft("dataset", "many") as draft:
        draft.put("x", values)
        artifact = draft.publish()
    assert len([name for name in artifact.files if name.startswith("x/c")]) == 3
    for rows in (
        slice(0, 10),
        slice(104_850, 104_870),
        slice(299_999, None),
        slice(None),
        slice(5, 5),
        slice(10**7, None),
    ):
        np.testing.assert_array_equal(artifact.read("x", rows), values[rows])


def test_arrays_are_listed_with_shape_dtype_and_axes(publish: Publish) -> None:
    info = publish().arrays()
    assert sorted(info) == ["label", "x"]
    assert (info["x"].shape, info["x"].dtype, info["x"].dims) == ((4, 3), "float32", ("sample", "axis"))
    assert info["label"].dtype == "string"


def test_groups_are_read_by_the_names_within(store: Store) -> None:
    with store.draft("model", "acai") as draft:
        for name in ("encoder.0.weight", "encoder.0.bias"):
            draft.put(f"weights/last/{name}", np.full(3, len(name)))
        draft.put("weights/best/encoder.0.bias", np.zeros(3))
        model = draft.publish()
    assert {name: int(value[0]) for name, value in model.read_group("weights/last").items()} == {
        "encoder.0.bias": 14,
        "encoder.0.weight": 16,
    }
    assert model.read_group("weights/none") == {}
    assert model.has("weights/best/encoder.0.bias")
    assert not model.has("weights/best")


def test_an_unknown_array_is_not_found_and_the_known_are_listed(publish: Publish) -> None:
    with pytest.raises(NotFoundError) as error:
        publish().read("labels")
    assert "label" in error.value.hint


def test_zarr_and_xarray_open_a_version_as_it_stands_without_a_warning(store: Store) -> None:
    positions = np.random.default_rng(0).normal(size=(5, 17, 3)).astype(np.float32)
    with store.draft("dataset", "poses") as draft:
        draft.put("positions", positions, dims=("sample", "joint", "axis"))
        draft.put("frame", np.arange(5), dims=("sample",))
        draft.put("name", np.array(["walk"]), dims=("clip",))
        draft.put("fps", 30.0)
        draft.put("weights/last/0.weight", np.ones((2, 3)))
        path = draft.publish().path
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        group = zarr.open(str(path), mode="r")
        np.testing.assert_array_equal(group["positions"][:], positions)
        assert sorted(name for name, _ in group.members()) == ["fps", "frame", "name", "positions", "weights"]
        data = xarray.open_zarr(path).load()
        tree = xarray.open_datatree(path, engine="zarr")
    assert data["positions"].dims == ("sample", "joint", "axis")
    assert dict(data.sizes) == {"sample": 5, "joint": 17, "axis": 3, "clip": 1}
    np.testing.assert_array_equal(data["positions"], positions)
    np.testing.assert_array_equal(tree["weights/last/0.weight"], np.ones((2, 3)))


def test_each_array_is_stored_as_the_design_says(publish: Publish) -> None:
    header = json.loads((publish().path / "x" / "zarr.json").read_text())
    assert header["codecs"][-1] == {"name": "zstd", "configuration": {"level": 3, "checksum": True}}
    assert header["dimension_names"] == ["sample", "axis"]
    assert header["chunk_grid"]["configuration"]["chunk_shape"] == [4, 3]


def test_chunks_of_zeros_are_written_too(publish: Publish) -> None:
    assert (publish(value=0.0).path / "x" / "c.0.0").is_file()


def test_the_same_arrays_give_the_same_digest(publish: Publish) -> None:
    first, again, other = publish(value=1.0), publish(value=1.0, seed=3), publish(value=2.0)
    assert first.digest == again.digest != other.digest
    assert first.version != again.version


@pytest.mark.parametrize("lost", ["x/c.0.0", "x/zarr.json"])
def test_a_missing_chunk_is_an_error_and_no_zeros(publish: Publish, lost: str) -> None:
    artifact = publish(value=1.0)
    (artifact.path / lost).unlink()
    with pytest.raises(IntegrityError, match="is not there"):
        artifact.read("x")


def test_a_chunk_behind_a_symlink_is_an_error(publish: Publish, tmp_path: Path) -> None:
    artifact = publish(value=1.0)
    chunk = artifact.path / "x" / "c.0.0"
    chunk.rename(tmp_path / "elsewhere")
    chunk.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError):
        artifact.read("x")
