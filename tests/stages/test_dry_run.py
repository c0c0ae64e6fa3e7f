"""What a training would be: sizes by hand, nothing left behind, and one that does not fit refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from core.objectives.settings import UNLABELLED

from posectl.core import memory
from posectl.core.objectives import OBJECTIVES
from posectl.errors import NotFoundError, UsageError
from posectl.stages.dry_run import dry_run, dry_sweep
from posectl.stages.options import Axes, TrainOptions
from posectl.stages.run import Run
from posectl.stages.sweep import sweep
from posectl.stages.train import train

SMALL = TrainOptions(reg=("acai",), steps=50, latent=3, batch=16, set=("mlp.widths=8",), evaluate_every=20)


def test_sizes_by_hand(run):
    found = dry_run(run, None, replace(SMALL, snapshots=2))
    # 51-8-3 and back; weights and biases.
    encoder, decoder = 51 * 8 + 8 + 8 * 3 + 3, 3 * 8 + 8 + 8 * 51 + 51
    assert found.parameters == {"encoder": encoder, "decoder": decoder, "acai.critic": encoder}
    samples = len(run.artifacts.get("mannequin").read("split"))
    assert found.memory["samples"] == samples * 51 * 4
    # Themselves, gradient, two moments, and the best yet.
    assert found.memory["networks"] == 5 * (2 * encoder + decoder) * 4
    assert found.memory["snapshots"] == 2 * (encoder + decoder) * 4
    assert found.memory["log"] == 50 * 4 * 4  # reconstruction, acai, acai.critic, autoencoder
    assert found.memory["batches"] == 128 * 16 * (51 + 1) * 4  # alpha beside each sample
    assert found.memory["step"] > 16 * 51 * 4
    assert found.config["lr"] == {"value": 1e-3, "source": "default"}
    assert found.config["objectives"]["value"] == [{"name": "acai", "lam": 0.5, "gamma": 0.2}]


def test_it_leaves_nothing_and_changes_nothing(run, tmp_path):
    model = train(replace(run, name="first"), None, SMALL).artifact
    before = sorted(path for path in (tmp_path / "artifacts").rglob("*") if ".staging" not in path.parts)
    assert dry_run(run, None, SMALL).there == "first:v1"
    assert dry_run(replace(run, seed=1), None, SMALL).there is None
    assert sorted(path for path in (tmp_path / "artifacts").rglob("*") if ".staging" not in path.parts) == before
    again = train(replace(run, name="second"), None, SMALL).artifact
    assert again.digest == model.digest


@pytest.mark.parametrize("reg", UNLABELLED)
def test_every_regularizer_is_measured(run, reg):
    codes = ("vqvae.codes=16",) if reg == "vqvae" else ()
    prior = "normal" if OBJECTIVES.get(reg).needs_normal else None
    found = dry_run(run, None, replace(SMALL, reg=(reg,), latent=4, steps=4, prior=prior, set=(*SMALL.set, *codes)))
    assert found.seconds > 0
    assert found.memory["step"] > 0


def test_an_empty_store_is_given_no_dataset(tmp_path):
    with pytest.raises(NotFoundError, match="no dataset"):
        dry_run(Run(store=tmp_path / "artifacts"), None, SMALL)
    assert not (tmp_path / "artifacts").exists()


@pytest.mark.parametrize(
    ("options", "most", "hint"),
    [
        ({"steps": 10**14}, "its log", "Fewer --steps."),
        ({"steps": 10**10, "snapshots": 10**10}, "its snapshots", "Fewer --snapshots."),
        ({"batch": 10**11}, "its batches", "A smaller --batch."),
        ({"set": ("mlp.widths=1000000,1000000",)}, "its networks", "A smaller net"),
    ],
)
@pytest.mark.parametrize("stage", [train, dry_run, sweep])
def test_what_does_not_fit_is_refused_before_it_is_allocated(run, monkeypatch, options, most, hint, stage):
    monkeypatch.setattr(torch, "zeros", lambda *sizes, **options: pytest.fail("allocated"))
    extra = (Axes(latent=(3,)),) if stage is sweep else ()
    with pytest.raises(UsageError, match=most) as caught:
        stage(run, None, replace(SMALL, **options), *extra)
    assert hint in caught.value.hint


def test_the_least_of_machine_and_container_is_left(monkeypatch):
    limit, used = memory._CGROUPS[0]
    files = {"/proc/meminfo": "MemTotal: 16 kB\nMemAvailable:  9000 kB\n", limit: "5000000\n", used: "2000000\n"}
    monkeypatch.setattr(memory, "_text", lambda path: files.get(path, ""))
    assert memory.free_bytes(torch.device("cpu")) == 3_000_000
    files[limit] = "max\n"
    assert memory.free_bytes(torch.device("cpu")) == 9000 * 1024
    files.clear()
    assert memory.free_bytes(torch.device("cpu")) is None


def test_the_command_line_prints_it_and_trains_nothing(run, tmp_path):
    import posectl

    lab = posectl.open(tmp_path / "artifacts", quiet=True)
    assert lab.dry_run("mannequin", reg="acai", latent=3, set="mlp.widths=8").parameters["encoder"] == 443
    assert not lab.artifacts("model")
    assert np.isfinite(lab.dry_run("mannequin", steps=5).seconds)


def test_a_sweep_is_told_by_stack_and_what_is_there_costs_nothing(run):
    axes = Axes(((0.0, 0.1),), (3, 4), seeds=2)
    train(replace(run, seed=1), None, replace(SMALL, lam=(0.1,)))
    before = [each.ref for each in run.artifacts.artifacts()]
    three, four = dry_sweep(run, None, SMALL, axes)
    assert [each.ref for each in run.artifacts.artifacts()] == before
    assert three.models == [f"mannequin-acai-d3-l{lam}-s{seed}" for lam in ("0", "0.1") for seed in (0, 1)]
    assert (three.there, four.there) == (["mannequin-acai:v1"], [])
    alone = dry_run(run, None, SMALL)
    assert three.memory["networks"] == 3 * alone.memory["networks"]  # of the four one is there
    assert four.memory["log"] == 4 * alone.memory["log"]
    assert three.seconds > 0
