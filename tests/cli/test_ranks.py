"""`train` under torchrun: one model and one voice, whatever the number of ranks, and whichever of them is lost."""

import json
import os
import signal
import time

import pytest
from ranked import completed, process_of, torchrun

from posectl.core.training import ranks

ARGS = ("train", "poses", "--reg", "acai", "--set", "mlp.widths=16", "--name", "m", "--threads", "1")
LONG = (*ARGS, "--steps", "400", "--checkpoint-every", "40")
RANK = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}


def said_in(err):
    """The lines of stderr that are posectl's own."""
    return [line for line in err.splitlines() if line.startswith(("error:", "hint:", "warning:"))]


def ended(run):
    """Exit code, stdout, and what posectl said."""
    out, err = run.communicate(timeout=300)
    return run.returncode, out, said_in(err)


def saves(folder):
    return sorted(folder.glob("artifacts/.staging/checkpoints-*/save-*"))


def lost(folder, count, rank):
    """What is said when a rank of so many is killed at work."""
    run = torchrun(count, folder, "-m", "posectl", *LONG)
    try:
        deadline = time.monotonic() + 200
        while len(saves(folder)) < 2:
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process_of(run, rank), signal.SIGKILL)
        return ended(run)
    finally:
        run.kill()
        run.communicate()


@pytest.mark.slow
def test_two_ranks_make_the_model_that_one_process_makes_of_the_same_micro_batches(trained, tmp_path):
    code, out, err = completed(2, tmp_path, "-m", "posectl", *ARGS, "--steps", "30", "--json")
    assert code == 0, err
    assert not any(line.startswith("error:") for line in said_in(err))
    shared = json.loads(out)  # of one rank alone
    alone = trained(*ARGS, "--steps", "30", "--micro-batch", "8", "--json", "--force").json
    assert shared["ref"] == "m:v1"
    assert shared["digest"] == alone["digest"]


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 2])
def test_a_killed_rank_ends_the_training_in_a_sentence_and_it_goes_on_with_fewer(trained, tmp_path, rank):
    code, out, said = lost(tmp_path, 4, rank)
    assert (code, out) == (1, "")  # torchrun's own
    (error,) = [line for line in said if line.startswith("error:")]
    assert f"Rank {rank} of 4 was lost at step" in error
    assert "nothing was published" in error
    assert saves(tmp_path)
    code, out, err = completed(2, tmp_path, "-m", "posectl", *LONG, "--resume", "--json")
    assert code == 0, err
    whole = trained(*LONG, "--micro-batch", "8", "--json", "--force").json
    assert json.loads(out)["digest"] == whole["digest"]
    assert not saves(tmp_path)


@pytest.mark.slow
def test_an_interruption_of_all_ranks_leaves_one_sentence_and_a_checkpoint(trained, tmp_path):
    run = torchrun(2, tmp_path, "-m", "posectl", *LONG, "--steps", "100000")
    while not saves(tmp_path):
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)
    before = len(saves(tmp_path))
    run.send_signal(signal.SIGINT)
    _, out, said = ended(run)
    assert out == ""
    (error,) = [line for line in said if line.startswith("error:")]
    assert "Interrupted at step" in error
    assert len(saves(tmp_path)) >= before


@pytest.mark.parametrize(
    ("args", "said", "hint"),
    [
        (("--micro-batch", "6"), "A batch of 64 is not made of micro-batches of 6", "--micro-batch 4"),
        (("--micro-batch", "7"), "not made of micro-batches of 7", "--micro-batch 8"),
        (("--micro-batch", "128"), "not made of micro-batches of 128", "--micro-batch 64"),
        (
            ("--micro-batch", "8", "--reg", "gaia"),
            "gaia cannot be trained in micro-batches or over ranks",
            "--reg gaia",
        ),
        (
            ("--micro-batch", "8", "--set", "mlp.batch_norm=true"),
            "normed over the whole batch",
            "without --micro-batch",
        ),
    ],
)
def test_micro_batches_that_cannot_be_are_refused(trained, args, said, hint):
    done = trained("train", "poses", "--steps", "5", *args)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert hint in done.err


def test_ranks_that_nobody_started_are_missed(trained, monkeypatch):
    monkeypatch.setattr(ranks, "MEETING", 1.0)
    alone = trained(*ARGS, env={**os.environ, **RANK})
    assert (alone.code, alone.out) == (6, "")
    assert "Rank 1 of 2 met no other at 127.0.0.1:1 within 1 s" in alone.err
    nowhere = trained(*ARGS, env={"RANK": "1", "WORLD_SIZE": "2"})
    assert (nowhere.code, nowhere.out) == (2, "")
    assert "no MASTER_ADDR" in nowhere.err


def test_a_sweep_under_torchrun_takes_shards_and_meets_nobody(trained):
    done = trained("sweep", "poses", "--reg", "acai", "--lam", "0.1", "--latent", "2,4", "--steps", "5", "--set",
                   "mlp.widths=16", env=RANK)  # fmt: skip
    assert done.code == 0, done.err
    assert "shard 2/2" in done.err.lower()
