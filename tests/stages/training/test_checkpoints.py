"""Checkpoints on the way of a training: where one cannot be written, and how often they come."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from posectl.errors import UnavailableError
from posectl.stages.options import TrainOptions
from posectl.stages.run import Run
from posectl.stages.train import train
from posectl.store import Checkpoints

SHORT = TrainOptions(steps=40, latent=4, batch=16, set=("mlp.widths=16",), evaluate_every=20, checkpoint_every=10)


def test_a_checkpoint_that_does_not_fit_ends_no_training(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    saved: list[int] = []
    save = Checkpoints.save

    def full(self: Checkpoints, step: int, arrays: object, record: object) -> None:
        if step > 10:
            raise UnavailableError(f"Cannot save the checkpoint of step {step}: No space left on device.")
        save(self, step, arrays, record)  # type: ignore[arg-type]
        saved.append(step)

    monkeypatch.setattr(Checkpoints, "save", full)
    disturbed = train(replace(run, name="disturbed"), None, SHORT).artifact
    monkeypatch.undo()
    assert saved == [10]
    warned = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert [text for text in warned if "No space left" in text] == [
        f"Cannot save the checkpoint of step {step}: No space left on device. The checkpoint before it stays, and the "
        "training goes on."
        for step in (20, 30)
    ]
    assert train(replace(run, name="whole", force=True), None, SHORT).artifact.digest == disturbed.digest


@pytest.mark.parametrize("every", [0, 7, 40])
def test_how_often_checkpoints_come_is_no_part_of_the_run(run: Run, every: int) -> None:
    made = train(replace(run, name="m"), None, SHORT).artifact
    again = train(replace(run, name="m"), None, replace(SHORT, checkpoint_every=every))
    assert (again.reused, again.artifact.ref) == (True, made.ref)
