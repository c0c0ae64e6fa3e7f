"""The micro-batches of a training over ranks: the same for any number of them, or refused."""

import pytest

from posectl.errors import UsageError
from posectl.stages.options import TrainOptions
from posectl.stages.training.settings import divided


@pytest.mark.parametrize(("batch", "micro"), [(64, 8), (16, 2), (100, 50), (24, 6), (12, 6)])
def test_an_untold_micro_batch_does_not_follow_the_number_of_ranks(batch, micro):
    options = TrainOptions(batch=batch)
    assert divided(options, None) == options
    assert {divided(options, count).micro_batch for count in (1, 2)} == {micro}


def test_micro_batches_that_ranks_cannot_share_out_are_refused_with_a_batch_that_they_can():
    with pytest.raises(UsageError, match=r"The 8 micro-batches of a batch of 64 .* among 3 ranks") as refused:
        divided(TrainOptions(), 3)
    assert "--batch 66 --micro-batch 22" in refused.value.hint
    assert divided(TrainOptions(batch=66, micro_batch=22), 3).micro_batch == 22
    with pytest.raises(UsageError, match=r"The 2 micro-batches of a batch of 64 .* among 4 ranks"):
        divided(TrainOptions(micro_batch=32), 4)
