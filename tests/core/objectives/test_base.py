"""Means over a replica are the same to the bit in a stack as alone, also where threads share out long sums."""

import pytest
import torch

from posectl.core.kinds import KINDS
from posectl.core.objectives.base import mean_over_batch


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
@pytest.mark.parametrize("mean", [mean_over_batch, KINDS.get("images").mean_square], ids=["mean", "mean_square"])
def test_the_mean_of_a_large_replica_is_the_same_in_a_stack(mean, threads):
    values = torch.randn(3, 64, 3, 32, 32)
    alone = torch.cat([mean(replica[None].clone()) for replica in values])
    assert torch.equal(mean(values), alone)


def test_a_mean_is_over_all_but_the_replicas():
    for values in (torch.randn(2, 5), torch.randn(2, 5, 3, 4)):
        expected = values.double().flatten(1).mean(1).float()
        torch.testing.assert_close(mean_over_batch(values), expected, atol=1e-6, rtol=0)
