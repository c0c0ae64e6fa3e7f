"""The figures of a report: curves of many points are pictures in them, so that the page stays small."""

from __future__ import annotations

import base64

import numpy as np
from matplotlib.figure import Figure

from posectl.stages.report import _svg


def test_a_curve_of_many_points_is_a_picture_and_one_of_few_is_drawn() -> None:
    sizes = {}
    for count in (400, 20_000):
        figure = Figure(figsize=(5, 3))
        figure.subplots().plot(np.random.default_rng(0).normal(size=count))
        text = base64.b64decode(_svg(figure)).decode()
        sizes[count] = len(text), text.count("<image ")
    assert (sizes[400][1], sizes[20_000][1]) == (0, 1)
    assert sizes[20_000][0] < 100_000  # 20,000 points as text are ten times that
