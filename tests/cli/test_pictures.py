"""Pictures of images from the shell: options arrive, and what is written is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from posectl.stages.interpolate import interpolate
from posectl.stages.options import InterpolateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train


@pytest.fixture
def pictured(posectl, tmp_path):
    """Run posectl where a model of the pole, a path of 20 steps and a block stand."""
    run = Run(store=tmp_path / "artifacts", threads=1)
    prepare(run, "pole", options={"size": 16})
    train(
        replace(run, name="flat"), "pole", TrainOptions(net="mlp", set=("mlp.widths=16",), latent=3, steps=5, batch=8)
    )
    interpolate(replace(run, name="path"), "pole#1", "pole#99", "flat", InterpolateOptions(steps=20))
    interpolate(
        replace(run, name="block"), "pole#1", "pole#99", "flat", InterpolateOptions(grid=4), below=("pole#5", "pole#9")
    )
    return posectl


def test_a_row_says_that_it_was_thinned_and_can_do_without_the_cross_fade(pictured, tmp_path):
    both = pictured("render", "path", "-o", "both.png", "--columns", "8", "--label", "plain")
    assert both.out == "both.png\n"
    assert "8 of 20 steps are shown" in both.err
    alone = pictured("render", "path", "-o", "alone.png", "--columns", "8", "--no-crossfade", "--label", "plain")
    assert alone.code == 0
    heights = [Image.open(tmp_path / name).height for name in ("both.png", "alone.png")]
    assert heights[0] - heights[1] == 96 + 2  # one row of 16 x 16, six times as large, and the gap


def test_a_block_and_a_manifold_are_drawn(pictured, tmp_path):
    assert pictured("render", "block", "-o", "block.png").out == "block.png\n"
    drawn = pictured("plot", "flat", "--kind", "manifold", "--by", "elevation", "--dimensions", "2", "-o", "m.svg")
    assert drawn.out == "m.svg\n", drawn.err
    figure = (tmp_path / "m.svg").read_text()
    for words in ("component 1", "component 2", "elevation"):
        assert words in figure
    refused = pictured("plot", "flat", "--kind", "manifold", "--by", "colour", "-o", "n.svg")
    assert (refused.code, "azimuth" in refused.err) == (2, True)


def test_a_clip_of_100_frames_a_second_plays_in_real_time_and_that_is_said(posectl, tmp_path, test_data):
    walk = test_data / "faults" / "render-slow-motion" / "walk.bvh"  # 120 frames, of which the last fifth is for test
    assert posectl("prepare", "mocap", walk, "--name", "d").code == 0
    drawn = posectl("render", "d#clip0", "-o", "x.gif", "--size", "64")
    assert drawn.out == "x.gif\n"
    assert "x.gif lasts 0.96 s, at 50 frames a second (48 of 96 frames" in drawn.err
    assert "real time" in drawn.err
    with Image.open(tmp_path / "x.gif") as gif:
        delays = [gif.seek(i) or gif.info["duration"] for i in range(gif.n_frames)]
    assert (sum(delays), min(delays)) == (960, 20)
    assert "0.6 times real time" in posectl("render", "d#clip0", "-o", "y.gif", "--size", "64", "--fps", "60").err
