"""The searches of several in one pass: what each finds is what it finds alone, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.test_nearest import measured, randn
from core.sharded import sharded
from torch import Tensor

from posectl.core.metrics.nearest import answers, nearest
from posectl.core.nearest.joint import Pass, SearchPendingError
from posectl.core.nearest.parallel import Processes
from posectl.core.nearest.search import Question
from posectl.core.shards import Shards
from posectl.errors import InterruptedRunError

SIZES = [0, 7, 60, 33]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the blocks that were read."""
    read: list[int] = []
    original = Shards.block

    def block(self: Shards, number: int, rows: np.ndarray | None = None) -> np.ndarray:
        read.append(number)
        return original(self, number, rows)

    monkeypatch.setattr(Shards, "block", block)
    return read


def joined(reference: np.ndarray, joint: Pass) -> Shards:
    shards = sharded(reference, SIZES)
    shards.joint = joint
    return shards


def asked(*questions: tuple[Tensor, Shards, int, str]) -> None:
    for queries, shards, k, metric in questions:
        with pytest.raises(SearchPendingError):
            nearest(queries, shards, k, metric)


def test_each_finds_what_it_finds_alone_and_blocks_are_read_once(reads: list[int]) -> None:
    reference, joint = randn(100, 5, 3), Pass(answers)
    reference[50:] = reference[:50]  # all nearest ones are ties
    questions = [torch.from_numpy(randn(count, 5, 3, seed=count)) for count in (1, 20, 3)]
    asked(*((queries, joined(reference, joint), 2, "mpjpe") for queries in questions))
    assert reads == []
    joint.run()
    assert reads == [1, 2, 3]
    for queries in questions:
        distances, indices = nearest(queries, joined(reference, joint), 2)
        alone = nearest(queries, reference, 2)
        assert torch.equal(distances, alone[0])
        assert torch.equal(indices, alone[1])
        order = np.argsort(measured(queries.numpy(), reference, "mpjpe"), axis=1, kind="stable")[:, :2]
        np.testing.assert_array_equal(indices, order)
    assert reads == [1, 2, 3]


def test_other_numbers_and_metrics_share_a_pass_and_other_samples_have_their_own(
    reads: list[int],
) -> None:
    one, other, joint = randn(100, 5, 3), randn(100, 5, 3, seed=9), Pass(answers)
    queries = torch.from_numpy(randn(4, 5, 3, seed=1))
    cases = [(one, 1, "mpjpe"), (other, 1, "mpjpe"), (one, 2, "mpjpe"), (one, 1, "l2")]
    asked(*((queries, joined(reference, joint), k, metric) for reference, k, metric in cases))
    joint.run()
    assert reads == [1, 2, 3] * 2
    for reference, k, metric in cases:
        found, alone = nearest(queries, joined(reference, joint), k, metric), nearest(queries, reference, k, metric)
        assert all(torch.equal(a, b) for a, b in zip(found, alone, strict=True))


def test_who_asks_the_same_is_told_the_same_and_who_asks_anew_waits() -> None:
    reference, joint = randn(100, 5, 3), Pass(answers)
    queries = torch.from_numpy(randn(4, 5, 3, seed=1))
    asked((queries, joined(reference, joint), 1, "mpjpe"), (queries.clone(), joined(reference, joint), 1, "mpjpe"))
    joint.run()
    assert torch.equal(nearest(queries, joined(reference, joint))[1], nearest(queries, reference)[1])
    asked((queries + 1, joined(reference, joint), 1, "mpjpe"))


def test_who_asks_for_something_else_every_time_is_answered_all_the_same() -> None:
    reference, joint = randn(100, 5, 3), Pass(answers)
    for seed in range(20):
        queries = torch.from_numpy(randn(4, 5, 3, seed=seed))
        try:
            found = nearest(queries, joined(reference, joint))
        except SearchPendingError:
            joint.run()
    assert torch.equal(found[1], nearest(queries, reference)[1])


@pytest.mark.parametrize("workers", [None, Processes(2)])
def test_a_pass_that_is_to_stop_stops_at_the_next_block(reads: list[int], workers: Processes | None) -> None:
    shards = sharded(randn(100, 5, 3), SIZES, workers)
    asked_of = [Question(torch.from_numpy(randn(4, 5, 3)), 1, "mpjpe")]
    answer = iter([False, True])
    with pytest.raises(InterruptedRunError, match="Interrupted in the search"):
        answers(asked_of, shards, lambda: next(answer))
    assert len(reads) <= 2
