"""Trainings on sets beyond memory: resumed to the bit, and the same however much memory there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import posectl
from posectl.api.lab import Lab
from posectl.core.training import batches
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.training import trainer

SMALL = {"latent": 4, "set": "mlp.widths=8,8", "batch": 16}
LITTLE = str(4 * 150 * 204)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_blocks: None) -> Lab:
    """A lab with the mannequin in files of 50 samples, blocks of 150, and random numbers for 4 steps at once."""
    monkeypatch.setattr(batches, "BLOCK", 4)
    lab = posectl.open(tmp_path / "store", threads=1)
    lab.prepare("mannequin", name="poses", seed=1, seconds=0.5, samples=955)
    return lab


def _weights(model: object) -> dict[str, bytes]:
    read = model.artifact.read_group("weights/last")  # type: ignore[attr-defined]
    return {name: values.tobytes() for name, values in read.items()}


def test_a_set_beyond_memory_trains_in_blocks_as_one_that_fits_does_when_asked_to(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lab.train("poses", name="asked", steps=70, order="blocks", **SMALL)
    usual = lab.train("poses", name="usual", steps=70, **SMALL)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", LITTLE)
    beyond_memory = lab.train("poses", name="asked", steps=70, **SMALL)
    assert beyond_memory.ref == asked.ref  # it is this very run
    forced = posectl.open(lab.store.path, threads=1, force=True).train("poses", name="forced", steps=70, **SMALL)
    assert forced.artifact.key == asked.artifact.key != usual.artifact.key
    assert _weights(forced) == _weights(asked) != _weights(usual)


def test_a_longer_training_goes_on_to_the_bit_in_the_middle_of_a_block(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", LITTLE)
    lab.train("poses", name="first", steps=37, **SMALL)  # in the second of six blocks
    longer = lab.train("poses", name="longer", steps=61, **SMALL)
    apart = posectl.open(tmp_path / "apart", threads=1)
    apart.prepare("mannequin", name="poses", seed=1, seconds=0.5, samples=955)
    at_once = apart.train("poses", name="once", steps=61, **SMALL)
    assert _weights(longer) == _weights(at_once)


def test_errors_are_of_evenly_spaced_held_out_samples(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "HELD_OUT", 20)
    seen = []
    monkeypatch.setattr(trainer, "Trainer", lambda *given, **_: seen.append(given))
    monkeypatch.setenv("POSECTL_MAX_MEMORY", LITTLE)
    with pytest.raises(AttributeError):
        lab.train("poses", name="few", steps=2, **SMALL)
    test = lab["poses"].artifact.read("samples")[lab["poses"].artifact.read("split") == 1]
    rows = np.linspace(0, len(test) - 1, 20).astype(int)
    assert np.array_equal(seen[0][4].numpy(), test[rows])


def test_shuffling_all_rows_of_a_set_beyond_memory_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", LITTLE)
    with pytest.raises(InvalidInputError, match="This needs all of") as caught:
        lab.train("poses", steps=2, order="rows", **SMALL)
    assert "POSECTL_MAX_MEMORY=" in caught.value.hint


def test_few_labels_need_all_rows(lab: Lab) -> None:
    with pytest.raises(UsageError, match="--labelled draws from all samples") as caught:
        lab.train("poses", steps=2, order="blocks", labelled=10, **SMALL)
    assert "--order rows" in caught.value.hint
