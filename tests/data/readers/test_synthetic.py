"""The lines and the pole as datasets: what is stored, which of it is for test, and what is known of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from posectl.data.dataset import TEST, TRAIN
from posectl.data.readers.lines import read as read_lines
from posectl.data.readers.pole import read as read_pole
from posectl.data.synthetic import render, sampler
from posectl.errors import UsageError


def test_the_usual_lines_are_those_of_the_benchmark() -> None:
    dataset = read_lines()
    assert dataset.samples.shape == (2**14 + 5000, 1, 32, 32)
    assert np.bincount(dataset.split).tolist() == [2**14, 5000]
    assert dataset.about["factors"] == ["angle"]
    assert dataset.about["periods"] == {"angle": 2 * math.pi}
    assert dataset.about["classes"] == 10
    assert dataset.about["world"] == {"name": "lines", "renderer": "acai", "size": 32, "endless": True}
    angle = dataset.per_sample["angle"]
    expected = [int(10 * a / (2 * math.pi - 1e-6)) for a in angle]
    assert dataset.per_sample["label"].tolist() == expected
    assert dataset.per_sample["label"].dtype == np.int32
    some = slice(None, None, 1000)
    drawn = render(dataset.about["world"], {"angle": torch.from_numpy(angle[some])})
    np.testing.assert_array_equal(dataset.samples[some], drawn.numpy())


def test_test_lines_are_the_same_however_many_are_stored_for_training() -> None:
    few, more, other = (
        read_lines(train_count=count, test_count=20, seed=seed) for count, seed in ((10, 3), (30, 3), (10, 4))
    )
    angles = [dataset.per_sample["angle"][dataset.split == TEST] for dataset in (few, more, other)]
    assert angles[0].tolist() == angles[1].tolist()
    assert not set(angles[0]) & set(angles[2])
    assert not set(angles[0]) & set(few.per_sample["angle"][few.split == TRAIN])


def test_lines_are_drawn_as_they_are_wanted() -> None:
    dataset = read_lines(renderer="smooth", size=64, endless=False, train_count=3, test_count=2)
    assert dataset.samples.shape == (5, 1, 64, 64)
    assert dataset.about["world"] == {"name": "lines", "renderer": "smooth", "size": 64, "endless": False}
    assert sampler(dataset.about["world"]) is None


def test_the_pole_has_576_lights_and_a_fifth_of_them_for_test() -> None:
    dataset = read_pole()
    assert dataset.samples.shape == (576, 3, 64, 64)
    assert np.bincount(dataset.split).tolist() == [461, 115]
    lights = set(zip(dataset.per_sample["azimuth"].tolist(), dataset.per_sample["elevation"].tolist(), strict=True))
    assert lights == {(float(a), float(e)) for a in range(0, 360, 5) for e in range(45, 81, 5)}
    assert dataset.about["factors"] == ["azimuth", "elevation"]
    assert dataset.about["periods"] == {"azimuth": 360.0}
    assert "label" not in dataset.per_sample
    factors = {name: torch.from_numpy(dataset.per_sample[name]) for name in dataset.about["factors"]}
    np.testing.assert_array_equal(dataset.samples, render(dataset.about["world"], factors).numpy())


def test_the_seed_draws_the_poles_split_and_nothing_else() -> None:
    one, other = read_pole(size=8, seed=0), read_pole(size=8, seed=1)
    assert (one.samples == other.samples).all()
    assert (one.split != other.split).any()
    assert (one.split == read_pole(size=8, seed=0).split).all()


def test_a_grey_endless_pole_says_so() -> None:
    dataset = read_pole(size=16, grey=True, endless=True)
    assert dataset.samples.shape == (576, 1, 16, 16)
    draw = sampler(dataset.about["world"])
    assert draw is not None
    assert draw(3, torch.Generator().manual_seed(0))[0].shape == (3, 1, 16, 16)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"renderer": "acia"}, "no renderer 'acia'"),
        ({"size": 30}, "power of two"),
        ({"train_count": 0}, "--train-count 0"),
        ({"test_count": 1 << 21}, "--test-count"),
        ({"seed": -1}, "seed"),
        ({"paths": ["a.png"]}, "read no files"),
    ],
)
def test_options_of_lines_that_make_no_sense_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_lines(**options)  # type: ignore[arg-type]
    assert caught.value.hint


@pytest.mark.parametrize(
    ("options", "said"), [({"size": 65}, "power of two"), ({"seed": -1}, "seed"), ({"paths": ["a.png"]}, "no files")]
)
def test_options_of_the_pole_that_make_no_sense_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_pole(**options)  # type: ignore[arg-type]
    assert caught.value.hint
