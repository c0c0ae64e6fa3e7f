"""Paths where two factors vary at once: one that goes round, and the object, which does not."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.trace import ObjectTrace, wrapped


@metric("object_switch", better={"kept": "higher", "switches": "lower", "turn": "lower"})
def object_switch(object_trace: ObjectTrace) -> Score:
    """Compute, of the real images nearest to those of paths between images of several objects on their turntables:

    `kept`: of each path between two views of one object, the share of its images that show that object; `switches`: of
    each path from one object to another, how often the object changes on it, for which once is enough; `turn`: on such
    paths, how far the view of each image is from the even turn between the ends' views, the short way round. `curve`
    holds the share of them that show the `last` object at each `alpha`. Source of the wish: AEAI, section 5 ("between
    both categorized and continues data"); a mean over no paths is None.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import ObjectTrace, Trace
    >>> turn = torch.linspace(0, 40, 5).double()[None, :, None]  # a turn by 40 degrees
    >>> trace = Trace(turn, turn, torch.zeros(1, 5), torch.tensor([360.0]), "deg")
    >>> found = torch.tensor([[5, 5, 14, 5, 14]])
    >>> score = posectl.metrics.object_switch(ObjectTrace(trace, found, torch.tensor([[5, 14]])))
    >>> score["switches"]["mean"], score["turn"]["mean"]
    (3.0, 0.0)
    """
    trace, objects, ends = object_trace.trace, object_trace.objects, object_trace.ends
    across = ends[:, 0] != ends[:, 1]
    kept = (objects == ends[:, :1]).double().mean(1)[~across]
    switches = (objects.diff(dim=1) != 0).sum(1)[across]
    off = wrapped(trace.retrieved - trace.expected, trace.periods).norm(dim=-1)[across]
    last = (objects == ends[:, 1:]).double()[across].mean(0)
    return {
        "kept": summarise(kept, "1"),
        "switches": summarise(switches, "1"),
        "turn": summarise(_in_degrees(off, trace.unit), "deg"),
        "curve": {"alpha": trace.alpha.cpu(), "last": last.cpu()},
    }


def _in_degrees(angles: Tensor, unit: str) -> Tensor:
    return torch.rad2deg(angles) if unit == "rad" else angles
