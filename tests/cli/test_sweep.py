"""posectl sweep as a shell sees it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from haunting import SIGNALS, begin, children, halt, kill_parent

from posectl.store import Store

ROOT = Path(__file__).parents[2]
ARGS = ("sweep", "poses", "--reg", "acai", "--set", "mlp.widths=16", "--checkpoint-every", "50")


def models(posectl):
    return sorted(row["ref"] for row in posectl("store", "ls", "--kind", "model", "--json").json)


def test_help_and_readme_speak_of_it(posectl):
    assert "--zip" in posectl("sweep", "--help").out
    assert "posectl sweep" in (ROOT / "README.md").read_text()


def test_one_ref_on_stdout_that_the_other_commands_take(trained, tmp_path):
    made = trained(*ARGS, "--lam", "0,0.1", "--latent", "3", "--steps", "10")
    assert (made.code, made.out) == (0, "poses-acai-sweep:v1\n"), made.err
    scored = trained("evaluate", "acai-sweep", "--metric", "reconstruction_mpjpe")
    assert scored.out.split() == ["poses-acai-d3-l0-s0-scores:v1", "poses-acai-d3-l0.1-s0-scores:v1"], scored.err
    assert "| acai λ=0, d=3 | acai λ=0.1, d=3 |" in trained("compare", "acai-sweep").out
    assert trained("plot", "acai-sweep", "-o", "s.png").out == "s.png\n"
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")


def test_seeds_become_one_column_and_the_first_subject_the_unit(trained):
    trained(*ARGS, "--lam", "0,0.1", "--latent", "3", "--steps", "10", "--seeds", "2")
    assert trained("evaluate", "acai-sweep", "--metric", "reconstruction_mpjpe").code == 0
    each = [
        c["scores"]["reconstruction_mpjpe"]["mean"] for c in trained("compare", "acai-sweep", "--json").json["columns"]
    ]
    table = trained("compare", "acai-sweep", "--seeds", "--ratio", "--json").json["columns"]
    assert [column["label"] for column in table] == ["acai λ=0, d=3, 2 seeds", "acai λ=0.1, d=3, 2 seeds"]
    base = (each[0] + each[1]) / 2
    for column, pair in zip(table, (each[:2], each[2:]), strict=True):
        got = column["scores"]["reconstruction_mpjpe"]
        assert got["mean"] == pytest.approx(sum(pair) / 2 / base, rel=1e-12)
        assert got["std"] == pytest.approx(abs(pair[0] - pair[1]) / 2**0.5 / base, rel=1e-9)
        assert got["unit"] == "1"


def test_a_diverged_replica_is_a_warning_and_all_of_them_an_error(trained):
    some = trained(*ARGS, "--lam", "0.1,1e39", "--latent", "3", "--steps", "10", "--json")
    assert some.code == 0
    assert "warning: poses-acai-d3-l1e39-s0 diverged at step 1" in some.err
    assert some.json["diverged"] == 1
    every = trained(*ARGS, "--lam", "1e39", "--latent", "3", "--steps", "10", "--seeds", "2")
    assert (every.code, every.out) == (8, "")


@pytest.mark.parametrize(
    ("engine", "sign"), [("inline", signal.SIGKILL), pytest.param("process", signal.SIGINT, marks=pytest.mark.slow)]
)
def test_killed_and_run_again_it_does_only_what_is_missing(trained, tmp_path, engine, sign):
    args = (*ARGS, "--lam", "0,0.1", "--latent", "3,4", "--steps", "600", "--engine", engine)
    run = subprocess.Popen(
        [sys.executable, "-m", "posectl", *args], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    deadline, seen = time.monotonic() + 300, set()
    while len(seen) < 2:  # when the second stack saves itself, the first is published
        assert time.monotonic() < deadline
        assert run.poll() is None, run.communicate()
        # Not what a finished stack's checkpoints are called while they are removed, checkpoints-*.part.
        seen |= {save.parent.name for save in tmp_path.glob("artifacts/.staging/checkpoints-*[!t]/save-*")}
        time.sleep(0.02)
    run.send_signal(sign)
    out, err = run.communicate(timeout=60)
    assert out == ""
    if sign == signal.SIGINT:
        assert run.returncode == 130, err
        assert "To go on: posectl sweep poses" in err
    again = trained(*args)
    assert again.code == 0, again.err
    assert "2 of 4 models are there." in again.err
    assert "Continuing 2 replicas at step" in again.err
    replicas = ("d3-l0-s0", "d3-l0.1-s0", "d4-l0-s0", "d4-l0.1-s0")
    assert models(trained) == ["acai:v1", *(f"poses-acai-{each}:v1" for each in replicas)]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks /proc for children")
@pytest.mark.parametrize("halted", [False, True])
@pytest.mark.parametrize("sign", SIGNALS)
def test_workers_end_with_the_process_that_started_them_at_work_or_idle(trained, tmp_path, sign, halted):
    store, options = Store(tmp_path / "artifacts"), ("--lam", "0", "--latent", "3,4,5", "--steps", "400000")
    parent = begin(store, *ARGS, *options, "--engine", "process", "--jobs", "2")
    deadline = time.monotonic() + 120
    while len(list(tmp_path.glob("artifacts/.staging/checkpoints-*/save-*"))) < 2:
        assert time.monotonic() < deadline
        assert parent.poll() is None
        time.sleep(0.05)
    kill_parent(parent, store, sign, after=0, halted=halted)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="asks /proc for children")
@pytest.mark.parametrize("whom", ["parent", "worker"])
def test_a_sweep_that_is_stopped_and_goes_on_ends_as_ever(trained, tmp_path, whom):
    line = (*ARGS, "--lam", "0,0.1", "--latent", "3,4", "--steps", "400")
    store, another = Store(tmp_path / "artifacts"), tmp_path / "another"
    shutil.copytree(store.path, another)
    assert begin(Store(another), *line).wait(timeout=120) == 0
    parent = begin(store, *line, "--engine", "process", "--jobs", "2")
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("artifacts/.staging/checkpoints-*/save-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    halt(parent.pid if whom == "parent" else children(parent.pid)[-1], 2.0)
    assert parent.wait(timeout=120) == 0
    assert store.verify() == []
    for name in ("poses-acai-d3-l0-s0", "poses-acai-d4-l0.1-s0"):
        mine, theirs = (each.get(name).read("log/autoencoder") for each in (store, Store(another)))
        assert (mine == theirs).all()


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--lam", "0,0.1,0.2", "--latent", "3,4", "--zip"), "2 and 3 values"),
        (("--lam", ""), "not a number, or several"),
        (("--latent", ""), "not a whole number, or several"),
        (("--lam", "0,-0.1"), "negative"),
        (("--engine", "process", "--jobs", "4096"), "4096 jobs"),
    ],
)
def test_what_makes_no_sense_is_refused(posectl, tmp_path, args, word):
    done = posectl(*ARGS, *args)
    assert (done.code, done.out) == (2, ""), done.err
    assert word in done.err
    assert not (tmp_path / "artifacts").exists()


def test_an_unknown_key_of_a_config_file_is_told_with_the_nearest(posectl, tmp_path):
    (tmp_path / "c.yaml").write_text("sweep: {latents: '3,4'}")
    done = posectl("sweep", "poses", "--config", "c.yaml")
    assert done.code == 2
    assert "'latent'" in done.err


def test_a_dry_run_prints_each_stack_and_trains_nothing(trained):
    before = models(trained)
    done = trained(*ARGS, "--lam", "0,0.1", "--latent", "3,4", "--steps", "10", "--dry-run")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert " (to train, --shard 1/2): 2 models of 3 numbers a code; " in first
    assert first.endswith("poses-acai-d3-l0-s0, poses-acai-d3-l0.1-s0")
    assert " (to train, --shard 2/2): 2 models of 4 numbers a code; " in second
    assert models(trained) == before


def test_each_model_of_a_sweep_has_its_log(trained, tmp_path):
    done = trained(*ARGS, "--lam", "0,0.1", "--latent", "3", "--steps", "10", "--log", "csv", "--name", "s")
    assert done.code == 0, done.err
    for row in trained("store", "show", "s", "--json").json["summary"]["replicas"]:
        (path,) = tmp_path.glob(f"*-logs/{row['name']}-*/log.csv")
        lines = [line.split(",") for line in path.read_text().splitlines()]
        assert [int(line[0]) for line in lines[1:]] == list(range(11))
        assert float(lines[-1][-1]) == pytest.approx(row["test_error"], rel=1e-12)
