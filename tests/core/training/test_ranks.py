"""The ranks of torchrun: their variables, what they say of one that is lost, and the sums that all come to."""

import numpy as np
import pytest
import torch
from ranked import ALLOWED, build, completed
from torch.distributed import HashStore

from posectl.core.training import ranks as module
from posectl.core.training.ranks import ALONE, RankError, Ranks, from_environment, in_order, met
from posectl.errors import UsageError

PLACE = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


def one_of(count, rank=0, **keys):
    """A rank whose store has been at by others: the keys that they set."""
    store = HashStore()
    for other in range(count):
        store.set(f"here/{other}", "")
    for key, value in keys.items():
        store.set(key.replace("_", "/"), value)
    return Ranks(store, rank, count, rank)


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, None),
        ({"RANK": "1", "WORLD_SIZE": "4", **PLACE}, (1, 4)),
        ({"RANK": "0", "WORLD_SIZE": "1", **PLACE}, (0, 1)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),  # as some clusters have it in every job
        ({"WORLD_SIZE": "2", **PLACE}, None),
    ],
)
def test_the_variables_of_torchrun_name_a_rank(variables, found):
    assert from_environment(variables) == found


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"RANK": "0", "WORLD_SIZE": "2"}, "no MASTER_ADDR says where they meet"),
        ({"RANK": "2", "WORLD_SIZE": "2", **PLACE}, "RANK=2 of WORLD_SIZE=2"),
        ({"RANK": "x", "WORLD_SIZE": "2", **PLACE}, "RANK=x"),
        ({"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "70000"}, "MASTER_PORT=70000"),
    ],
)
def test_variables_that_name_no_rank_are_refused(variables, said):
    with pytest.raises(UsageError, match=said):
        from_environment(variables)


def test_a_rank_waits_for_the_others_no_longer_than_it_says(monkeypatch):
    monkeypatch.setattr(module, "MEETING", 0.1)
    store = HashStore()
    store.set("here/2", "")
    with pytest.raises(RankError, match=r"^1 of 3 ranks did not come within") as missing:
        Ranks(store, 0, 3, 0)
    assert missing.value.exit_code == 6


def test_a_meeting_at_which_nobody_listens_ends(monkeypatch):
    monkeypatch.setattr(module, "MEETING", 1.0)
    variables = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RankError, match=r"Rank 1 of 2 met no other at 127.0.0.1:1 within 1 s"), met(variables):
        pass


def test_a_lost_rank_is_named_by_those_left_of_whom_the_first_speaks(monkeypatch):
    monkeypatch.setattr(module, "_LAST_WORDS", 0.1)
    first = one_of(4, 0, alive_1="", alive_3="")._lost()
    assert (first.message, first.speaks) == ("Rank 2 of 4 was lost.", True)
    second = one_of(4, 1, alive_0="", alive_3="")._lost()
    assert (second.message, second.speaks) == ("Rank 2 of 4 was lost.", False)
    leading = one_of(4, 1, alive_2="", alive_3="")._lost()
    assert (leading.message, leading.speaks) == ("Rank 0 of 4 was lost.", True)
    assert one_of(4, 0, alive_1="")._lost().message == "Ranks 2 and 3 of 4 were lost."


def test_the_last_words_of_a_rank_are_passed_on_and_said_once():
    words = "There is no cuda:1: this machine has 1 CUDA device(s)."
    lost = one_of(2, 0, left_1=words)._lost()
    assert lost.message == f"Rank 1 of 2 was lost, which said: {words}"
    assert not one_of(2, 1, left_0=words)._lost().speaks  # rank 0 has said it itself


def test_sums_are_taken_in_order():
    parts = torch.tensor([[1e8], [1.0], [-1e8], [1.0]])
    assert in_order(parts).item() == 1.0  # in float32 1e8 + 1 is 1e8
    assert parts[0].item() == 1e8
    assert ALONE.share_of(range(4)) == range(4)
    assert one_of(2, 1).share_of(range(8)) == range(4, 8)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_a_training_comes_to_the_same_bits_on_any_number_of_ranks(count, tmp_path, threads):
    code, _, err = completed(count, tmp_path, "-m", "ranked", tmp_path)
    assert code == 0, err
    for name in ALLOWED:
        trainer = build(name, micro_batch=4)
        assert trainer.run()
        alone, shared = trainer.state(), np.load(tmp_path / f"{name}.npz")
        assert alone.keys() == set(shared)
        for key, array in alone.items():
            np.testing.assert_array_equal(shared[key], array, err_msg=f"{name} {key}")
