"""Logs beside the store: what they hold is what the artifact holds."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from posectl.errors import UnavailableError, UsageError
from posectl.stages.options import TrainOptions
from posectl.stages.train import train

SMALL = TrainOptions(reg=("acai",), steps=50, latent=4, batch=16, set=("mlp.widths=16",), evaluate_every=20)
FIGURES = ["reconstruction", "acai", "acai.critic", "autoencoder"]


def rows(tmp_path):
    (path,) = (tmp_path / "artifacts-logs").glob("*/log.csv")
    return list(csv.DictReader(path.read_text().splitlines()))


def assert_is_the_models(found, model):
    assert [int(row["step"]) for row in found] == list(range(len(found)))
    for name in FIGURES:
        np.testing.assert_array_equal(np.float32([row[name] for row in found[1:]]), model.read(f"log/{name}"))
    tests = {int(row["step"]): float(row["test_error"]) for row in found if row["test_error"]}
    assert tests == dict(zip(model.read("log/test_step").tolist(), model.read("log/test_error").tolist(), strict=True))


def test_a_csv_has_a_row_a_step_with_the_test_errors(run, tmp_path):
    model = train(run, None, SMALL, log="csv").artifact
    assert_is_the_models(rows(tmp_path), model)
    assert model.digest == train(replace(run, force=True), None, SMALL).artifact.digest
    assert run.artifacts.verify(level=4) == []


def test_one_that_goes_on_has_all_rows(run, tmp_path):
    train(run, None, replace(SMALL, steps=40))
    model = train(run, None, replace(SMALL, steps=60), resume=True, log="csv").artifact
    assert_is_the_models(rows(tmp_path), model)


def test_tensorboard_reads_the_same(run, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = train(run, None, SMALL, log="tensorboard").artifact
    (folder,) = (tmp_path / "artifacts-logs").iterdir()
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    for name in FIGURES:
        read = events.Scalars(f"loss/{name}")
        assert [each.step for each in read] == list(range(1, 51))
        np.testing.assert_array_equal(np.float32([each.value for each in read]), model.read(f"log/{name}"))
    assert [each.step for each in events.Scalars("test_error")] == [0, 20, 40, 50]


def test_without_tensorboard_it_is_named(run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UnavailableError, match="not installed") as caught:
        train(run, None, SMALL, log="tensorboard")
    assert caught.value.hint == "pip install 'posectl[tensorboard]'"
    assert not run.artifacts.artifacts("model")


def test_another_log_is_refused(run):
    with pytest.raises(UsageError, match="no log 'wandb'"):
        train(run, None, SMALL, log="wandb")
