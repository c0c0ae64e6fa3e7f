"""Figures as they are when they are saved."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure


@pytest.fixture
def saved(monkeypatch):
    """The figures that are saved, while they are."""
    seen = []
    savefig = Figure.savefig

    def keep(figure, *arguments, **options):
        seen.append(figure)
        savefig(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return seen
