"""Contact sheets: what stands where."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError, UsageError
from posectl.render import sheet, theme


def draw_sheet(*arguments, **options):
    return sheet.draw_sheet(*arguments, **options).pixels()


TEXT_SIZE = 13  # pixels, at the size of 160


def cells(sheet, rows, columns, left, top):
    width = (sheet.shape[1] - left - TEXT_SIZE) // columns
    return [
        [
            sheet[top + r * 160 + 1 : top + (r + 1) * 160, left + c * width : left + (c + 1) * width]
            for c in range(columns)
        ]
        for r in range(rows)
    ]


def drawn(cell):
    return np.argwhere(np.abs(cell.astype(int) - theme.GROUND).sum(-1) > 150)


def test_every_pose_stands_in_its_cell(walk, body):
    sheet = draw_sheet([walk[:5], walk[5:8]], body)
    grid = cells(sheet, 2, 5, TEXT_SIZE, TEXT_SIZE)
    for r, c in np.ndindex(2, 5):
        assert bool(len(drawn(grid[r][c]))) == (r == 0 or c < 3)
    feet = {drawn(grid[0][c])[:, 0].max() for c in range(5)}
    assert max(feet) - min(feet) <= 12  # on one floor, seen a little from above


def test_equal_poses_are_drawn_equal_wherever_they_were(person, body):
    sheet = draw_sheet([np.stack([person, np.add(person, (5, 1, 2))]), person[None] - (1, 1, 1)], body)
    grid = cells(sheet, 2, 2, TEXT_SIZE, TEXT_SIZE)
    np.testing.assert_array_equal(grid[0][0], grid[0][1])
    np.testing.assert_array_equal(grid[0][0], grid[1][0])


def test_the_cells_are_no_wider_than_the_poses_need(person, body):
    narrow = person * (0.1, 1, 1)
    wide = draw_sheet([person[None]], body, azimuth=0).shape[1]
    assert draw_sheet([narrow[None]], body, azimuth=0).shape[1] < wide
    assert draw_sheet([narrow[None]], body, azimuth=0).shape[0] == 160 + 3 * TEXT_SIZE


def test_the_key_is_whole_below_one_narrow_pose(person, body):
    narrow = (person * (0.1, 1, 1))[None]
    key = draw_sheet([narrow], body, azimuth=0)[-2 * TEXT_SIZE :]
    columns = np.unique(drawn(key)[:, 1])
    broad = draw_sheet([narrow.repeat(3, 0)], body, azimuth=0)[-2 * TEXT_SIZE :]
    np.testing.assert_array_equal(columns, np.unique(drawn(broad)[:, 1]))
    assert columns.max() < key.shape[1] - TEXT_SIZE / 2
    labelled = draw_sheet([narrow], body, azimuth=0, row_labels=["posectl"])[-2 * TEXT_SIZE :]
    assert np.ptp(drawn(labelled)[:, 1]) == np.ptp(columns)


def test_labels_get_places_of_their_own(walk, body):
    bare = draw_sheet([walk[:3]] * 2, body)
    labelled = draw_sheet([walk[:3]] * 2, body, row_labels=["AE", "ACAI"], column_labels=["a", "b", "c"])
    left, top = labelled.shape[1] - bare.shape[1], labelled.shape[0] - bare.shape[0]
    assert left > 0
    assert top == TEXT_SIZE
    for r in range(2):
        beside = labelled[top + TEXT_SIZE + r * 160 : top + TEXT_SIZE + (r + 1) * 160, :left]
        assert len(drawn(beside))
    np.testing.assert_array_equal(  # the poses themselves are the same
        labelled[top + TEXT_SIZE + 1 : -2 * TEXT_SIZE, left + TEXT_SIZE :],
        bare[TEXT_SIZE + 1 : -2 * TEXT_SIZE, TEXT_SIZE:],
    )


def test_nothing_is_clipped(walk, body):
    sheet = draw_sheet([walk[::6] * (2, 2, 1)], body)
    for cell in cells(sheet, 1, 4, TEXT_SIZE, TEXT_SIZE)[0]:
        edge = np.concatenate([cell[:2].reshape(-1, 3), cell[:, :1].reshape(-1, 3), cell[:, -1:].reshape(-1, 3)])
        assert (edge == theme.GROUND).all()


def test_one_pose_makes_a_sheet(person, body):
    assert draw_sheet([person[None]], body).ndim == 3


def test_labels_that_do_not_fit_the_rows_are_refused(walk, body):
    with pytest.raises(UsageError, match="3 row labels for 2 rows"):
        draw_sheet([walk[:3]] * 2, body, row_labels=["a", "b", "c"])


def test_empty_and_broken_rows_are_refused(walk, body):
    with pytest.raises(InvalidInputError):
        draw_sheet([], body)
    with pytest.raises(InvalidInputError, match="Row b"):
        draw_sheet([walk[:3], walk[:0]], body, row_labels=["a", "b"])
