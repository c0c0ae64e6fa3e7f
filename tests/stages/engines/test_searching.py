"""The search of a reference beyond memory on Dask's workers."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from core.metrics.test_nearest import measured, randn
from core.sharded import lost, sharded, slowly

import posectl
from posectl.core.metrics.nearest import nearest
from posectl.errors import PosectlError, UnavailableError
from posectl.stages.engines import searching
from posectl.stages.engines.engine import Engine
from posectl.stages.engines.searching import DaskWorkers
from posectl.stages.engines.task import OtherCodeError
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.several import evaluate_all
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Run

distributed = pytest.importorskip("distributed")

SIZES = [0, 7, 60, 0, 33, 100]


@pytest.mark.parametrize("metric", ["mpjpe", "l2"])
def test_workers_find_what_brute_force_finds_and_one_process_to_the_bit(scheduler, threads, metric):
    reference = randn(200, 5, 3)
    reference[100:] = reference[:100]  # all nearest ones are ties
    queries = np.concatenate([reference[::9], randn(20, 5, 3, seed=1)])
    alone = nearest(queries, reference, 4, metric)
    found = nearest(torch.from_numpy(queries), sharded(reference, SIZES, DaskWorkers(scheduler)), 4, metric)
    assert all(torch.equal(a, b) for a, b in zip(alone, found, strict=True))
    order = np.argsort(measured(queries, reference, metric), axis=1, kind="stable")[:, :4]
    np.testing.assert_array_equal(found[1], order)


def test_a_worker_of_other_code_is_refused(scheduler, monkeypatch, threads):
    codes = iter(["this", *["other"] * 100])
    monkeypatch.setattr(searching, "_code", lambda: next(codes))
    with pytest.raises(OtherCodeError, match="would search with other code"):
        nearest(torch.zeros(2, 5, 3), sharded(randn(60, 5, 3), [60], DaskWorkers(scheduler)))


def test_a_scheduler_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("posectl.stages.engines.connection.ANSWER", 1.0)
    with pytest.raises(UnavailableError, match=r"No scheduler of Dask answers at tcp://127.0.0.1:9 within 1 s"):
        nearest(torch.zeros(2, 5, 3), sharded(randn(60, 5, 3), [60], DaskWorkers("tcp://127.0.0.1:9")))


def test_what_a_block_cannot_be_read_for_is_said_of_the_host(scheduler, threads):
    gone = lost(sharded(randn(60, 5, 3), [60], DaskWorkers(scheduler)))
    with pytest.raises(PosectlError, match=r"cannot read the reference: .*no such file") as refused:
        nearest(torch.zeros(2, 5, 3), gone)
    assert refused.value.hint == "Mount the store under the same path on every host."


def test_a_single_subject_is_searched_by_blocks_for_the_same_scores(scheduler, tmp_path, told, threads):
    theirs = tmp_path / "theirs.npy"
    np.save(theirs, np.random.default_rng(0).normal(scale=0.3, size=(40, 17, 3)).astype(np.float32))
    run = Run(store=tmp_path / "artifacts", tell=told.append)
    options = EvaluateOptions(metrics=("precision_distance",))
    subject = (str(theirs), "last")
    (made,) = evaluate_all(run, [subject], "generated:3k", options, engine=Engine("dask", scheduler=scheduler))
    assert "Dask's workers search the blocks of generated:3k, each a task." in told
    elsewhere = Run(store=tmp_path / "elsewhere")
    alone = evaluate(elsewhere, str(theirs), "generated:3k", options)
    assert made.figures["scores"] == alone.figures["scores"]
    assert made.artifact.name == alone.artifact.name


def test_several_are_answered_by_one_pass_of_the_workers(scheduler, tmp_path, told, threads):
    lab = posectl.open(tmp_path / "artifacts")
    poses = lab.prepare("mannequin", subjects=2, seconds=0.3)
    models = [lab.train(poses, steps=2, latent=4, set="mlp.widths=8", seed=seed).ref for seed in (0, 1)]
    run = Run(store=tmp_path / "artifacts", tell=told.append)
    options = EvaluateOptions(metrics=("mean_distance",), random_pairs=10)
    subjects = [(model, "last") for model in models]
    together = evaluate_all(run, subjects, "generated:3k", options, engine=Engine("dask", scheduler=scheduler))
    assert "One pass over the reference for 2 subjects." in told
    for model, made in zip(models, together, strict=True):
        alone = evaluate(replace(run, force=True), model, "generated:3k", options)
        assert made.figures["scores"] == alone.figures["scores"]


@pytest.mark.slow
def test_blocks_of_workers_that_are_killed_go_to_others():
    reference = randn(6000, 5, 3)
    queries = torch.from_numpy(randn(50, 5, 3, seed=1))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, worker_dashboard_address=None
    ) as made:
        slow = slowly(sharded(reference, [200] * 30, DaskWorkers(made.scheduler_address)), 0.2)
        victim = next(iter(made.workers.values())).pid
        threading.Timer(1.5, os.kill, (victim, signal.SIGKILL)).start()
        found = nearest(queries, slow, 3)
    assert all(torch.equal(a, b) for a, b in zip(nearest(queries, reference, 3), found, strict=True))
