"""The history of a run: what it keeps, at which step, of whom."""

import numpy as np
import pytest
import torch

from posectl.core.training.history import History


def weights(value):
    return {"encoder.w": torch.full((3, 2), float(value)), "critic.w": torch.full((3, 1), float(value))}


def history(steps=6, best_by="validation"):
    return History(steps, ["reconstruction", "autoencoder"], weights(0), best_by)


def losses(*steps):
    return [torch.tensor(figure) for step in steps for figure in step]


def test_a_replica_diverges_after_the_first_step_at_which_any_loss_is_not_finite():
    run, nan, inf = history(), float("nan"), float("inf")
    run.add_losses(2, losses(([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]), ([1.0, nan, 1.0], [2.0, 2.0, 2.0])))
    assert run.diverged_at.tolist() == [-1, 4, -1]
    run.add_losses(4, losses(([1.0, nan, 1.0], [inf, 2.0, 2.0])))
    assert run.diverged_at.tolist() == [5, 4, -1]
    assert not run.all_diverged
    run.add_losses(5, losses(([1.0, 1.0, -inf], [1.0, 1.0, 1.0])))
    assert run.diverged_at.tolist() == [5, 4, 6]
    assert run.all_diverged


def test_the_log_holds_each_figure_of_each_replica_at_its_step():
    run = history()
    run.add_losses(1, losses(([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]), ([7.0, 8.0, 9.0], [10.0, 11.0, 12.0])))
    assert run.log[0].tolist() == [[0.0] * 3] * 2
    assert run.log[1].tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert run.log[2].tolist() == [[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_each_replica_keeps_the_weights_of_its_own_lowest_error(split):
    run = history(best_by=split)
    for step, errors in ((0, [3.0, 3.0, np.nan]), (2, [2.0, 4.0, np.nan]), (4, [2.0, 1.0, 5.0])):
        run.add_errors(split, step, weights(step), np.array(errors))
    assert run.best_error.tolist() == [2.0, 1.0, 5.0]
    assert run.best_step.tolist() == [2, 4, 4]  # an equal error is no better
    assert run.weights("best")["encoder.w"].tolist() == [[2.0, 2.0], [4.0, 4.0], [4.0, 4.0]]


def test_no_other_split_chooses_weights():
    run = history(best_by="validation")
    run.add_errors("validation", 2, weights(2), np.array([2.0, 2.0, 2.0]))
    run.add_errors("test", 4, weights(4), np.array([1.0, 1.0, 1.0]))
    assert run.best_step.tolist() == [2, 2, 2]
    assert run.weights("best")["encoder.w"].tolist() == [[2.0, 2.0]] * 3
    assert (list(run.errors), list(run.tests)) == ([2], [4])


def test_a_snapshot_stays_as_it_was_taken():
    run, now = history(), weights(1)
    run.add_snapshot(3, now)
    now["encoder.w"].fill_(9)
    assert run.weights("step-3")["encoder.w"].tolist() == [[1.0, 1.0]] * 3


@pytest.mark.parametrize("upto", [2, 5])
def test_what_is_restored_is_what_was_saved_by_the_names_that_checkpoints_have(upto):
    run = history()
    run.add_errors("validation", 0, weights(0), np.array([1.0, 2.0, 3.0]))
    run.add_losses(0, losses(*[([float(step)] * 3, [1.0] * 3) for step in range(upto)]))
    for step in (10, 9):
        run.add_snapshot(step, {"encoder.w": weights(step)["encoder.w"]})
    run.add_errors("validation", upto, weights(upto), np.array([2.0, 1.0, np.inf]))
    run.add_errors("test", upto, weights(upto), np.array([4.0, 4.0, 4.0]), {"accuracy": np.array([0.5, 0.5, 0.5])})
    run.best_test_error = np.array([3.0, 2.0, 1.0])
    saved = run.state(upto)
    assert sorted(saved) == [
        "best/critic.w", "best/encoder.w", "best_error", "best_step", "best_test_error", "diverged_at", "log",
        "step-10/encoder.w", "step-9/encoder.w", "tests/accuracy", "tests/error", "tests/step", "validations/error",
        "validations/step",
    ]  # fmt: skip
    again = history()
    again.restore(upto, saved)
    for name, array in again.state(upto).items():
        np.testing.assert_array_equal(array, saved[name], err_msg=name)
    assert list(again.snapshots) == [9, 10]
    assert again.errors[0].tolist() == [1.0, 2.0, 3.0]
    assert again.tests[upto].tolist() == [4.0, 4.0, 4.0]
