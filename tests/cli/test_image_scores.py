"""ACAI's lines through the command line, against figures that its authors' code gives for paths that need no model.

The reference figures were computed with `lib/eval.py` of brain-research/acai: 256 random pairs, 16 steps, 10,000 lines;
half as many pairs and a fifth of the lines are within their tolerance here.
"""

import json
import math

import numpy as np
import pytest
from cli.conftest import run_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    done = run_in(folder, "prepare", "lines", "--train-count", "64", "--test-count", "2000")
    assert done.code == 0, done.err
    return folder


def scored(folder, *args):
    metrics = ("--metric", "mean_distance,smoothness,overshoot", "--random-pairs", "128")
    done = run_in(folder, "evaluate", *args, *metrics, "--json")
    assert done.code == 0, done.err
    return [json.loads(line)["scores"] for line in done.out.splitlines()]


def baseline(folder, name, *args):
    """The scores of a baseline: Mean Distance, smoothness and overshoot."""
    return scored(folder, f"baseline:{name}", "--against", "lines", *args)[0]


def means(score):
    return [score[name]["mean"] for name in ("mean_distance", "smoothness", "overshoot")]


def test_a_perfect_path_scores_the_grid_floor(folder):
    distance, smoothness, overshoot = means(baseline(folder, "perfect"))
    assert distance == pytest.approx(1.8e-7, rel=0.1)
    # The floor of a pair grows as its angle shrinks, so that the mean over pairs has a heavy tail.
    assert 2e-4 < smoothness < 2e-3
    assert overshoot == pytest.approx(1)


def test_a_cross_fade_is_neither_realistic_nor_smooth(folder):
    distance, smoothness, _ = means(baseline(folder, "crossfade"))
    assert distance == pytest.approx(6.4e-3, rel=0.1)
    assert smoothness == pytest.approx(0.89, abs=0.02)


def test_an_abrupt_switch_is_realistic_and_not_smooth(folder):
    switch = baseline(folder, "switch")
    distance, smoothness, _ = means(switch)
    assert distance < 3e-7
    assert smoothness == pytest.approx(14 / 15, abs=1e-9)
    assert switch["smoothness"]["std"] == pytest.approx(0, abs=1e-9)


def test_a_blank_image_has_its_distance_and_no_smoothness(folder):
    blank = baseline(folder, "blank")
    assert blank["mean_distance"]["mean"] == pytest.approx(3.07e-2, rel=0.005)
    assert blank["smoothness"]["mean"] is None
    assert blank["smoothness"]["undefined_share"] == 1


def test_the_published_smoothness_of_nothing_but_blank_images_is_no_number(folder):
    published = baseline(folder, "blank", "--compat", "acai")["smoothness"]
    assert (published["mean"], published["undefined_share"]) == (None, 1)  # lib/eval.py: NaN where all are


def test_only_overshoot_tells_the_wrong_way_round(folder):
    wrong = baseline(folder, "wrong-way")
    distance, smoothness, overshoot = means(wrong)
    assert distance < 3e-7
    assert smoothness < 2e-4  # the published score finds nothing amiss
    assert overshoot > 3
    assert wrong["overshoot"]["minimum"] > 1


def test_the_papers_pair_as_a_file(folder):
    import torch

    from posectl.data.synthetic import lines

    start, stop, steps = 5 * math.pi / 7, 3 * math.pi / 2, np.linspace(0, 1, 16)
    ends = lines.draw(torch.tensor([start, stop], dtype=torch.float64)).numpy()[:, 0].astype(np.float64)
    paths = {
        "fade": (1 - steps)[:, None, None] * ends[0] + steps[:, None, None] * ends[1],
        "perfect": lines.draw(torch.from_numpy(start + steps * (stop - start))).numpy()[:, 0],
        "wrong": lines.draw(torch.from_numpy(start + steps * (stop - start - 2 * math.pi))).numpy()[:, 0],
        "switch": np.concatenate([ends[:1].repeat(8, 0), ends[1:].repeat(8, 0)]),
    }
    for name, path in paths.items():
        np.save(folder / f"{name}.npy", path[None])
    got = dict(zip(paths, scored(folder, *(f"{n}.npy" for n in paths), "--against", "lines"), strict=True))
    distance, smoothness, _ = means(got["fade"])
    assert (distance, smoothness) == (pytest.approx(7.2e-3, rel=0.01), pytest.approx(0.940, abs=5e-4))
    distance, smoothness, overshoot = means(got["perfect"])
    assert (distance, smoothness) == (pytest.approx(1.96e-7, rel=0.03), pytest.approx(1.7e-5, rel=0.05))
    distance, smoothness, overshoot = means(got["wrong"])
    assert (distance, smoothness) == (pytest.approx(1.8e-7, rel=0.05), pytest.approx(4.4e-5, rel=0.05))
    assert overshoot == pytest.approx((2 * math.pi - (stop - start)) / (stop - start), rel=1e-3)
    distance, smoothness, _ = means(got["switch"])
    assert (distance, smoothness) == (pytest.approx(2.5e-7, rel=0.05), pytest.approx(0.9333, abs=1e-4))


def test_the_table_beside_the_published_figures(folder):
    baseline(folder, "switch")
    done = run_in(folder, "compare", "switch-lines-scores", "--published", "lines", "--metric",
                  "mean_distance,smoothness", "--json")  # fmt: skip
    columns = {column["label"]: column["scores"] for column in done.json["columns"]}
    assert list(columns)[:3] == ["crossfade", "perfect", "switch"]
    assert list(columns)[3:] == [
        f"published {m}" for m in ("baseline", "dropout", "denoising", "VAE", "AAE", "VQ-VAE", "ACAI")
    ]
    # Table 1's plain autoencoder is farther from real lines than a cross-fade.
    assert columns["published baseline"]["mean_distance"]["mean"] > columns["crossfade"]["mean_distance"]["mean"]


def test_a_metric_of_factors_asked_of_images_without(posectl, tmp_path):
    np.save(tmp_path / "paths.npy", np.random.default_rng(0).uniform(-1, 1, (2, 4, 8, 8)))
    done = posectl("evaluate", "paths.npy", "--metric", "alpha_retrieval")
    assert done.code == 4
    assert "factors" in done.err
    assert "--against" in done.err


def test_too_few_endpoints_for_a_block(trained):
    done = trained("interpolate", "poses#0", "poses#1", "poses#2", "--grid", "8")
    assert (done.code, "four endpoints" in done.err, "hint:" in done.err) == (2, True, True)
