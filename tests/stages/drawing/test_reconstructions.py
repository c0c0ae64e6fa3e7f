"""A model as a subject of render: test samples, each followed by what the model makes of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.errors import UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.drawing.pictures import pictures_of
from posectl.stages.drawing.reconstructions import beside_reconstructions
from posectl.stages.drawing.subject import open_subject
from posectl.stages.options import RenderOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.render import render
from posectl.stages.run import Run
from posectl.stages.train import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1)
    prepare(run, "lines", options={"train_count": 20, "test_count": 9, "size": 16})
    prepare(run, "mannequin", options={"subjects": 2, "seconds": 0.3})
    for name, data in (("of-lines", "lines"), ("of-poses", "mannequin")):
        train(replace(run, name=name), data, TrainOptions(steps=3, net="mlp", set=("mlp.widths=8",), latent=4))
    return run


@pytest.mark.parametrize(("name", "data"), [("of-lines", "lines"), ("of-poses", "mannequin")])
def test_test_samples_stand_before_their_reconstructions(run, name, data):
    model, test = run.artifacts.get(name), StoredDataset(run.artifacts.get(data)).test
    pairs = beside_reconstructions(run, model, 8)
    chosen = test[np.linspace(0, len(test) - 1, 4).round().astype(int)]
    np.testing.assert_array_equal(pairs[0::2], chosen)
    made = load_model(run, model).reconstruct(torch.from_numpy(chosen)).numpy()
    np.testing.assert_array_equal(pairs[1::2], made)
    every = beside_reconstructions(run, model, 1000)
    np.testing.assert_array_equal(every[0::2], test)


def test_pictures_of_a_model_are_pairs_by_its_name(run):
    found = pictures_of(run, open_subject(run, "of-lines"), most=6)
    assert (found.label, found.pairs, len(found.images)) == ("plain, d=4", True, 6)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_it_is_drawn(run, tmp_path, suffix):
    for name in ("of-lines", "of-poses"):
        out = tmp_path / f"{name}.{suffix}"
        render(run, [name], out, RenderOptions(most=1, columns=5))
        assert out.stat().st_size > 500


def test_pairs_are_not_parted_by_an_odd_number_of_columns(run, tmp_path):
    for columns, out in ((4, "four"), (5, "five")):
        render(run, ["of-lines"], tmp_path / f"{out}.png", RenderOptions(columns=columns, most=2))
    four, five = ((tmp_path / f"{out}.png").read_bytes() for out in ("four", "five"))
    # Ten images of pairs are asked for against eight, so other samples, in rows of four.
    from PIL import Image

    assert Image.open(tmp_path / "four.png").size == Image.open(tmp_path / "five.png").size
    assert four != five


def test_single_images_do_not_move(run, tmp_path):
    with pytest.raises(UsageError, match="do not move"):
        render(run, ["of-lines"], tmp_path / "out.gif")
