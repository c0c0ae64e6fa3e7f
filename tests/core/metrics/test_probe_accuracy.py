"""The figure of a run, as the paper's is made."""

import pytest
import torch

from posectl.core.metrics.probe_accuracy import probe_accuracy


def test_the_median_of_the_last_twenty_evaluations():
    log = torch.cat((torch.zeros(30), torch.arange(20) / 20))
    score = probe_accuracy(log[torch.cat((torch.arange(30), 30 + torch.randperm(20)))])
    assert score["mean"] == score["median"] == pytest.approx((0.45 + 0.5) / 2)
    assert (score["evaluations"], score["lowest"], score["highest"]) == (20, 0, pytest.approx(0.95))


def test_of_a_short_run_the_median_of_all():
    assert probe_accuracy(torch.tensor([0.2, 0.9, 0.4]))["mean"] == pytest.approx(0.4)
