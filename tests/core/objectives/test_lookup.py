"""The nearest of few vectors against every distance written out."""

import pytest
import torch

from posectl.core.objectives import lookup
from posectl.core.objectives.lookup import closest, rows


@pytest.mark.parametrize("at_once", [1, 50, 1 << 23])
def test_closest_is_that_of_all_distances(monkeypatch, at_once):
    monkeypatch.setattr(lookup, "AT_ONCE", at_once)
    draw = torch.Generator().manual_seed(2)
    vectors, entries = (torch.randn(3, n, 5, generator=draw, dtype=torch.float64) for n in (17, 9))
    found = closest(vectors, entries)
    torch.testing.assert_close(found, torch.cdist(vectors, entries).argmin(2))
    for replica in range(3):
        torch.testing.assert_close(rows(entries, found)[replica], entries[replica][found[replica]])
