"""A finished training that goes on: to the bits of one that never stopped, or not, and why."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from core.objectives.settings import UNLABELLED

from posectl.core.objectives import OBJECTIVES
from posectl.stages.options import Axes, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.sweep import sweep
from posectl.stages.train import train

SHORT = TrainOptions(reg=("acai",), steps=40, latent=4, batch=16, set=("mlp.widths=16",), evaluate_every=20)


def extended(run, told, first, **longer):
    """Train, go on, and train at one go: the artifacts of the last two."""
    train(replace(run, name="first"), None, first)
    options = replace(first, **{"steps": 100, **longer})
    told.clear()
    gone_on = train(replace(run, name="gone-on"), None, options, resume=True).artifact
    return gone_on, train(replace(run, name="whole"), None, options).artifact


def assert_same(a, b):
    assert a.arrays().keys() == b.arrays().keys()
    for name in a.arrays():
        np.testing.assert_array_equal(a.read(name), b.read(name), err_msg=name)
    assert (a.digest, a.key) == (b.digest, b.key)
    left_out = {"seconds"}
    assert {k: v for k, v in a.summary.items() if k not in left_out} == {
        k: v for k, v in b.summary.items() if k not in left_out
    }


@pytest.mark.parametrize("reg", ["none", "acai", "amr", "gaia", "vqvae", "vae", "posectl"])
def test_it_ends_as_one_run_does_to_the_bit(run, told, reg):
    codes = ("vqvae.codes=32", "vqvae.width=8") if reg == "vqvae" else ()
    # 128 steps are drawn at once, so it goes on in the middle of a block, and into the next.
    gone_on, whole = extended(run, told, replace(SHORT, reg=(reg,), set=(*SHORT.set, *codes)), steps=160)
    assert told[0] == "Going on from first:v1 at step 40."
    assert_same(gone_on, whole)


def test_batch_norms_and_snapshots_go_on_too(run, told):
    norms = replace(SHORT, set=("mlp.widths=16", "mlp.batch_norm=true"), snapshots=4)
    gone_on, whole = extended(run, told, norms, steps=80)
    # At 10, 20, 30 and 40 were kept, at 20, 40, 60 and 80 are.
    assert "Going on from first:v1 at step 40." in told
    kept = {name.split("/")[1] for name in gone_on.arrays() if name.startswith("weights/step-")}
    assert kept == {"step-20", "step-40", "step-60", "step-80"}
    assert_same(gone_on, whole)


def test_one_with_a_validation_split_goes_on_and_is_tested_at_its_own_end_alone(run, told):
    prepare(replace(run, name="held"), "mannequin", options={"subjects": 4, "seconds": 0.3, "validation": 0.3})
    short = train(replace(run, name="first"), "held", SHORT).artifact
    told.clear()
    gone_on = train(replace(run, name="second"), "held", replace(SHORT, steps=100), resume=True).artifact
    whole = train(replace(run, name="third", force=True), "held", replace(SHORT, steps=100)).artifact
    assert "Going on from first:v1 at step 40." in told
    assert short.read("log/test_step").tolist() == [40]
    assert gone_on.read("log/test_step").tolist() == [100]
    assert gone_on.read("log/validation_step").tolist() == whole.read("log/validation_step").tolist()
    assert_same(gone_on, whole)
    best = gone_on.summary["best_step"]
    errors = dict(zip(gone_on.read("log/validation_step"), gone_on.read("log/validation_error"), strict=True))
    assert errors[best] == min(errors.values()) == gone_on.summary["best_validation_error"]


def test_a_last_test_off_the_others_beat_is_left_out(run, told):
    # The last of 50 steps was tested, which one run does not, and was no better than step 40's.
    rising = replace(SHORT, steps=50, lr=0.3, best_by="test")
    short = train(replace(run, name="first"), None, rising).artifact
    if short.summary["best_step"] == 50:
        pytest.skip("the error fell to the end")
    gone_on, whole = extended(run, told, rising)
    assert gone_on.read("log/test_step").tolist() == [0, 20, 40, 60, 80, 100]
    assert_same(gone_on, whole)


def test_one_that_was_tested_at_its_ends_alone_goes_on_too(run, told):
    # One run tests at 0 and 100; until then its best weights are those that were drawn.
    gone_on, whole = extended(run, told, replace(SHORT, evaluate_every=500, best_by="test"))
    assert told[0] == "Going on from first:v1 at step 40."
    assert gone_on.read("log/test_step").tolist() == [0, 100]
    assert_same(gone_on, whole)


@pytest.mark.parametrize(
    ("first", "longer", "why"),
    [
        ({"steps": 50, "best_by": "test"}, {}, "its best weights are those of its last step"),
        ({"steps": 40}, {"snapshots": 0}, ""),
        ({"steps": 40, "snapshots": 3}, {"snapshots": 3}, "keeps its weights at step 33, and it did not"),
    ],
)
def test_where_one_run_would_come_by_there_otherwise_it_starts_anew_and_says_why(run, told, first, longer, why):
    gone_on, whole = extended(run, told, replace(SHORT, **first), **longer)
    assert any(why in line and line.endswith("starting at step 0.") for line in told) == bool(why)
    assert_same(gone_on, whole)


def test_other_threads_and_stacks_may_round_otherwise(run, told):
    train(replace(run, name="first"), None, SHORT)
    told.clear()
    before = torch.get_num_threads()
    try:
        train(replace(run, threads=2, name="two"), None, replace(SHORT, steps=60), resume=True)
    finally:
        torch.set_num_threads(before)
    assert any("it was trained by 1 threads, and 2 may round otherwise" in line for line in told)
    swept = sweep(replace(run, seed=5), None, replace(SHORT, reg=("cycle",)), Axes(((0.0, 0.1),), (4,)))
    told.clear()
    alone = replace(SHORT, reg=("cycle",), lam=(0.1,), steps=60)
    train(replace(run, seed=5, name="alone"), None, alone, resume=True)
    why = "but it was trained in a stack of 2, which may round otherwise: starting at step 0."
    assert told == [f"{swept.figures['replicas'][1]['model']} is this run's first 40 steps, {why}"]


def test_of_several_it_goes_on_from_the_longest(run, told):
    for steps in (40, 60, 20):
        train(replace(run, name=f"s{steps}"), None, replace(SHORT, steps=steps))
    told.clear()
    train(run, None, replace(SHORT, steps=80), resume=True)
    assert told == ["Going on from s60:v1 at step 60."]


def test_without_resume_it_is_named_and_another_training_is_not(run, told):
    train(replace(run, name="first"), None, SHORT)
    told.clear()
    train(run, None, replace(SHORT, steps=60))
    assert told == ["first:v1 is this run's first 40 steps; --resume would go on from it."]
    told.clear()
    train(run, None, replace(SHORT, steps=61, lr=1e-2), resume=True)
    assert told == ["No checkpoint of this run: starting at step 0."]


@pytest.mark.slow
@pytest.mark.parametrize("reg", UNLABELLED)
def test_every_regularizer_goes_on_to_the_bit(run, told, reg):
    codes = ("vqvae.codes=32", "vqvae.width=8") if reg == "vqvae" else ()
    prior = "normal" if OBJECTIVES.get(reg).needs_normal else None
    assert_same(*extended(run, told, replace(SHORT, reg=(reg,), prior=prior, set=(*SHORT.set, *codes))))


def test_a_model_made_by_other_threads_is_not_called_this_very_run(run, told):
    made = train(run, None, SHORT).artifact
    assert made.manifest["threads"] == 1
    before = torch.get_num_threads()
    try:
        told.clear()
        assert train(replace(run, threads=2), None, SHORT).reused
        assert told == [
            "mannequin-acai:v1 is this run by 1 thread; by 2 it may round otherwise. --force makes it again."
        ]
    finally:
        torch.set_num_threads(before)
    told.clear()
    assert train(run, None, SHORT).reused
    assert told == ["mannequin-acai:v1 is this very run; --force makes it again."]


def swept(run, name, steps, **more):
    """The models of a sweep, by their names less its own."""
    done = sweep(replace(run, name=name), None, replace(SHORT, steps=steps), Axes(((0.0, 0.1),), (4,), seeds=2), **more)
    models = [run.artifacts.get(row["model"]) for row in done.figures["replicas"]]
    return {model.name.removeprefix(name): model for model in models}


def test_a_longer_sweep_goes_on_from_a_finished_one_to_the_bit(run, told):
    swept(run, "first", 40)
    told.clear()
    gone_on = swept(run, "gone-on", 100)
    assert "Going on with 4 replicas at step 40, where finished models end." in told
    told.clear()
    whole = swept(replace(run, force=True), "whole", 100)
    assert not any("Going on" in line for line in told)
    assert gone_on.keys() == whole.keys()
    for name, model in gone_on.items():
        assert_same(model, whole[name])


def test_a_sweep_of_another_shape_starts_anew(run, told):
    swept(run, "first", 40)
    told.clear()
    sweep(replace(run, name="wide"), None, replace(SHORT, steps=60), Axes(((0.0,),), (4,), seeds=2))
    assert any("Starting at step 0" in line and "in a stack of 4, which may round otherwise" in line for line in told)
