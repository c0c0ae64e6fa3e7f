"""Tasks on Dask: what they come to, whose they are, and what becomes of them where hosts are not as they should be."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from posectl.errors import ExitCode, InterruptedRunError, PosectlError, UnavailableError, UsageError
from posectl.stages import sweep as sweeping
from posectl.stages.artifacts.members import members
from posectl.stages.engines import cluster, connection
from posectl.stages.engines.engine import Engine
from posectl.stages.engines.shards import Shard
from posectl.stages.engines.task import OtherCodeError, common_name, quiet
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.several import evaluate_all, plan_evaluations
from posectl.stages.options import Axes, EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.sweep import sweep
from posectl.stages.training import task as trainings
from posectl.stages.training.task import StackTask

distributed = pytest.importorskip("distributed")

TINY = TrainOptions(reg=("acai",), steps=10, set=("mlp.widths=8",), evaluate_every=10)
AXES = Axes(lam=((0.0, 0.1),), latent=(3, 4))


@pytest.fixture
def run(tmp_path, told):
    run = Run(store=tmp_path / "artifacts", threads=1, tell=told.append, warn=told.append)
    prepare(run, "mannequin", options={"subjects": 4, "seconds": 0.5})
    return run


def test_on_dask_a_sweep_comes_to_the_same_bits_on_one_thread_each(run, scheduler, tmp_path):
    seen = []
    result = sweep(
        replace(run, threads=None, progress=seen.append), None, TINY, AXES, engine=Engine("dask", scheduler=scheduler)
    )
    elsewhere = Run(store=tmp_path / "elsewhere", threads=1)
    prepare(elsewhere, "mannequin", options={"subjects": 4, "seconds": 0.5})
    alone = sweep(elsewhere, None, TINY, AXES)
    for mine, theirs in zip(members(run, result.artifact), members(elsewhere, alone.artifact), strict=True):
        assert (mine.name, mine.key, mine.manifest["threads"]) == (theirs.name, theirs.key, 1)
        for name in theirs.arrays():
            assert mine.read(name).tobytes() == theirs.read(name).tobytes(), name
    assert result.artifact.key == alone.artifact.key
    assert {row.host for row in seen[-1].rows} == {socket.gethostname()}
    assert {row.state for row in seen[-1].rows} == {"done"}
    assert run.artifacts.verify() == []


def test_evaluations_of_a_sweep_come_to_the_same_scores(run, scheduler, monkeypatch):
    made = sweep(run, None, TINY, AXES)
    options = EvaluateOptions(metrics=("reconstruction_mpjpe",), endpoints=4, steps=5)
    subjects = [(model.ref, "last") for model in members(run, made.artifact)]
    assert [plan.state for plan in plan_evaluations(run, subjects, None, options)] == ["to score"] * 4
    scores = evaluate_all(run, subjects, None, options, engine=Engine("dask", scheduler=scheduler))
    alone = evaluate_all(replace(run, name="again", seed=1), subjects, None, options)
    assert [each.artifact.name for each in scores] == [f"{ref.partition(':')[0]}-scores" for ref, _ in subjects]
    assert [each.figures["scores"] for each in scores] == [each.figures["scores"] for each in alone]
    assert [plan.state for plan in plan_evaluations(run, subjects, None, options)] == ["scored"] * 4
    shares = [evaluate_all(run, subjects, None, options, shard=Shard(i, 3)) for i in (1, 2, 3)]
    assert [[each.ref for each in share] for share in shares] == [
        [scores[0].ref, scores[3].ref], [scores[1].ref], [scores[2].ref],
    ]  # fmt: skip
    assert evaluate_all(run, subjects, None, options, shard=Shard(9, 9)) == []


def test_tasks_take_a_reference_that_lies_nowhere_and_are_the_same_for_any_number_of_searches(run):
    made = sweep(run, None, TINY, AXES)
    options = EvaluateOptions(metrics=("mean_distance",), random_pairs=4, steps=5)
    subjects = [(model.ref, "last") for model in members(run, made.artifact)][:2]
    reference = "generated:2000"
    plans, others = (plan_evaluations(run, subjects, reference, replace(options, jobs=jobs)) for jobs in (1, 2))
    assert [plan.id for plan in plans] == [plan.id for plan in others]
    (first, _) = evaluate_all(run, subjects, reference, options)
    alone = evaluate(replace(run, name="again", force=True), subjects[0][0], reference, options)
    assert first.figures["scores"] == alone.figures["scores"]


def test_tasks_are_small_and_bear_names_that_people_know(run):
    (model,) = members(run, sweep(run, None, TINY, Axes(lam=((0.0,),), latent=(3,))).artifact)
    assert common_name(["poses-acai-d8-l0-s0", "poses-acai-d8-l0.1-s0"]) == "poses-acai-d8"
    assert common_name([model.name]) == model.name
    task = StackTask(quiet(run), "0f" * 32, "poses-acai-d8", 2, "poses:v1", TINY, (), "")
    assert str(task) == "0f0f0f0f0f0f (poses-acai-d8, 2 models)"
    given = cluster._Given(0, task)
    assert distributed.utils.key_split(given.name) == "poses_acai_d8"
    assert distributed.utils.key_split(given.again().name) == "poses_acai_d8"
    other = cluster._Given(0, replace(task, run=replace(task.run, store="/another")))
    assert len({given.name, given.again().name, other.name}) == 3  # what came of it elsewhere is not taken


def test_a_worker_of_other_code_is_said_and_its_tasks_go_to_another(run, scheduler, told, monkeypatch):
    workers, check = [], StackTask._check

    def refusing(task, key):
        workers.append(distributed.get_worker().address)
        check(task, key if workers[-1] != workers[0] else "another")

    monkeypatch.setattr(StackTask, "_check", refusing)
    result = sweep(run, None, TINY, AXES, engine=Engine("dask", scheduler=scheduler))
    assert len(result.figures["replicas"]) == 4
    (said,) = [each for each in told if "would make something else" in each]
    assert said.startswith(f"{socket.gethostname()} would make something else of task ")
    assert said.endswith("Its tasks go to other workers.")


def test_where_every_worker_has_other_code_it_is_an_error(run, scheduler, monkeypatch):
    check = StackTask._check
    monkeypatch.setattr(StackTask, "_check", lambda task, key: check(task, "another"))
    with pytest.raises(OtherCodeError, match="would make something else") as refused:
        sweep(run, None, TINY, AXES, engine=Engine("dask", scheduler=scheduler))
    assert refused.value.exit_code == ExitCode.UNAVAILABLE
    assert "Install the same posectl on every host" in refused.value.hint
    assert run.artifacts.artifacts("model") == []


def test_a_full_disk_of_one_worker_leaves_its_tasks_to_another(run, scheduler, told, monkeypatch):
    full, train = [], trainings.train_stack

    def train_stack(*args, **options):
        full[:] = full or [distributed.get_worker().address]
        if distributed.get_worker().address in full:
            raise UnavailableError("There is no room for the model.", "Make some.")
        return train(*args, **options)

    monkeypatch.setattr(trainings, "train_stack", train_stack)
    result = sweep(run, None, TINY, AXES, engine=Engine("dask", scheduler=scheduler))
    assert [row["diverged_at"] for row in result.figures["replicas"]] == [-1] * 4
    assert "There is no room for the model. Its tasks go to other workers." in told


def test_a_failed_task_is_named_with_its_log_and_stops_no_other(run, scheduler, monkeypatch):
    train, tries = trainings.train_stack, []

    def train_stack(run, data, stack, *args, **options):
        if stack.replicas[0].replica.options.latent == 4:
            tries.append(stack.key)
            raise RuntimeError("out of luck")
        return train(run, data, stack, *args, **options)

    monkeypatch.setattr(trainings, "train_stack", train_stack)
    with pytest.raises(
        PosectlError, match=r"Task \w{12} \(mannequin-acai-d4, 2 models\) failed.*out of luck"
    ) as failed:
        sweep(run, None, TINY, AXES, engine=Engine("dask", scheduler=scheduler))
    log = run.artifacts.path.with_name("artifacts-logs") / "tasks" / f"{tries[0][:12]}.log"
    assert failed.value.hint == f"Its log: {log}."
    assert log.read_text().count("RuntimeError: out of luck") == len(tries) == 1 + cluster.RETRIES
    assert {model.name for model in run.artifacts.artifacts("model")} == {
        "mannequin-acai-d3-l0-s0", "mannequin-acai-d3-l0.1-s0",
    }  # fmt: skip


def test_ctrl_c_lets_tasks_save_themselves(run, scheduler, monkeypatch):
    seen = []

    @contextmanager
    def interruptible():
        yield lambda: any(progress.done for progress in seen)

    monkeypatch.setattr(sweeping, "interruptible", interruptible)
    endless = replace(TINY, steps=10**6, evaluate_every=10**6)
    with pytest.raises(InterruptedRunError, match="the models that were finished are there"):
        sweep(
            replace(run, progress=seen.append), None, endless, Axes(latent=(3,)),
            engine=Engine("dask", scheduler=scheduler),
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(run.artifacts.path.glob(".staging/checkpoints-*/save-*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert run.artifacts.artifacts("model") == []


@pytest.mark.parametrize("banner", [b"", b"SSH-2.0-OpenSSH_9.2p1\r\n"])
def test_a_scheduler_that_does_not_answer_is_said_within_a_stated_time(run, monkeypatch, banner):
    monkeypatch.setattr(connection, "ANSWER", 0.5)

    def greet():
        with suppress(OSError):
            other, _ = server.accept()
            other.sendall(banner)
            other.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UnavailableError, match=f"No scheduler of Dask answers at {address} within 0.5 s"):
            sweep(run, None, TINY, AXES, engine=Engine("dask", scheduler=address))


@pytest.mark.parametrize("address", ["foo://bar:1", "8786", "tcp://head:notaport", "http://head:8786", "tcp://"])
def test_what_is_no_address_is_refused_before_anything_is_made(tmp_path, address):
    run = Run(store=tmp_path / "artifacts")
    with pytest.raises(UsageError, match="is no address of a scheduler"):
        sweep(run, None, TINY, AXES, engine=Engine("dask", scheduler=address))
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    ("engine", "force", "words"),
    [
        (Engine("inline", scheduler="tcp://head:8786"), False, "The engine inline has no scheduler"),
        (Engine("dask", 2, scheduler="tcp://head:8786"), False, "has workers of its own"),
        (Engine("dask", 4096), False, "4096 jobs are more"),
        (Engine("dask"), True, "On Dask nothing is made again by force"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, engine, force, words):
    with pytest.raises(UsageError, match=words):
        sweep(Run(store=tmp_path / "artifacts", device="cpu", force=force), None, TINY, AXES, engine=engine)


def test_without_dask_its_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match="which is not installed") as lacking:
        sweep(Run(store=tmp_path / "artifacts"), None, TINY, AXES, engine=Engine("dask"))
    assert lacking.value.hint == "pip install 'posectl[dask]'"


def test_a_file_is_no_subject_of_tasks(run, tmp_path):
    (tmp_path / "theirs.npy").touch()
    with pytest.raises(UsageError, match="is a file, and tasks carry refs alone"):
        evaluate_all(run, [(str(tmp_path / "theirs.npy"), "last")])


def test_workers_lost_a_hundred_times_with_a_task_are_said():
    class Lost:
        status = "error"

        def exception(self, timeout):
            return distributed.KilledWorker("task", None, connection.DEATHS)

    done = cluster._Cluster(Run(), "", 1)._result(Lost(), None)
    assert str(done.error) == "The workers that had it were lost, 101 times."
