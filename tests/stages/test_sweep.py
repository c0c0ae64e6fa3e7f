"""Sweeps: which models they train, that each is the one that `train` would make, and what a second run leaves alone."""

from __future__ import annotations

import queue
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.errors import DivergedError, UnavailableError, UsageError
from posectl.stages.artifacts.members import expand_sweeps, members
from posectl.stages.compare import compare
from posectl.stages.drawing.sweep_lines import sweep_lines
from posectl.stages.engines.engine import Engine, cores
from posectl.stages.engines.processes import taken
from posectl.stages.evaluate import evaluate
from posectl.stages.options import Axes, EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.sweep import expand, sweep
from posectl.stages.train import train
from posectl.stages.training import stack as stacked

TINY = TrainOptions(reg=("acai",), steps=20, set=("mlp.widths=8",), evaluate_every=10)
# No float32 holds it, so the first loss is infinite.
TOO_MUCH = 1e39


@pytest.fixture
def run(tmp_path, told):
    run = Run(store=tmp_path / "artifacts", threads=1, tell=told.append)
    prepare(run, "mannequin", options={"subjects": 4, "seconds": 0.5})
    return run


def versions(run):
    """How often each model was published."""
    return Counter(model.name for model in run.artifacts.artifacts("model"))


def points(axes, reg=("acai",)):
    return [(point.latent, *point.lam) for point in expand(TrainOptions(reg=reg), axes)]


def test_lists_are_multiplied_latent_size_by_latent_size():
    assert points(Axes(lam=((0, 0.1, 0.3),), latent=(8, 16))) == [
        (8, 0), (8, 0.1), (8, 0.3), (16, 0), (16, 0.1), (16, 0.3),
    ]  # fmt: skip
    assert points(Axes(lam=((0, 1), (2, 3)), latent=(4,))) == [(4, 0, 2), (4, 0, 3), (4, 1, 2), (4, 1, 3)]
    assert points(Axes()) == [(8,)]


def test_zipped_lists_are_paired_and_one_value_serves_all():
    assert points(Axes(lam=((0.1, 0.3),), latent=(8, 16), zip=True)) == [(8, 0.1), (16, 0.3)]
    assert points(Axes(lam=((0.1, 0.3),), latent=(8,), zip=True)) == [(8, 0.1), (8, 0.3)]


def test_a_point_named_twice_is_one_point():
    assert points(Axes(lam=((0.1, 0.1),), latent=(8, 8))) == [(8, 0.1)]


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        (Axes(lam=((0, 0.1, 0.3),), latent=(8, 16), zip=True), "2 and 3 values"),
        (Axes(lam=((),)), "--lam is an empty list"),
        (Axes(latent=()), "--latent is an empty list"),
        (Axes(latent=(8, 0)), "at least 1"),
        (Axes(seeds=0), "--seeds must be at least 1"),
        (Axes(lam=((0.1, -0.1),)), "negative"),
        (Axes(lam=((float("nan"),),)), "finite"),
        (Axes(lam=((0.1,), (0.2,))), "1 regularizer"),
    ],
)
def test_axes_that_make_no_sense_are_refused_before_anything_is_made(tmp_path, axes, words):
    run = Run(store=tmp_path / "artifacts")
    with pytest.raises(UsageError, match=words):
        sweep(run, None, TINY, axes)
    assert not (tmp_path / "artifacts").exists()


def test_a_setting_that_does_not_exist_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(UsageError, match="no setting 'gama'"):
        sweep(Run(store=tmp_path / "artifacts"), None, TrainOptions(reg=("acai",), set=("acai.gama=0.1",)))
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (Engine("process", cores() + 1), rf"more than the {cores()} core\(s\)"),
        (Engine("inline", 2), "processes of their own"),
        (Engine("process", 0), "at least 1"),
        (Engine("threads"), "no engine"),
        (Engine(devices=("cpu", "cpu")), "one each, and the engine is inline"),
        (Engine("dask", devices=("cpu",)), "one each, and the engine is dask"),
        (Engine("process", 3, devices=("cpu", "cpu")), "3 jobs have no 2 devices"),
        (Engine("process", devices=("cpu",) * (cores() + 1)), rf"more than the {cores()} core\(s\)"),
        (Engine("process", devices=("cpu", "gpu")), "no device 'gpu'"),
    ],
)
def test_engines_that_cannot_be_are_refused(tmp_path, engine, words):
    with pytest.raises(UsageError, match=words):
        sweep(Run(store=tmp_path / "artifacts", device="cpu"), None, TINY, engine=engine)


def test_more_jobs_than_cuda_devices_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    Engine("process", 2).check(torch.device("cuda"))
    with pytest.raises(UsageError, match=r"3 jobs are more than the 2 CUDA device\(s\)") as refused:
        Engine("process", 3).check(torch.device("cuda"))
    assert refused.value.hint == "--jobs 2 at most."


def test_each_process_has_a_device_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    named = Engine("process", devices=("cuda:3", "cuda:1"))
    assert named.resolve("auto") == torch.device("cuda:3")
    assert named.of_processes("auto") == ("cuda:3", "cuda:1")
    assert Engine("process", 3).of_processes("cuda") == ("cuda:0", "cuda:1", "cuda:2")
    assert Engine("process", 1).of_processes("cuda:2") == ("cuda:2",)
    assert Engine("process", 2).of_processes("cpu") == ("cpu", "cpu")
    for given, words in ((("cuda:0", "cpu"), "of two"), (("cuda:1", "cuda", "cuda:0"), "two are one")):
        with pytest.raises(UsageError, match=words):
            Engine("process", devices=given).resolve("auto")
    with pytest.raises(UnavailableError, match="no cuda:4"):
        Engine("process", devices=("cuda:0", "cuda:4")).resolve("auto")


def test_a_worker_keeps_the_device_that_it_took():
    free = queue.Queue()
    for device in ("cuda:0", "cuda:1"):
        free.put(device)
    for device in ("cuda:0", "cuda:1"):
        taken.cache_clear()  # another worker
        assert [taken(free) for _ in range(3)] == [device] * 3


def test_each_of_a_stack_of_three_is_the_model_that_training_alone_makes(run, tmp_path):
    # Smaller matrices PyTorch multiplies in two ways.
    options = TrainOptions(reg=("acai",), steps=40, set=("mlp.widths=16",))
    result = sweep(run, None, options, Axes(lam=((0.0, 0.1, 0.5),)))
    elsewhere = Run(store=tmp_path / "alone", threads=1)
    prepare(elsewhere, "mannequin", options={"subjects": 4, "seconds": 0.5})
    for lam, model in zip((0.0, 0.1, 0.5), members(run, result.artifact), strict=True):
        alone = train(elsewhere, None, replace(options, lam=(lam,)))
        together = model.read_group("log")
        for name, values in alone.artifact.read_group("log").items():
            np.testing.assert_array_equal(together[name], values, err_msg=name)
        assert model.key == alone.artifact.key
        assert model.config == alone.artifact.config
        assert model.about == {**alone.artifact.about, "stack": 3}
        assert model.manifest["seed"] == alone.artifact.manifest["seed"]


def test_training_alone_finds_what_a_sweep_trained_and_the_other_way_round(run):
    alone = train(replace(run, name="mine", seed=1), None, replace(TINY, lam=(0.1,)))
    result = sweep(run, None, TINY, Axes(lam=((0.1,),), seeds=3))
    assert [row["model"] for row in result.figures["replicas"]] == [
        "mannequin-acai-d8-l0.1-s0:v1",
        alone.ref,
        "mannequin-acai-d8-l0.1-s2:v1",
    ]
    again = train(replace(run, seed=2), None, replace(TINY, lam=(0.1,)))
    assert (again.ref, again.reused) == ("mannequin-acai-d8-l0.1-s2:v1", True)


def test_a_sweep_lays_its_replicas_out_as_arrays(run):
    result = sweep(replace(run, name="s", seed=5), None, TINY, Axes(((0, 0.1),), (3, 4), seeds=2))
    artifact = result.artifact
    assert (artifact.name, artifact.kind) == ("s", "sweep")
    assert artifact.read("latent").tolist() == [3] * 4 + [4] * 4
    assert artifact.read("lambda").tolist() == [[0], [0], [0.1], [0.1]] * 2
    assert artifact.read("seed").tolist() == [5, 6] * 4
    assert artifact.read("diverged_at").tolist() == [-1] * 8
    models = members(run, artifact)
    assert [model.name for model in models][:3] == ["s-d3-l0-s5", "s-d3-l0-s6", "s-d3-l0.1-s5"]
    assert artifact.read("test_error").tolist() == [model.summary["test_error"] for model in models]
    assert [parent.role for parent in artifact.parents] == ["model"] * 8 + ["dataset"]


def test_one_that_diverges_is_told_and_the_others_are_as_without_it(run, told):
    result = sweep(run, None, TINY, Axes(((0.1, TOO_MUCH, 0.2),)))
    assert any("mannequin-acai-d8-l1e39-s0 diverged at step 1" in line for line in told)
    assert result.artifact.read("diverged_at").tolist() == [-1, 1, -1]
    assert np.isnan(result.artifact.read("test_error")).tolist() == [False, True, False]
    assert versions(run) == {"mannequin-acai-d8-l0.1-s0": 1, "mannequin-acai-d8-l0.2-s0": 1}
    lone = train(replace(run, name="lone"), None, replace(TINY, lam=(0.2,)))
    assert members(run, result.artifact)[1].summary["test_error"] == lone.figures["test_error"]


def test_when_all_diverge_nothing_is_published(run):
    with pytest.raises(DivergedError, match="All 2 replicas diverged"):
        sweep(run, None, TINY, Axes(((TOO_MUCH,),), seeds=2))
    assert not run.artifacts.artifacts("sweep")
    assert not run.artifacts.artifacts("model")


def test_a_second_run_trains_nothing_and_a_lost_model_alone_is_made_again(run):
    axes = Axes(((0.0, 0.1),), (3, 4))
    first = sweep(run, None, TINY, axes)
    assert sweep(run, None, TINY, axes).reused
    run.artifacts.remove("mannequin-acai-d4-l0.1-s0", force=True)
    second = sweep(run, None, TINY, axes)
    assert not second.reused
    assert [r["model"] for r in second.figures["replicas"]] == [
        f"mannequin-acai-{each}" for each in ("d3-l0-s0:v1", "d3-l0.1-s0:v1", "d4-l0-s0:v1", "d4-l0.1-s0:v2")
    ]
    np.testing.assert_array_equal(first.artifact.read("test_error"), second.artifact.read("test_error"))


def test_a_run_stopped_while_it_publishes_publishes_the_rest_and_trains_nothing(run, told, monkeypatch):
    axes, produce, calls = Axes(((0.0, 0.1, 0.2),)), stacked.produce, []

    def stop_at_the_second(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return produce(*arguments, **options)

    monkeypatch.setattr(stacked, "produce", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        sweep(run, None, TINY, axes)
    assert versions(run) == {"mannequin-acai-d8-l0-s0": 1}
    result = sweep(run, None, TINY, axes)
    assert "Continuing 3 replicas at step 20." in told
    assert versions(run) == {f"mannequin-acai-d8-l{lam}-s0": 1 for lam in ("0", "0.1", "0.2")}
    assert len(members(run, result.artifact)) == 3
    assert not list((run.artifacts.path / ".staging").glob("checkpoints-*/save-*"))


def test_a_stack_that_fails_stops_no_other_and_is_told(run, monkeypatch):
    build = stacked.build_trainer

    def fails_at_three(source, replicas, device):
        if replicas[0].options.latent == 3:
            raise MemoryError("no room")
        return build(source, replicas, device)

    monkeypatch.setattr(stacked, "build_trainer", fails_at_three)
    with pytest.raises(MemoryError, match="no room"):
        sweep(run, None, TINY, Axes(((0.1,),), (3, 4)))
    assert versions(run) == {"mannequin-acai-d4-l0.1-s0": 1}


def test_processes_train_what_one_process_does(run, tmp_path):
    axes = Axes(((0.0, 0.1),), (3, 4))
    details = []
    apart = sweep(replace(run, detail=details.append), None, TINY, axes, engine=Engine("process", devices=("cpu",)))
    assert sum("model mannequin-acai-" in line and "computing on cpu" in line for line in details) == 4
    here = sweep(replace(run, force=True), None, TINY, axes)
    assert [m.key for m in members(run, apart.artifact)] == [m.key for m in members(run, here.artifact)]
    assert [m.digest for m in members(run, apart.artifact)] == [m.digest for m in members(run, here.artifact)]


def test_a_sweep_stands_for_its_models(run):
    result = sweep(run, None, TINY, Axes(((0.0, 0.1),), (3,), seeds=2))
    refs = [model.ref for model in members(run, result.artifact)]
    assert expand_sweeps(run, ["acai-sweep", "mannequin"]) == [*refs, "mannequin"]
    sizes = EvaluateOptions(metrics=("reconstruction_mpjpe",))
    scores = [evaluate(run, ref, None, sizes) for ref in refs]
    columns = compare(run, ["acai-sweep"]).columns
    assert [column.ref for column in columns] == [score.ref for score in scores]
    assert columns[1].label == "acai λ=0, d=3 (mannequin-acai-d3-l0-s1-scores)"  # two seeds of one point are told apart
    lines = sweep_lines(run, [result.artifact])
    assert list(lines) == ["test error (mm)", "reconstruction_mpjpe (mm)"]
    lams, values = lines["reconstruction_mpjpe (mm)"]["d = 3"]
    assert lams.tolist() == [0, 0, 0.1, 0.1]
    assert values.tolist() == [1000 * s.figures["scores"]["reconstruction_mpjpe"]["mean"] for s in scores]
    # Both are the mean joint distance of the last weights over the test poses.
    assert lines["test error (mm)"]["d = 3"][1] == pytest.approx(values, rel=1e-5)
