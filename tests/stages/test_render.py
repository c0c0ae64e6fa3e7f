"""Pictures of images: which are shown where, and the cross-fade beside them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from posectl.data.synthetic import lines
from posectl.errors import ConflictError, InvalidInputError, NotFoundError, UsageError
from posectl.render.rows import GROUP_GAP
from posectl.render.tiles import GAP, as_tiles, enlarged
from posectl.render.titled import MARGIN, TEXT_SIZE
from posectl.stages.drawing.pictures import corners, pictures_of
from posectl.stages.drawing.subject import open_subject
from posectl.stages.options import RenderOptions
from posectl.stages.render import render
from posectl.stages.run import Run

SIDE = 32
TILE = 3 * SIDE  # at the usual size


def noise(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture
def told():
    return []


@pytest.fixture
def run(tmp_path, told):
    return Run(store=tmp_path / "artifacts", tell=told.append)


def publish(run, kind, name, about, **arrays):
    with run.artifacts.draft(kind, name) as draft:
        for key, array in arrays.items():
            draft.put(key, array, tuple(f"{key}_{i}" for i in range(array.ndim)))
        draft.record(about={"samples": {"kind": "images"}, **about})
        return draft.publish()


def publish_paths(run, name, paths, ends, grid=0):
    return publish(run, "paths", name, {"grid": grid, "label": name}, paths=paths, ends=ends)


def drawn(path):
    return np.asarray(Image.open(path).convert("RGB"))


def place_of(picture, image):
    """The row and column of the pixel where an image, as a tile, begins; None where it is not in the picture."""
    tile = enlarged(as_tiles(image, ""), TILE // SIDE)
    windows = np.lib.stride_tricks.sliding_window_view(picture[..., 0], TILE, axis=1)[:, :, 0]
    for y, x in zip(*np.nonzero(windows == tile[0, 0, 0]), strict=True):
        if (picture[y : y + TILE, x : x + TILE].shape == tile.shape) and (
            picture[y : y + TILE, x : x + TILE] == tile
        ).all():
            return y, x
    return None


def test_a_method_a_row_under_the_cross_fade_of_the_first_ones_ends(run, tmp_path):
    ends = noise(1, 2, 1, SIDE, SIDE)
    first, second = noise(1, 5, 1, SIDE, SIDE, seed=1), noise(1, 5, 1, SIDE, SIDE, seed=2)
    publish_paths(run, "plain", first, ends)
    publish_paths(run, "acai", second, ends + 0.5)
    render(run, ["plain", "acai"], tmp_path / "rows.png")
    picture = drawn(tmp_path / "rows.png")
    top, left = place_of(picture, ends[0, 0])
    for t, alpha in enumerate((0, 0.25, 0.5, 0.75, 1)):
        blend = (1 - np.float32(alpha)) * ends[0, 0] + np.float32(alpha) * ends[0, 1]
        x = left + t * (TILE + GAP)
        shown = picture[top : top + TILE, x : x + TILE].astype(int)
        assert np.abs(shown - enlarged(as_tiles(blend, ""), 3)).max() <= 1  # a rounding
        assert place_of(picture, first[0, t]) == (top + TILE + GAP, x)
        assert place_of(picture, second[0, t]) == (top + 2 * (TILE + GAP), x)


def test_every_path_has_its_own_cross_fade_and_stands_apart(run, tmp_path):
    paths = noise(2, 3, 1, SIDE, SIDE)
    ends = noise(2, 2, 1, SIDE, SIDE, seed=3)
    publish_paths(run, "plain", paths, ends)
    render(run, ["plain"], tmp_path / "a.png")
    picture = drawn(tmp_path / "a.png")
    rows = [place_of(picture, image)[0] for image in (ends[0, 0], paths[0, 0], ends[1, 0], paths[1, 0])]
    assert np.diff(rows).tolist() == [TILE + GAP, TILE + GAP + GROUP_GAP, TILE + GAP]


def test_without_the_cross_fade_the_paths_stand_alone(run, tmp_path):
    publish_paths(run, "plain", noise(1, 3, 1, SIDE, SIDE), noise(1, 2, 1, SIDE, SIDE, seed=3))
    render(run, ["plain"], tmp_path / "a.png", RenderOptions(crossfade=False))
    assert drawn(tmp_path / "a.png").shape[0] == 3 * TEXT_SIZE + TILE


def test_a_long_path_is_thinned_to_its_columns_and_says_so(run, tmp_path, told):
    paths = noise(1, 100, 1, SIDE, SIDE)
    publish_paths(run, "plain", paths, paths[:, [0, -1]])
    render(run, ["plain"], tmp_path / "a.png", RenderOptions(columns=4))
    picture = drawn(tmp_path / "a.png")
    columns = [place_of(picture, paths[0, t])[1] for t in (0, 33, 66, 99)]
    assert np.diff(columns).tolist() == [TILE + GAP] * 3
    assert told == ["4 of 100 steps are shown; --columns shows more."]


def test_a_path_of_one_step_is_drawn(run, tmp_path):
    paths = noise(1, 1, 1, SIDE, SIDE)
    publish_paths(run, "plain", paths, paths[:, [0, 0]])
    render(run, ["plain"], tmp_path / "a.png")
    assert place_of(drawn(tmp_path / "a.png"), paths[0, 0]) is not None


def test_blocks_stand_side_by_side_without_a_cross_fade_unless_asked(run, tmp_path):
    blocks = [noise(3, 3, 1, SIDE, SIDE, seed=i) for i in range(2)]
    for name, block in zip(("plain", "acai"), blocks, strict=True):
        publish_paths(run, name, block, corners(block), grid=3)
    render(run, ["plain", "acai"], tmp_path / "a.png")
    side = 3 * (2 * SIDE + GAP) - GAP
    assert drawn(tmp_path / "a.png").shape == (side + 2 * TEXT_SIZE + 2 * MARGIN, 2 * side + 3 * MARGIN, 3)
    render(run, ["plain", "acai"], tmp_path / "b.png", RenderOptions(crossfade=True))
    picture = drawn(tmp_path / "b.png")
    (a, b), (c, d) = blocks[0][0, [0, -1]], blocks[0][-1, [0, -1]]
    middle = (a + b + c + d) / 4
    y, x = MARGIN + 2 * TEXT_SIZE + 2 * SIDE + GAP, MARGIN + 2 * SIDE + GAP
    shown = picture[y : y + 2 * SIDE, x : x + 2 * SIDE].astype(int)
    assert np.abs(shown - enlarged(as_tiles(middle, ""), 2)).max() <= 1


def test_corners_of_a_block_are_upper_and_lower_of_the_left_and_the_right_edge():
    block = np.arange(9).reshape(3, 3)
    np.testing.assert_array_equal(corners(block), [[0, 6], [2, 8]])


def test_a_row_of_a_block_is_a_path_between_its_own_ends(run):
    block = noise(3, 3, 1, SIDE, SIDE)
    publish_paths(run, "plain", block, corners(block), grid=3)
    row = pictures_of(run, open_subject(run, "plain#1"), most=9)
    np.testing.assert_array_equal(row.images, block[1:2])
    np.testing.assert_array_equal(row.ends, block[1:2, [0, -1]])


def test_a_film_shows_paths_of_different_lengths_at_one_alpha(run, tmp_path):
    long, short = noise(1, 5, 1, SIDE, SIDE), noise(1, 3, 1, SIDE, SIDE, seed=1)
    publish_paths(run, "plain", long, long[:, [0, -1]])
    publish_paths(run, "acai", short, long[:, [0, -1]])
    info = render(run, ["plain", "acai"], tmp_path / "a.gif", RenderOptions(size=2 * SIDE, crossfade=False))
    assert info["frames"] == 5
    frames = []
    with Image.open(tmp_path / "a.gif") as gif:
        for i in range(gif.n_frames):
            gif.seek(i)
            frames.append(np.asarray(gif.convert("RGB")).astype(int))
    top, left = MARGIN + 2 * TEXT_SIZE, MARGIN
    right = left + 2 * SIDE + MARGIN
    for t, of_short in enumerate((0, 0, 1, 2, 2)):
        for x, image in ((left, long[0, t]), (right, short[0, of_short])):
            shown = frames[t][top : top + 2 * SIDE, x : x + 2 * SIDE]
            # A palette of 127 colours holds greys to within a few levels.
            assert np.abs(shown - enlarged(as_tiles(image, ""), 2)).max() <= 4


@pytest.mark.parametrize(
    ("shape", "kind", "images"),
    [
        ((32, 32), "images", (1, 1, 32, 32)),
        ((3, 32, 32), "images", (1, 3, 32, 32)),
        ((7, 32, 32), "images", (7, 1, 32, 32)),
        ((7, 3, 32, 32), "images", (7, 3, 32, 32)),
        ((2, 5, 32, 32), "images", (2, 5, 1, 32, 32)),
        ((2, 5, 3, 32, 32), "images", (2, 5, 3, 32, 32)),
        ((5, 17, 3), "poses", None),
        ((2, 5, 17, 3), "poses", None),
        ((5, 51), "poses", None),
    ],
)
def test_files_hold_what_their_shape_says(run, tmp_path, shape, kind, images):
    np.save(tmp_path / "a.npy", noise(*shape))
    subject = open_subject(run, str(tmp_path / "a.npy"))
    assert subject.kind.name == kind
    if images:
        assert pictures_of(run, subject, most=100).images.shape == images


def test_images_of_zero_to_one_are_remarked_upon(run, tmp_path, told):
    np.save(tmp_path / "a.npy", np.zeros((2, 4, 4)))
    render(run, [str(tmp_path / "a.npy")], tmp_path / "a.png")
    assert "images are in [-1, 1]" in told[0]


def test_a_dataset_is_shown_evenly_and_one_image_by_its_number(run, tmp_path):
    images = lines.draw(torch.linspace(0, 6, 50), size=SIDE).numpy()
    publish(run, "dataset", "lines", {"kind": "images"}, samples=images)
    shown = pictures_of(run, open_subject(run, "lines"), most=8).images
    np.testing.assert_array_equal(shown, images[[0, 7, 14, 21, 28, 35, 42, 49]])
    np.testing.assert_array_equal(pictures_of(run, open_subject(run, "lines#9"), most=8).images, images[9:10])
    with pytest.raises(NotFoundError, match="no #50"):
        pictures_of(run, open_subject(run, "lines#50"), most=8)


def test_what_shares_no_picture_is_told(run, tmp_path):
    publish(run, "dataset", "lines", {"kind": "images"}, samples=noise(4, 1, SIDE, SIDE))
    publish_paths(run, "plain", noise(1, 3, 1, SIDE, SIDE), noise(1, 2, 1, SIDE, SIDE))
    np.save(tmp_path / "poses.npy", noise(2, 17, 3))
    out = tmp_path / "a.png"
    with pytest.raises(InvalidInputError, match="paths and single images"):
        render(run, ["lines", "plain"], out)
    with pytest.raises(InvalidInputError, match="poses and images"):
        render(run, ["lines", str(tmp_path / "poses.npy")], out)
    with pytest.raises(UsageError, match="do not move"):
        render(run, ["lines"], tmp_path / "a.gif")
    with pytest.raises(UsageError, match="turn"):
        render(run, ["plain"], out, RenderOptions(turntable=True))
    with pytest.raises(UsageError, match="1 subjects and 2 labels"):
        render(run, ["plain"], out, RenderOptions(labels=("a", "b")))
    assert not out.exists()
    render(run, ["plain"], out)
    with pytest.raises(ConflictError):
        render(run, ["plain"], out)
