"""A search under masks, held against float64 brute force."""

import numpy as np
import pytest
import torch

from posectl.core.metrics.nearest import nearest
from posectl.errors import InvalidInputError


def brute_force(queries, reference, known, k):
    """The k nearest over the known joints, one coordinate after the other in float64, ties to the lowest index."""
    a, b = queries.double().numpy(), reference.double().numpy()
    distances, indices = [], []
    for query, mask in zip(a, known.numpy(), strict=True):
        squares = np.zeros((len(b), mask.sum()))
        for axis in range(3):
            squares += (query[mask, axis] - b[:, mask, axis]) ** 2
        total = np.zeros(len(b))
        for joint in np.sqrt(squares).T:
            total += joint
        total /= mask.sum()
        order = np.argsort(total, kind="stable")[:k]
        distances.append(total[order])
        indices.append(order)
    return np.array(distances), np.array(indices)


@pytest.mark.parametrize("rows", [40, 9000])  # few, searched plainly, and many, by a tree
def test_a_search_under_masks_is_that_of_brute_force_to_the_last_bit(rows):
    g = torch.Generator().manual_seed(0)
    reference = torch.randn(rows, 17, 3, generator=g)
    reference[7] = reference[3]  # a tie
    queries = torch.cat([reference[:4] + 0.01, torch.randn(36, 17, 3, generator=g)]).repeat(8, 1, 1)
    masks = torch.rand(3, 17, generator=g) > 0.5
    known = masks[torch.randint(3, (len(queries),), generator=g)]
    hidden = queries.masked_fill(~known[..., None], torch.nan)

    distances, indices = nearest(hidden, reference, 5, known=known)

    wanted = brute_force(queries, reference, known, 5)
    assert np.array_equal(distances.numpy(), wanted[0])
    assert np.array_equal(indices.numpy(), wanted[1])


def test_a_mask_of_all_joints_changes_nothing():
    g = torch.Generator().manual_seed(1)
    queries, reference = torch.randn(9, 17, 3, generator=g), torch.randn(50, 17, 3, generator=g)
    masked = nearest(queries, reference, 3, known=torch.ones(9, 17, dtype=torch.bool))
    for found, wanted in zip(masked, nearest(queries, reference, 3), strict=True):
        assert torch.equal(found, wanted)


def test_a_query_of_which_nothing_is_known_is_refused():
    known = torch.ones(2, 17, dtype=torch.bool)
    known[1] = False
    with pytest.raises(InvalidInputError, match="query 1"):
        nearest(torch.zeros(2, 17, 3), torch.zeros(3, 17, 3), known=known)


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(InvalidInputError, match="mask"):
        nearest(torch.zeros(2, 17, 3), torch.zeros(3, 17, 3), known=torch.ones(2, 16, dtype=torch.bool))
