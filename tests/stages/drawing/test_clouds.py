"""Pictures of clouds: which are shown where, and under what names."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np
import pytest
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.errors import InvalidInputError, UsageError
from posectl.render import theme
from posectl.render.rows import draw_rows
from posectl.render.scene import TURN
from posectl.stages.drawing import clouds as drawing
from posectl.stages.drawing import views
from posectl.stages.options import RenderOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.render import render
from posectl.stages.run import Run
from posectl.stages.train import train

SIZE = RenderOptions(size=160)


@pytest.fixture
def run(tmp_path):
    return Run(store=tmp_path / "artifacts", threads=1)


def shaped(*lead, points=64, seed=0):
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (*lead, points, 3)).astype(np.float32)


def publish(run, kind, name, about=None, **arrays):
    with run.artifacts.draft(kind, name) as draft:
        for key, array in arrays.items():
            draft.put(key, array, tuple(f"{key}_{i}" for i in range(array.ndim)))
        draft.record(about={"samples": {"kind": "clouds", "up": "+z"}, **(about or {})})
        return draft.publish()


@pytest.fixture
def laid(monkeypatch):
    """What is handed to the layouts: their words, and the shapes of their pictures."""
    calls = []

    def spy(name):
        real = getattr(drawing, name)

        def call(pictures, **words):
            calls.append((name, [each.shape[:-3] for each in pictures], words, pictures))
            return real(pictures, **words)

        monkeypatch.setattr(drawing, name, call)

    for name in ("draw_rows", "draw_blocks", "draw_animation"):
        spy(name)
    return calls


def test_paths_are_rows_under_their_alpha_one_subject_below_the_other(run, tmp_path, laid):
    first, second = shaped(2, 5), shaped(2, 5, seed=1)
    publish(run, "paths", "plain", {"label": "plain"}, paths=first, ends=first[:, [0, -1]])
    publish(run, "paths", "acai", {"label": "acai"}, paths=second, ends=second[:, [0, -1]])
    render(run, ["plain", "acai"], tmp_path / "rows.png", RenderOptions(size=160, columns=3))
    _, shapes, words, tiles = laid[0]
    assert shapes == [(3,)] * 4
    assert [name.split()[0].partition(":")[0] for name in words["row_labels"]] == ["plain", "acai"] * 2
    assert (words["column_labels"], words["begins"]) == (["α = 0", "0.5", "1"], [0, 2])
    view = drawing.CloudView([each[:, [0, 2, 4]][path] for path in (0, 1) for each in (first, second)], size=64)
    np.testing.assert_array_equal(tiles[3][1], view.draw(view.surface(second[1, 2]), theme.RIGHT))


def test_a_block_is_a_grid_and_a_row_of_it_a_path(run, tmp_path, laid):
    block = shaped(3, 3)
    publish(run, "paths", "block", {"grid": 3}, paths=block, ends=block[:, [0, -1]])
    render(run, ["block"], tmp_path / "block.png", SIZE)
    render(run, ["block#1"], tmp_path / "row.png", SIZE)
    assert [(name, shapes) for name, shapes, *_ in laid] == [("draw_blocks", [(3, 3)]), ("draw_rows", [(3,)])]


def test_a_dataset_is_shown_a_class_a_row(run, tmp_path, laid):
    prepare(run, "shapes", options={"points": 64, "count": 4, "classes": ("lamp", "chair")})
    render(run, ["shapes"], tmp_path / "classes.png", SIZE)
    _, shapes, words, _ = laid[0]
    assert (shapes, words["row_labels"]) == ([(4,), (4,)], ["lamp", "chair"])


def test_a_sum_stands_behind_its_terms(run, tmp_path, laid):
    inputs = [{"sample": 3, "sign": 1.0}, {"sample": 9, "sign": -1.0}, {"file": "b.npy", "sign": 1.0}]
    publish(run, "samples", "sum", {"inputs": inputs}, samples=shaped(1), terms=shaped(3, seed=1))
    render(run, ["sum"], tmp_path / "sum.png", SIZE)
    _, shapes, words, _ = laid[0]
    assert (shapes, words["column_labels"]) == ([(4,)], ["#3", "− #9", "+ b.npy", "="])


def test_single_clouds_turn_once_round_one_of_each_class_first(run, tmp_path, laid):
    prepare(run, "shapes", options={"points": 64, "count": 3, "classes": ("lamp", "chair")})
    render(run, ["shapes"], tmp_path / "turn.gif", RenderOptions(size=64, most=3))
    _, shapes, words, pictures = laid[0]
    assert (shapes, words["labels"], words["captions"]) == ([(TURN,)] * 3, ["lamp", "chair", "lamp"], ())
    assert len(iio.imread(tmp_path / "turn.gif")) == TURN
    assert (pictures[0][0] != pictures[0][TURN // 4]).any()


def test_paths_move_and_turn_if_asked(run, tmp_path, laid):
    still = np.repeat(shaped(1, 1), 4, axis=1)
    publish(run, "paths", "still", paths=still, ends=still[:, [0, -1]])
    render(run, ["still"], tmp_path / "still.gif", RenderOptions(size=64))
    render(run, ["still"], tmp_path / "turned.gif", RenderOptions(size=64, turntable=True))
    (_, _, words, (held,)), (_, _, _, (turned,)) = laid
    assert words["captions"] == ["α = 0.00", "α = 0.33", "α = 0.67", "α = 1.00"]
    assert (held == held[0]).all()
    assert (turned[0] != turned[1]).any()


def test_files_are_samples_or_paths(run, tmp_path, laid):
    np.save(tmp_path / "samples.npy", shaped(10))
    np.save(tmp_path / "paths.npy", shaped(2, 4))
    render(run, [str(tmp_path / "samples.npy")], tmp_path / "samples.png", SIZE)
    render(run, [str(tmp_path / "paths.npy")], tmp_path / "paths.png", SIZE)
    assert [shapes for _, shapes, *_ in laid] == [[(8,), (2,)], [(4,), (4,)]]


def test_what_shares_no_picture_is_refused(run, tmp_path):
    publish(run, "samples", "some", samples=shaped(2))
    publish(run, "samples", "lying", {"samples": {"kind": "clouds", "up": "+y"}}, samples=shaped(2))
    publish(run, "paths", "way", paths=shaped(1, 3), ends=shaped(1, 2))
    with pytest.raises(InvalidInputError, match="paths and single clouds"):
        render(run, ["some", "way"], tmp_path / "out.png", SIZE)
    with pytest.raises(InvalidInputError, match="unlike verticals"):
        render(run, ["some", "lying"], tmp_path / "out.png", SIZE)
    with pytest.raises(UsageError, match="too small"):
        render(run, ["some"], tmp_path / "out.png", RenderOptions(size=64))


def test_clusters_of_codes_are_rows_named_by_their_commonest_class(run, tmp_path, monkeypatch):
    prepare(run, "shapes", options={"points": 64, "count": 10, "classes": ("lamp", "chair")})
    model = train(run, "shapes", TrainOptions(steps=1, batch=4, latent=3, set=("cloud.width=0.1",)))
    samples, labels = (run.artifacts.get("shapes", "dataset").read(name) for name in ("samples", "label"))

    def encode(self, clouds):
        """Codes that lie apart by class, chairs about 5 and lamps about -5."""
        rows = [np.flatnonzero((samples == cloud.numpy()).all((1, 2)))[0] for cloud in clouds]
        spread = torch.tensor(rows)[:, None] * torch.tensor([[0.01, 0.02, 0.005]])
        return 10.0 * torch.from_numpy(labels[rows]).float()[:, None] - 5 + spread

    drawn = []
    monkeypatch.setattr(Autoencoder, "encode", encode)
    monkeypatch.setattr(
        Autoencoder, "decode", lambda self, codes: drawn.append(codes) or torch.zeros(len(codes), 64, 3)
    )
    monkeypatch.setattr(
        views, "draw_rows", lambda rows, **words: drawn.append((rows, words)) or draw_rows(rows, **words)
    )
    render(run, [model.ref], tmp_path / "clusters.png", RenderOptions(size=160, clusters=True))
    heads, (rows, words) = drawn
    assert sorted(round(value, 0) for value in heads[:, 0].tolist()) == [-5, 5]
    assert sorted(name.split(": ")[1] for name in words["row_labels"]) == ["chair  50.0 %", "lamp  50.0 %"]
    assert [len(row) for row in rows] == [3, 3]  # the head, and two of four test clouds each
