"""Nearest neighbours against brute force in float64, whatever the engine, the blocks, the threads and the order."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posectl.core.metrics.nearest import Index, nearest
from posectl.core.nearest import block, plain, read
from posectl.errors import InvalidInputError

METRICS = ["mpjpe", "l2", "cosine"]


@pytest.fixture(params=["tree", "plain"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either way of searching, for problems of any size."""
    monkeypatch.setattr(block, "SMALL", -1 if request.param == "tree" else np.inf)
    return request.param


def randn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def measured(queries: np.ndarray, reference: np.ndarray, metric: str) -> np.ndarray:
    """Every distance (N, M) in float64."""
    q, r = queries.astype(np.float64), reference.astype(np.float64)
    if metric == "mpjpe":
        return np.stack([np.linalg.norm(x - r, axis=2).mean(1) for x in q])
    q, r = q.reshape(len(q), -1), r.reshape(len(r), -1)
    if metric == "l2":
        return np.stack([np.linalg.norm(x - r, axis=1) for x in q])
    return 1 - (q / np.linalg.norm(q, axis=1)[:, None]) @ (r / np.linalg.norm(r, axis=1)[:, None]).T


def agree(queries: np.ndarray, reference: np.ndarray, k: int, metric: str, atol: float = 0) -> None:
    distances, indices = nearest(queries, reference, k, metric)
    assert (distances.dtype, indices.dtype) == (torch.float64, torch.int64)
    everything = measured(queries, reference, metric)
    order = np.argsort(everything, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(distances, np.take_along_axis(everything, order, 1), rtol=1e-12, atol=atol)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("joints", [1, 5, 17])
def test_it_equals_brute_force(engine: str, metric: str, k: int, joints: int) -> None:
    agree(randn(70, joints, 3), randn(900, joints, 3, seed=1), k, metric, atol=1e-15)


@pytest.mark.parametrize("metric", METRICS)
def test_it_equals_brute_force_in_clusters(engine: str, metric: str) -> None:
    centres = randn(20, 17, 3)
    reference = np.repeat(centres, 60, 0) + 1e-3 * randn(1200, 17, 3, seed=1)
    agree(centres + 1e-2 * randn(20, 17, 3, seed=2), reference, 3, metric, atol=1e-15)


@pytest.mark.parametrize("metric", ["l2", "cosine"])
@pytest.mark.parametrize("shape", [(1,), (7,), (32, 32), (3, 9, 9)])
def test_samples_of_any_shape_are_flattened(engine: str, metric: str, shape: tuple[int, ...]) -> None:
    if metric == "cosine" and shape == (1,):
        pytest.skip("every angle is 0 or 180 degrees")
    agree(randn(9, *shape), randn(300, *shape, seed=1), 4, metric, atol=1e-15)


@pytest.mark.parametrize("metric", ["mpjpe", "l2"])
@pytest.mark.parametrize("offset", [5.0, 1000.0])
def test_samples_far_from_the_origin_are_told_apart(engine: str, metric: str, offset: float) -> None:
    # A matrix product in float32 puts a sample at +5 as far as 0.035 from itself.
    reference = randn(800, 17, 3) + np.float32(offset)
    agree(reference[::5] + 1e-3 * randn(160, 17, 3, seed=1), reference, 3, metric)
    distances, indices = nearest(reference, reference, 1, metric)
    assert (distances == 0).all()
    assert indices[:, 0].tolist() == list(range(800))


def shell(query: np.ndarray, count: int, radius: float, seed: int) -> np.ndarray:
    """Samples (count, ...) in which each joint is `radius` away from the query's, to nine digits."""
    random = np.random.default_rng(seed)
    gaps = random.normal(size=(count, *query.shape))
    gaps *= radius * (1 + 1e-9 * random.random((count, 1, 1))) / np.linalg.norm(gaps, axis=2, keepdims=True)
    return query + gaps


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("radius", [0.1, 0.7, 40.0])
def test_distances_that_float32_cannot_tell_apart_are_ranked_by_float64(
    engine: str, metric: str, radius: float
) -> None:
    for seed in range(10):
        query = np.float32(0.3) * randn(11, 3, seed=seed)
        agree(query[None], shell(query, 600, radius, seed).astype(np.float32), 2, metric, atol=1e-15)


@pytest.mark.parametrize("metric", ["mpjpe", "l2"])
@pytest.mark.parametrize("radius", [1e-5, 1e-3, 0.1])
def test_float64_samples_are_not_rounded(engine: str, metric: str, radius: float) -> None:
    # In float32 the samples lie on a grid of 1e-7.
    for seed in range(10):
        query = 1 + 0.3 * np.random.default_rng(seed).random((11, 3))
        agree(query[None], shell(query, 600, radius, seed), 2, metric)


@pytest.mark.parametrize("metric", ["mpjpe", "l2"])
@pytest.mark.parametrize("scale", [1e-42, 1e-25, 3e-23, 1e-22, 1e-20, 1e18, 1e30, 3e37])
def test_squares_that_overflow_or_underflow_in_float32_do_no_harm(engine: str, metric: str, scale: float) -> None:
    agree(randn(40, 4, 3) * np.float32(scale), randn(600, 4, 3, seed=1) * np.float32(scale), 3, metric)
    # So far away that every box is at an infinite distance.
    agree(np.full((1, 1, 3), 9 * scale, np.float32), randn(3000, 1, 3) * np.float32(scale), 3, metric)


def test_equals_are_ranked_by_index(engine: str) -> None:
    pool = randn(40, 5, 3)
    labels = np.random.default_rng(1).integers(0, 40, 2000)
    distances, indices = nearest(pool, pool[labels], 8)
    for label in range(40):
        assert indices[label].tolist() == np.flatnonzero(labels == label)[:8].tolist()
    assert (distances == 0).all()


def test_ties_on_a_lattice_are_ranked_by_index(engine: str) -> None:
    # Squared distances of whole numbers are exact, and tie by the hundred.
    lattice = np.random.default_rng(0).integers(0, 3, (3000, 9))
    squared = ((lattice[:60, None] - lattice) ** 2).sum(2)
    distances, indices = nearest(lattice[:60].astype(np.float32), lattice.astype(np.float32), 25, "l2")
    order = np.argsort(squared, axis=1, kind="stable")[:, :25]
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(distances.numpy(), np.sqrt(np.take_along_axis(squared, order, 1)))


def test_identical_samples_are_all_equally_near(engine: str) -> None:
    distances, indices = nearest(np.zeros((3, 2, 3), np.float32), np.ones((700, 2, 3), np.float32), 700)
    assert indices.tolist() == [list(range(700))] * 3
    np.testing.assert_array_equal(distances, np.full((3, 700), np.sqrt(3)))


def test_the_cosine_distance_of_close_directions_does_not_cancel(engine: str) -> None:
    # 1 - cos(1e-6) = 5e-13 (1 - 1e-12 / 12): written as one minus a cosine, four digits of it would be left.
    angle = np.array([[np.cos(1e-6), np.sin(1e-6)], [-1.0, 0.0]])
    distances, _ = nearest(np.array([[2.0, 0.0]]), angle, 2, "cosine")
    assert distances[0].tolist() == pytest.approx([5e-13, 2.0], rel=1e-9)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 63, 64, 65, 511, 513, 4097])
def test_any_number_of_samples_will_do(engine: str, count: int) -> None:
    agree(randn(min(count, 33), 2, 3), randn(count, 2, 3, seed=1), min(count, 2), "mpjpe")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_bits_depend_on_nothing_but_the_samples(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    metric = data.draw(st.sampled_from(METRICS))
    queries, reference = randn(70, 4, 3), np.repeat(randn(300, 4, 3, seed=1), 2, 0)
    monkeypatch.setattr(block, "SMALL", np.inf)
    distances, indices = nearest(queries, reference, 5, metric)

    monkeypatch.setattr(block, "SMALL", data.draw(st.sampled_from([-1, 1e5, np.inf])))
    monkeypatch.setattr(read, "BLOCK_BYTES", data.draw(st.integers(48 * 100, 48 * 1000)))
    monkeypatch.setattr(plain, "QUERIES", data.draw(st.integers(7, 100)))
    monkeypatch.setattr(plain, "PAIRS", data.draw(st.integers(1000, 50_000)))
    monkeypatch.setattr(plain, "MEASURED", data.draw(st.integers(50, 5000)))
    order = np.random.default_rng(data.draw(st.integers(0, 9))).permutation(len(reference))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(data.draw(st.integers(1, 4)))
        again, same_indices = nearest(queries, reference, 5, metric)
        elsewhere, other_indices = nearest(queries, reference[order], 5, metric)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(again, distances)
    assert torch.equal(same_indices, indices)
    assert torch.equal(elsewhere, distances)
    # Each sample is there twice: what the order may change is which of the two comes first.
    np.testing.assert_array_equal(np.sort(order[other_indices][:, :4] // 2), np.sort(indices[:, :4] // 2))


@pytest.mark.parametrize("metric", METRICS)
def test_real_poses(test_data: Path, engine: str, metric: str) -> None:
    queries = np.load(test_data / "poses" / "cmu17_test.npz")["positions"][::300]
    reference = np.load(test_data / "poses" / "cmu17_train.npz")["positions"]
    agree(queries, reference, 3, metric, atol=1e-15)


@pytest.mark.parametrize("metric", METRICS)
def test_an_index_is_searched_again_under_any_metric(engine: str, metric: str) -> None:
    queries, reference = randn(50, 4, 3), randn(700, 4, 3, seed=1)
    index = Index(reference, metric)
    assert len(index) == 700
    wanted = nearest(queries, reference, 3, metric)
    for found in (index.search(queries, 3), index.search(queries, 3), nearest(queries, index, 3, metric)):
        assert all(map(torch.equal, found, wanted))
    assert all(map(torch.equal, index.search(queries, 2, "l2"), nearest(queries, reference, 2, "l2")))


def test_streams_and_zarr_arrays_are_read_in_blocks(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries, reference = randn(130, 4, 3), randn(1000, 4, 3, seed=1)
    wanted = nearest(queries, reference, 3)
    monkeypatch.setattr(read, "BLOCK_BYTES", 48 * 300)
    stored = [
        zarr.create_array(str(tmp_path / name), data=data, chunks=(70, 4, 3))
        for name, data in (("queries", queries), ("reference", reference))
    ]
    np.save(tmp_path / "reference.npy", reference)
    mapped = np.load(tmp_path / "reference.npy", mmap_mode="r")
    pieces = [0, 1, 500, 1000]
    for a, b in (
        stored,
        (queries, mapped),
        ([queries[:100], torch.from_numpy(queries[100:])], [reference[a:b] for a, b in pairwise(pieces)]),
        ((queries[i : i + 13] for i in range(0, 130, 13)), (reference[i : i + 99] for i in range(0, 1000, 99))),
    ):
        assert all(map(torch.equal, nearest(a, b, 3), wanted))


@pytest.mark.parametrize("kind", [np.int64, np.int16, np.uint8, np.float16, ">f4"])
def test_numbers_of_other_types_are_taken_as_they_are(kind: np.typing.DTypeLike) -> None:
    reference = np.random.default_rng(0).integers(0, 100, (200, 2, 3))
    wanted = nearest(reference.astype(np.float64), reference.astype(np.float64), 2)
    assert all(map(torch.equal, nearest(reference.astype(kind), reference.astype(kind), 2), wanted))


def test_gradients_strides_and_the_samples_themselves_are_left_alone() -> None:
    reference = torch.randn(50, 2, 6)[:, :, ::2].requires_grad_()
    before = reference.detach().clone()
    distances, _ = nearest(reference, reference)
    assert not distances.requires_grad
    assert torch.equal(reference, before)
    assert torch.equal(distances, nearest(before, before)[0])


POSES = torch.ones(3, 2, 3)


@pytest.mark.parametrize(
    ("queries", "reference", "k", "metric", "message"),
    [
        (POSES, POSES, 4, "mpjpe", "4 nearest neighbours were asked for in a reference of 3"),
        (POSES, POSES, 0, "mpjpe", "0 nearest neighbours"),
        (POSES, torch.ones(0, 2, 3), 1, "mpjpe", r"reference come in the shape \(0, 2, 3\)"),
        (torch.ones(3, 0, 3), POSES, 1, "mpjpe", r"queries come in the shape \(3, 0, 3\)"),
        (torch.ones(3), POSES, 1, "l2", r"queries come in the shape \(3,\)"),
        ([], POSES, 1, "mpjpe", "no queries"),
        (POSES, iter([]), 1, "mpjpe", "no reference"),
        (POSES * torch.nan, POSES, 1, "mpjpe", "queries hold values that are NaN"),
        (POSES, POSES / 0, 1, "mpjpe", "reference hold values that are NaN, infinite"),
        (POSES, POSES.double() * 1e300, 1, "mpjpe", "beyond float32's range"),
        (POSES[..., :2], POSES[..., :2], 1, "mpjpe", r"shape \(2, 2\) have no mean per-joint distance"),
        (POSES, torch.ones(3, 5, 3), 1, "mpjpe", r"shape \(2, 3\) cannot be compared with .* \(5, 3\)"),
        (POSES, [POSES, torch.ones(3, 5, 3)], 1, "mpjpe", r"different shapes: \(2, 3\), then \(5, 3\)"),
        (POSES, torch.cat([POSES, 0 * POSES]), 1, "cosine", "Sample 3 of the reference is all zeros"),
        (POSES, POSES, 1, "mpjp", "no distance 'mpjp'"),
        (POSES.to(torch.complex64), POSES, 1, "l2", "complex64"),
        (np.full((2, 2), "x"), np.ones((2, 2)), 1, "l2", "type <U1"),
        (7, POSES, 1, "l2", "queries are int"),
        ("poses", POSES, 1, "l2", "queries are str"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_sentence(
    queries: object, reference: object, k: int, metric: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message) as refused:
        nearest(queries, reference, k, metric)
    assert refused.value.hint
