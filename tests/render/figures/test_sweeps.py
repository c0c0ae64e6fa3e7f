"""The figure of sweeps: what is drawn where."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError
from posectl.render.figures import against_lambda


def test_metrics_stand_against_lambda_by_the_mean_over_seeds(tmp_path, saved):
    lams = np.array([0.1, 0.0, 0.1, 0.0, 0.3])
    metrics = {"anci": {"d = 8": (lams, np.array([3.0, 1.0, 5.0, 2.0, np.nan])), "d = 16": (lams, lams)}}
    against_lambda(metrics, tmp_path / "a.png")
    (axes,) = saved[0].axes
    dots, mean = axes.lines[:2]
    np.testing.assert_allclose(mean.get_xydata().T, ([0, 0.1], [1.5, 4]))
    np.testing.assert_allclose(dots.get_xydata().T, (lams[:4], [3, 1, 5, 2]))
    band = axes.collections[0].get_paths()[0].vertices
    at = band[np.isclose(band[:, 0], 0.1), 1]
    assert (at.min(), at.max()) == (pytest.approx(4 - 2**0.5), pytest.approx(4 + 2**0.5))
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "0.1", "0.3"]
    assert axes.get_xscale() == "linear"
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == ["d = 8", "d = 16", "± std over seeds"]


def test_lambdas_over_decades_are_on_a_log_scale_that_has_a_zero(tmp_path, saved):
    lams = np.array([0, 0.001, 0.01, 0.1])
    against_lambda({"anci": {"d = 8": (lams, lams)}}, tmp_path / "a.png")
    (axes,) = saved[0].axes
    assert axes.get_xscale() == "symlog"
    places = axes.transData.transform([(lam, 0.0) for lam in lams])[:, 0]
    assert (np.diff(places) > 0).all()
    assert np.diff(places)[1] == pytest.approx(np.diff(places)[2])


def test_a_figure_of_no_metric_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no metrics"):
        against_lambda({}, tmp_path / "a.png")
