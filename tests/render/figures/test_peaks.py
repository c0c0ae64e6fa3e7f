"""The figure of where paths are fastest."""

import numpy as np
import pytest

from posectl.errors import InvalidInputError
from posectl.render.figures import PeakCurve, peak_curves

ALPHA = np.arange(0.025, 1, 0.05)


def curve(peak):
    share = np.zeros(20)
    share[peak] = 1
    return PeakCurve(ALPHA, share, np.full(20, 0.05))


def test_each_method_has_a_panel_of_bars_on_one_scale():
    figure = peak_curves({"plain": curve(3), "acai": curve(10)}, None)
    plain, acai = figure.axes
    assert [bar.get_height() for bar in plain.patches].index(1) == 3
    assert acai.patches[10].get_x() + acai.patches[10].get_width() / 2 == pytest.approx(0.525)
    assert plain.get_ylim() == acai.get_ylim()
    assert acai.lines[0].get_ydata().tolist() == [0.05] * 20


def test_nothing_to_draw_is_told():
    with pytest.raises(InvalidInputError):
        peak_curves({}, None)
