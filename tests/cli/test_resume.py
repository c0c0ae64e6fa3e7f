"""Trainings that are killed or interrupted, and go on as if nothing had been."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from cli.conftest import run_in

ARGS = ("train", "poses", "--reg", "acai", "--lam", "0.1", "--set", "mlp.widths=32", "--name", "m")
SHORT, LONG = ("--steps", "1500", "--checkpoint-every", "50"), ("--steps", "4000", "--checkpoint-every", "100")


@contextmanager
def started(tmp_path, *extra):
    """A training in a process of its own, once its first checkpoint is there."""
    run = subprocess.Popen(
        [sys.executable, "-m", "posectl", *ARGS, *extra],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        wait_for_checkpoints(tmp_path, 1)
        yield run
    finally:
        run.kill()
        run.communicate()


def checkpoints(tmp_path):
    return {save.name for save in tmp_path.glob("artifacts/.staging/checkpoints-*/save-*")}


def wait_for_checkpoints(tmp_path, count):
    deadline, seen = time.monotonic() + 300, set()
    while len(seen) < count:
        assert time.monotonic() < deadline
        seen |= checkpoints(tmp_path)
        time.sleep(0.02)


def digest(trained, *extra):
    made = trained(*ARGS, *extra, "--json")
    assert made.code == 0, made.err
    return made.json["digest"]


@pytest.fixture(scope="module")
def uninterrupted(store_with_a_model, tmp_path_factory):
    """The digest of the model that the short training makes when nothing stops it."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(store_with_a_model, folder, dirs_exist_ok=True)
    return digest(lambda *args: run_in(folder, *args), *SHORT)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_training_resumes_to_the_same_digest(trained, tmp_path, uninterrupted, sign):
    with started(tmp_path, *SHORT) as run:
        run.send_signal(sign)
        out, err = run.communicate(timeout=60)
    assert out == ""
    assert run.returncode == (-9 if sign == signal.SIGKILL else 130)
    if sign == signal.SIGINT:
        assert "--resume" in err
        assert "nothing was published" in err
    assert [row["ref"] for row in trained("store", "ls", "--kind", "model", "--json").json] == ["acai:v1"]
    resumed = trained(*ARGS, *SHORT, "--resume", "--json")
    assert "Continuing at step" in resumed.err
    assert resumed.json["digest"] == uninterrupted
    assert not checkpoints(tmp_path)


@pytest.mark.slow
def test_killed_again_and_again_a_training_resumes_to_the_same_digest(trained, tmp_path):
    whole = digest(trained, *LONG)
    assert trained("store", "rm", "m:v1").code == 0
    for further in (1, 7, 3):
        with started(tmp_path, *LONG, "--resume") as run:
            wait_for_checkpoints(tmp_path, 1 + further)
            run.send_signal(signal.SIGKILL)
            run.communicate(timeout=60)
        assert run.returncode == -9
    assert digest(trained, *LONG, "--resume") == whole


def test_a_non_finite_loss_stops_with_its_step(trained):
    done = trained("train", "poses", "--steps", "300", "--lr", "1e30")
    assert done.code == 8
    assert "step" in done.err
    assert trained("store", "ls", "--kind", "model", "--json").json[-1]["ref"] == "acai:v1"


def test_two_of_the_same_training_do_not_run_at_once(trained, tmp_path):
    with started(tmp_path, *LONG):
        assert trained(*ARGS, *LONG).code == 7
