"""Trainings that are killed or interrupted, and go on as if nothing had been."""

import os
import signal
import subprocess
import sys
import time

import pytest

ARGS = ("train", "poses", "--reg", "acai", "--lam", "0.1", "--steps", "4000", "--set", "mlp.widths=32", "--name", "m")


def start(tmp_path, *extra):
    return subprocess.Popen(
        [sys.executable, "-m", "posectl", *ARGS, "--checkpoint-every", "100", *extra],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wait_for_checkpoint(tmp_path):
    deadline = time.monotonic() + 60
    while not list((tmp_path / "artifacts" / ".staging").glob("checkpoints-*/save-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_training_resumes_to_the_same_digest(trained, tmp_path, sign):
    whole = trained(*ARGS, "--checkpoint-every", "100", "--json")
    assert whole.code == 0, whole.err
    assert trained("store", "rm", "m:v1").code == 0
    run = start(tmp_path)
    wait_for_checkpoint(tmp_path)
    run.send_signal(sign)
    out, err = run.communicate(timeout=60)
    assert out == ""
    assert run.returncode == (-9 if sign == signal.SIGKILL else 130)
    if sign == signal.SIGINT:
        assert "--resume" in err
        assert "nothing was published" in err
    assert [row["ref"] for row in trained("store", "ls", "--kind", "model", "--json").json] == ["acai:v1"]
    resumed = trained(*ARGS, "--checkpoint-every", "100", "--resume", "--json")
    assert "Continuing at step" in resumed.err
    assert resumed.json["digest"] == whole.json["digest"]
    assert not list((tmp_path / "artifacts" / ".staging").glob("checkpoints-*/save-*"))


def test_a_non_finite_loss_stops_with_its_step(trained):
    done = trained("train", "poses", "--steps", "300", "--lr", "1e30")
    assert done.code == 8
    assert "step" in done.err
    assert trained("store", "ls", "--kind", "model", "--json").json[-1]["ref"] == "acai:v1"


def test_two_of_the_same_training_do_not_run_at_once(trained, tmp_path):
    run = start(tmp_path)
    wait_for_checkpoint(tmp_path)
    other = trained(*ARGS, "--checkpoint-every", "100")
    run.kill()
    run.communicate()
    assert other.code == 7
