"""Still pictures as shapes: what a vector file shows is what the pixels show."""

from __future__ import annotations

import re

import imageio.v3 as iio
import numpy as np
import pytest

from posectl.render import theme
from posectl.render.body import Body
from posectl.render.figures import page as settings
from posectl.render.figures.shapes import write_shapes
from posectl.render.page import Page
from posectl.render.rows import draw_rows
from posectl.render.sheet import draw_sheet
from posectl.render.write import write

PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
BODY = Body(PARENTS, (4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16), "+z")
PERSON = np.array([
    (0, 0, 0.95), (-0.12, 0, 0.95), (-0.12, 0.1, 0.5), (-0.12, 0.3, 0.05), (0.12, 0, 0.95), (0.12, 0, 0.5),
    (0.12, 0, 0.05), (0, 0, 1.2), (0, 0, 1.45), (0, 0, 1.55), (0, 0, 1.7), (0.18, 0, 1.4), (0.45, 0, 1.4),
    (0.7, -0.2, 1.4), (-0.18, 0, 1.4), (-0.45, 0, 1.4), (-0.7, 0.3, 1.4),
])  # fmt: skip


@pytest.fixture
def sheet():
    return draw_sheet([np.stack([PERSON, PERSON * (1, 1, 0.9)])], BODY, row_labels=["acai"], column_labels=["a", "b"])


def painted(page, path, monkeypatch):
    """The shapes of a page as pixels, by matplotlib."""
    monkeypatch.setitem(settings.UNDATED, ".png", {})
    write_shapes(path, page)
    return iio.imread(path)[..., :3]


def test_a_sheet_of_shapes_looks_like_its_pixels(tmp_path, monkeypatch, sheet):
    shapes, pixels = painted(sheet, tmp_path / "a.png", monkeypatch).astype(int), sheet.pixels()
    assert shapes.shape == pixels.shape
    off = np.abs(shapes - pixels)
    assert off.mean() < 1.5
    limbs = (np.abs(pixels.astype(int) - theme.GROUND).sum(-1) > 150).mean()
    assert (off.sum(-1) > 150).mean() < 0.15 * limbs  # edges, and letters that another library draws


def test_a_sheet_in_svg_has_its_words_as_text_and_no_picture(tmp_path, sheet):
    info = write(tmp_path / "a.svg", sheet)
    text = (tmp_path / "a.svg").read_text()
    assert re.findall(r">([^<>\n]+)</text>", text) == ["acai", "a", "b", "left", "right"]
    assert "<image" not in text
    assert len(re.findall("<path", text)) > 2 * 16  # both poses' limbs, at least
    assert (info.duration_s, info.frames, info.bytes) == (0, 1, (tmp_path / "a.svg").stat().st_size)


def test_images_keep_their_pixels_in_a_vector_file(tmp_path, monkeypatch):
    images = np.random.default_rng(0).uniform(-1, 1, (3, 1, 8, 8)).astype(np.float32)
    page = draw_rows([images], row_labels=["plain"], size=32)
    shapes, pixels = painted(page, tmp_path / "a.png", monkeypatch), page.pixels()
    inside = np.s_[20:40, 90:180]
    np.testing.assert_array_equal(shapes[inside], pixels[inside])
    write(tmp_path / "a.svg", page)
    assert (tmp_path / "a.svg").read_text().count("<image") == 1


@pytest.mark.parametrize("suffix", ["pdf", "svg"])
def test_equal_pages_are_equal_bytes(tmp_path, sheet, suffix):
    for name in "ab":
        write(tmp_path / f"{name}.{suffix}", sheet)
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
    assert first == second
    assert first.startswith({"pdf": b"%PDF", "svg": b"<?xml"}[suffix])


def test_a_picture_of_pixels_is_held_by_a_page(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    page = Page(20, 30)
    page.picture(np.s_[0:20, 0:30], picture)
    np.testing.assert_array_equal(page.pixels(), picture)
    write(tmp_path / "a.svg", picture)
    assert "<image" in (tmp_path / "a.svg").read_text()
