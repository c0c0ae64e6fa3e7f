"""The draw of labelled samples: from every class alike, the same for a seed, and what a step sees of it."""

import pytest
import torch

from posectl.core.training.batches import Batches, FiniteSamples
from posectl.core.training.labelled import labelled_rows

LABELS = torch.arange(1000) % 10


@pytest.mark.parametrize("count", [10, 100, 1000])
def test_every_class_gives_as_many(count):
    rows = labelled_rows(LABELS, count, seed=3)
    assert len(set(rows.tolist())) == count
    assert LABELS[rows].bincount(minlength=10).tolist() == [count // 10] * 10


def test_what_does_not_go_into_the_classes_is_given_by_some():
    counts = LABELS[labelled_rows(LABELS, 27, seed=3)].bincount(minlength=10)
    assert sorted(counts.tolist()) == [2] * 3 + [3] * 7


def test_a_class_of_few_gives_what_it_has():
    labels = torch.tensor([0] * 50 + [1] * 3 + [2] * 50)
    assert labels[labelled_rows(labels, 63, seed=0)].bincount().tolist() == [30, 3, 30]
    assert labelled_rows(labels, 103, seed=0).tolist() == list(range(103))


def test_it_is_a_function_of_the_seed_and_fewer_are_part_of_more():
    some = labelled_rows(LABELS, 100, seed=1)
    assert torch.equal(some, labelled_rows(LABELS, 100, seed=1))
    assert not torch.equal(some, labelled_rows(LABELS, 100, seed=2))
    assert set(some.tolist()) <= set(labelled_rows(LABELS, 300, seed=1).tolist())
    assert labelled_rows(LABELS, None, seed=1).tolist() == list(range(1000))


def batches(labelled):
    samples = torch.arange(1000.0)[:, None]
    return Batches(FiniteSamples(samples, LABELS, labelled), 50, (1, 2), 1, {}, with_labelled=True)


def test_a_step_sees_no_label_but_those_that_were_drawn():
    block = batches(20).block(0)
    for replica, seed in enumerate((1, 2)):
        known = set(labelled_rows(LABELS, 20, seed).tolist())
        of_x, labels = block.x[:, replica, :, 0].long(), block.labels[:, replica]
        for row, label in zip(of_x.flatten().tolist(), labels.flatten().tolist(), strict=True):
            assert label == (row % 10 if row in known else -1)


def test_the_labelled_batch_goes_round_those_that_were_drawn():
    x, labels = batches(20).block(0).labelled
    assert labels.shape == (128, 2, 50)
    for replica, seed in enumerate((1, 2)):
        rows = x[:, replica, :, 0].flatten().long()
        assert torch.equal(labels[:, replica].flatten(), rows % 10)
        # 128 steps of 50 are 320 times the 20 rows, each once a round.
        counts = rows.bincount(minlength=1000)
        assert counts[labelled_rows(LABELS, 20, seed)].tolist() == [320] * 20


def test_the_first_batches_are_those_of_a_training_that_needs_no_labelled_ones():
    samples = FiniteSamples(torch.arange(1000.0)[:, None], LABELS)
    plain = Batches(samples, 50, (1,), 1, {}).block(0)
    assert torch.equal(plain.x, batches(None).block(0).x[:, :1])
    assert plain.labelled is None
