"""Shards of a sweep, on hosts that share the store's folder: each model once, and to the bit that of one host."""

from __future__ import annotations

import os
import signal

import leasing
import numpy as np
import pytest
from killing import SPAWN
from leasing import sent

from posectl.errors import UsageError
from posectl.stages.artifacts.members import members
from posectl.stages.engines.shards import Shard, from_environment, parse
from posectl.stages.options import Axes, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.sweep import sweep, sweep_shard

TINY = TrainOptions(reg=("acai",), steps=20, set=("mlp.widths=8",), evaluate_every=10)
AXES = Axes(lam=(leasing.LAMBDAS,), latent=leasing.LATENTS)


@pytest.fixture
def run(tmp_path, told):
    run = Run(store=tmp_path / "artifacts", threads=1, tell=told.append)
    prepare(run, "mannequin", options={"subjects": 4, "seconds": 0.5})
    return run


@pytest.mark.parametrize(
    ("variables", "shard"),
    [
        ({"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "0"}, Shard(1, 4)),
        ({"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1"}, Shard(4, 4)),
        (
            {
                "SLURM_ARRAY_TASK_ID": "20",
                "SLURM_ARRAY_TASK_COUNT": "3",
                "SLURM_ARRAY_TASK_MIN": "10",
                "SLURM_ARRAY_TASK_STEP": "5",
            },
            Shard(3, 3),
        ),
        ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, Shard(2, 2)),
        ({"RANK": "0", "WORLD_SIZE": "8"}, Shard(1, 8)),
        ({"SKYPILOT_NODE_RANK": "2", "SKYPILOT_NUM_NODES": "3"}, Shard(3, 3)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "x", "WORLD_SIZE": "2"}, None),
        ({"SLURM_ARRAY_TASK_ID": "3"}, None),
        ({}, None),
    ],
)
def test_a_job_knows_its_shard_by_its_schedulers_variables(variables, shard):
    found = from_environment(variables)
    assert (found[0] if found else None) == shard


@pytest.mark.parametrize("number", ["3", "9"])
def test_jobs_numbered_with_gaps_name_no_shard(number):
    variables = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_STEP": "2"}
    with pytest.raises(UsageError, match="names no shard"):
        from_environment(variables)


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "one/two", "1.5/4"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(UsageError, match="no shard"):
        parse(text)


def test_shards_make_the_models_of_one_host_to_the_bit_and_the_last_publishes(run, tmp_path, told):
    assert sweep_shard(run, None, TINY, AXES, Shard(1, 2)) is None
    assert told[-1] == "Shard 1/2 has ended; 2 models are left to others, of whom the last publishes."
    assert run.artifacts.newest("sweep") is None
    result = sweep_shard(run, None, TINY, AXES, Shard(2, 2))
    assert result is not None
    alone = Run(store=tmp_path / "alone", threads=1)
    prepare(alone, "mannequin", options={"subjects": 4, "seconds": 0.5})
    whole = sweep(alone, None, TINY, AXES)
    assert result.artifact.key == whole.artifact.key
    for ours, theirs in zip(members(run, result.artifact), members(alone, whole.artifact), strict=True):
        assert ours.name == theirs.name
        for name, values in theirs.read_group("weights").items():
            np.testing.assert_array_equal(ours.read_group("weights")[name], values)
    again = sweep_shard(run, None, TINY, AXES, Shard(1, 2))
    assert again is not None
    assert again.reused


def test_more_shards_than_stacks_and_force_are_told(run, told):
    assert sweep_shard(run, None, TINY, AXES, Shard(4, 4)) is None
    assert "Nothing falls to shard 4/4: there are 3 stacks." in told
    run.force = True
    with pytest.raises(UsageError, match="by force"):
        sweep_shard(run, None, TINY, AXES, Shard(1, 2))


def test_shards_of_which_some_diverged_are_complete(run, told):
    axes = Axes(lam=((0.0, 1e39),), latent=(3, 4))
    assert sweep_shard(run, None, TINY, axes, Shard(1, 2)) is None
    result = sweep_shard(run, None, TINY, axes, Shard(2, 2))
    assert result is not None
    assert [row["diverged_at"] >= 0 for row in result.figures["replicas"]] == [False, True, False, True]
    assert os.listdir(run.artifacts.layout.staging) == []


def _last(connection):
    """What a process sent but for its progress."""
    messages = []
    while len(messages) < 2:
        if (message := sent(connection)) != "training":
            messages.append(message)
    return messages


def _models(run):
    return sorted(model.ref for model in run.artifacts.artifacts("model"))


NAMES = [f"mannequin-acai-d{latent}-l{lam}-s0:v1" for latent in (3, 4, 5) for lam in ("0", "0.1")]


def test_two_that_do_the_same_divide_it(run):
    pipes = [SPAWN.Pipe() for _ in range(2)]
    workers = [SPAWN.Process(target=leasing.train, args=(run.store, there, 400)) for _, there in pipes]
    for worker in workers:
        worker.start()
    refs = {_last(here)[1] for here, _ in pipes}
    for worker in workers:
        worker.join()
    assert _models(run) == NAMES
    assert refs == {"mannequin-acai-sweep:v1"}
    assert os.listdir(run.artifacts.layout.staging) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows has no such signals")
@pytest.mark.parametrize("fate", ["frozen", "killed"])
def test_the_work_of_one_that_gives_no_sign_of_life_is_taken_over(run, fate):
    (here, there), (here2, there2) = SPAWN.Pipe(), SPAWN.Pipe()
    first = SPAWN.Process(target=leasing.train, args=(run.store, there, 4000))
    first.start()
    for _ in range(3):  # the first before it trains
        sent(here)
    os.kill(first.pid, signal.SIGSTOP if fate == "frozen" else signal.SIGKILL)
    second = SPAWN.Process(target=leasing.train, args=(run.store, there2, 4000))
    second.start()
    assert _last(here2)[1] == "mannequin-acai-sweep:v1"
    if fate == "frozen":
        os.kill(first.pid, signal.SIGCONT)
        told, ref = _last(here)
        assert ref == "mannequin-acai-sweep:v1"
        assert any("another process did it, for this process gave no sign of life" in line for line in told)
    first.join()
    second.join()
    assert _models(run) == NAMES
    run.artifacts.gc()
    assert os.listdir(run.artifacts.layout.staging) == []
    assert run.artifacts.verify() == []
