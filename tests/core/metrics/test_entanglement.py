"""The entanglement of a hand-made matrix."""

from __future__ import annotations

import pytest
import torch

from posectl.core.latent.attributes import Attribute
from posectl.core.metrics.entanglement import Edits, entanglement

ATTRIBUTES = [
    Attribute("build=tall", "build", "tall"), Attribute("gait=walk", "gait", "walk"),
    Attribute("gait=run", "gait", "run"), Attribute("gait=sit", "gait", "sit"), Attribute("speed", "speed"),
    Attribute("turn.cos", "turn", part="cos"), Attribute("turn.sin", "turn", part="sin"),
]  # fmt: skip


def scored() -> dict:
    change = torch.zeros(7, 7)
    change[0] = torch.tensor([0.8, 0.3, -0.1, -0.2, -0.5, 0.3, -0.4])
    change[1:4, 1:4] = 0.6 * torch.eye(3) - 0.3 * (1 - torch.eye(3))
    change[2, 0] = -0.2
    change[4, 4], change[5, 5], change[6, 6] = 1.0, 0.5, 0.7
    return entanglement(Edits(ATTRIBUTES, change, {"build": 0.9, "gait": 0.7, "speed": 0.5, "turn": 0.3}))


def test_what_is_wished_is_the_diagonal():
    assert scored()["change"]["mean"] == pytest.approx((0.8 + 3 * 0.6 + 1.0 + 0.5 + 0.7) / 7)
    assert scored()["gait>gait"]["mean"] == pytest.approx(0.6)


def test_a_leak_into_classes_is_the_total_variation_of_their_probabilities():
    assert scored()["build>gait"]["mean"] == pytest.approx((0.3 + 0.1 + 0.2) / 2)


def test_a_leak_into_numbers_is_its_size_and_into_a_turn_that_of_both_parts():
    assert scored()["build>speed"]["mean"] == pytest.approx(0.5)
    assert scored()["build>turn"]["mean"] == pytest.approx(0.5)


def test_classes_of_one_label_that_give_way_to_each_other_are_no_leak():
    leaks = scored()["leakage"]
    # of tall into gait, speed and turn; of run into build: of 1, 3, 1 and 2 attributes into 3 other labels each
    assert leaks["count"] == (1 + 3 + 1 + 2) * 3
    assert leaks["mean"] == pytest.approx((0.3 + 0.5 + 0.5 + 0.1) / leaks["count"])
    assert scored()["ratio"]["mean"] == pytest.approx(leaks["mean"] / scored()["change"]["mean"])


def test_one_label_has_nowhere_to_leak():
    only = entanglement(Edits(ATTRIBUTES[1:4], 0.5 * torch.eye(3), {}))
    assert only["leakage"]["mean"] is None
    assert only["change"]["mean"] == pytest.approx(0.5)
    assert only["ratio"]["mean"] is None
