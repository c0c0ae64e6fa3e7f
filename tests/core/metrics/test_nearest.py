"""Nearest neighbours against a float64 brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from posectl.core.metrics.nearest import nearest
from posectl.errors import InvalidInputError


def brute(queries, reference, k, metric):
    q, r = (np.asarray(x, dtype=np.float64) for x in (queries, reference))
    rows = []
    for x in q:
        if metric == "mpjpe":
            d = np.linalg.norm(x - r, axis=-1).mean(-1)
        elif metric == "l2":
            d = np.linalg.norm((x - r).reshape(len(r), -1), axis=1)
        else:
            a, b = x.ravel(), r.reshape(len(r), -1)
            d = 1 - b @ a / np.linalg.norm(a) / np.linalg.norm(b, axis=1)
        rows.append(d)
    d = np.stack(rows)
    order = np.argsort(d, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(d, order, 1), order


@pytest.mark.parametrize("metric", ["mpjpe", "l2", "cosine"])
@pytest.mark.parametrize("k", [1, 5])
def test_it_equals_float64_brute_force(metric, k):
    rng = np.random.default_rng(0)
    q, r = rng.normal(size=(70, 17, 3)).astype(np.float32), rng.normal(size=(900, 17, 3)).astype(np.float32)
    distances, indices = nearest(torch.from_numpy(q), r, k, metric)
    wanted, order = brute(q, r, k, metric)
    assert distances.dtype == torch.float64
    assert indices.dtype == torch.int64
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(distances, wanted, rtol=1e-12)


def test_ties_go_to_the_lowest_index():
    r = torch.randn(7, 5, 3)[torch.tensor([3, 1, 3, 1, 0, 3])]
    distances, indices = nearest(r, r, 2)
    assert indices.tolist() == [[0, 2], [1, 3], [0, 2], [1, 3], [4, indices[4, 1]], [0, 2]]
    assert distances[0].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("queries", "reference", "k"),
    [
        (torch.ones(3, 2, 3), torch.ones(2, 2, 3), 3),
        (torch.ones(3, 2, 3), torch.ones(0, 2, 3), 1),
        (torch.full((3, 2, 3), torch.nan), torch.ones(2, 2, 3), 1),
        (torch.ones(3, 2, 2), torch.ones(2, 2, 2), 1),
        (torch.ones(3, 3, 3), torch.ones(2, 2, 3), 1),
    ],
)
def test_bad_input_is_refused(queries, reference, k):
    with pytest.raises(InvalidInputError):
        nearest(queries, reference, k)
