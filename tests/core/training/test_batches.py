"""Batches: every sample once an epoch, the same from wherever one starts."""

import torch

from posectl.core.objectives.step import UNIFORM
from posectl.core.training.batches import BLOCK, Batches, FiniteSamples, order


def test_every_epoch_visits_every_sample_once():
    rows = order(3, 50, 0, 150).view(3, 50)
    for epoch in rows:
        assert sorted(epoch.tolist()) == list(range(50))
    assert not torch.equal(rows[0], rows[1])


def test_an_order_can_be_entered_anywhere():
    whole = order(3, 50, 0, 400)
    for first, count in ((0, 1), (49, 2), (37, 200), (399, 1)):
        assert torch.equal(order(3, 50, first, count), whole[first : first + count])


def test_blocks_hold_each_replicas_own_stream():
    samples = torch.arange(300.0)[:, None]
    both = Batches(FiniteSamples(samples), 4, (1, 2), 8, {"alpha": UNIFORM}).block(5)
    for r, seed in enumerate((1, 2)):
        alone = Batches(FiniteSamples(samples), 4, (seed,), 8, {"alpha": UNIFORM}).block(5)
        assert torch.equal(both.x[:, r], alone.x[:, 0])
        assert torch.equal(both.noise["alpha"][:, r], alone.noise["alpha"][:, 0])
    assert both.x.shape == (BLOCK, 2, 4, 1)
    assert torch.equal(both.x[:, 0].flatten(), samples[order(1, 300, 5 * BLOCK * 4, BLOCK * 4)].flatten())
