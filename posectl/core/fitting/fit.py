"""The codes, and with them the poses, that a model holds most likely under what is known.

Around what is known the training codes are taken for a Gaussian: that of the nearest examples, weighted by nearness,
given what is known of them (`local`). From its mean Gauss and Newton move the code so that what the model decodes lies
on what is known, against that Gaussian. What codes leave of the examples is added, and bones get their lengths. Beside
this solution stand regressions, each weighed by how right it was on examples kept from it (`stacking`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.fitting import bones as bones_
from posectl.core.fitting import neighbours
from posectl.core.fitting.evidence import Evidence
from posectl.core.fitting.local import RIDGE, Local, Overall, regress
from posectl.core.fitting.neighbours import Examples, Neighbours, find
from posectl.core.fitting.stacking import FEWEST, Parts, Stack

K = 200
"""Neighbours that a pose is fitted among."""
BLOCK = 256
"""Poses that are fitted at once."""
STACKS = 32
"""Masks, the most frequent, that get regressions of their own; under others a model's own solution stands alone."""
_STEPS, _DERIVED_EVERY, _REACH = 3, 2, 0.03  # steps; between two derivatives; metres
_MISFIT = 0.04  # metres, of a decoded coordinate: what the density is weighed against


@dataclass(frozen=True)
class Fitted:
    """N poses fitted in S hypotheses, the most likely first, the others drawn.

    poses (N, S, J, 3): metres about the pelvis. codes (N, S, d). residuals (N, S): the mean distance of the known
    joints from where they are known to be, metres, in the camera's plane where they are known there. axes (N, 3, 3):
    take poses to the axes of the values.
    """

    poses: Tensor
    codes: Tensor
    residuals: Tensor
    axes: Tensor


def fit(
    model: Autoencoder,
    poses: Tensor,
    known: Tensor,
    examples: Examples,
    *,
    hypotheses: int = 1,
    noise: float = 0.0,
    generator: torch.Generator | None = None,
    stacked: bool = True,
) -> Fitted:
    """Fit poses (N, J, 3), metres about the pelvis, of which joints `known` (N, J) are seen, the others any numbers.

    noise: standard deviation of a coordinate that is seen, metres. generator: of hypotheses, on the CPU. stacked:
    whether regressions stand beside the model's own solution.
    """
    evidence = Evidence(poses, known.to(poses.dtype), noise)
    parts = list(blocks(model, evidence, examples, hypotheses, lambda block: generator, stacked=stacked))
    return joined(parts)


def joined(parts: Sequence[Fitted]) -> Fitted:
    """Return parts as one."""
    return Fitted(*(torch.cat([getattr(part, name) for part in parts]) for name in Fitted.__dataclass_fields__))


def blocks(
    model: Autoencoder,
    evidence: Evidence,
    examples: Examples,
    hypotheses: int,
    stream: Callable[[int], torch.Generator | None],
    first: int = 0,
    stacked: bool = True,
) -> Iterator[Fitted]:
    """Fit poses in blocks of `BLOCK`, from block `first` on: to whatever is known of them, in space or in a camera.

    stream: of a block's hypotheses, by its number. A block's numbers are its own, whatever blocks are fitted before.
    stacked: as of `fit`, where poses lie in space with their pelvis known.
    """
    bones = examples.ends
    overall = _overall(examples) if evidence.axes is None else None

    def alone(part: Evidence, found: Neighbours, count: int = 1, g: torch.Generator | None = None) -> _Alone:
        return _alone(model, part, found, bones, overall, count, g)

    def kept_from(part: Evidence, of: Tensor) -> tuple[Tensor, Tensor]:
        k = min(K, *(len(others.poses) for others in apart.others))
        held = [(part.rows(of == number), apart.others[number]) for number in of.unique().tolist()]
        made = alone(part, neighbours.joined([find(model, each, others, k) for each, others in held]))
        return made.fitted.poses[:, 0], made.lengths[:, 0]

    apart = Parts(examples)
    stacks: dict[bytes, Stack] = {}
    chosen = _often(evidence.known) if stacked and _may_be_stacked(evidence, examples) else evidence.known[:0]
    for number in range(first, -(-len(evidence) // BLOCK)):
        part = evidence.rows(slice(number * BLOCK, (number + 1) * BLOCK))
        made = alone(part, find(model, part, examples, min(K, len(examples.poses))), hypotheses, stream(number))
        for mask in chosen if evidence.noise else chosen[~chosen.all(1)]:
            rows = (part.known == mask).all(1) & _in_reach(part, made.fitted.poses[:, 0])
            if rows.any():
                key = mask.cpu().numpy().tobytes()
                stack = stacks.get(key) or Stack.of(mask, evidence.noise, apart, bones, kept_from)
                stacks[key] = stack
                _stacked(model, part, bones, made, stack, rows)
        yield made.fitted


def _may_be_stacked(evidence: Evidence, examples: Examples) -> bool:
    of_space = evidence.axes is None and evidence.free == "nothing"
    return of_space and len(examples.poses) >= FEWEST and bool(evidence.known[:, 0].all())


def _in_reach(evidence: Evidence, poses: Tensor) -> Tensor:
    """Return whether (N,) what is known exactly is where the model's own solution (N, J, 3) could get: where not, that
    stands, whose bones do not yield."""
    gaps = torch.linalg.vector_norm(evidence.values - poses, dim=-1).where(evidence.known, 0)
    return (gaps.amax(1) <= _REACH) | (evidence.noise > 0)


def _often(known: Tensor) -> Tensor:
    """Return the most frequent masks (M, J) of known (N, J), STACKS at most."""
    masks, counts = known.unique(dim=0, return_counts=True)
    return masks[counts.argsort(descending=True, stable=True)[:STACKS]]


def _overall(examples: Examples) -> Overall:
    targets = torch.cat([examples.codes, examples.residuals.flatten(1), examples.lengths], 1)
    return Overall.of(examples.poses, targets)


@dataclass(frozen=True)
class _Alone:
    """A model's own solution, and the lengths (N, S, B) of its bones."""

    fitted: Fitted
    lengths: Tensor


def _alone(
    model: Autoencoder,
    evidence: Evidence,
    found: Neighbours,
    bones: Tensor,
    overall: Overall | None,
    hypotheses: int,
    generator: torch.Generator | None,
) -> _Alone:
    d, size = model.latent, found.poses[0, 0].numel()
    targets = torch.cat([found.codes, found.residuals.flatten(2), found.lengths], -1)
    ridge = (RIDGE**2 * evidence.known.sum(1) + evidence.noise**2).sqrt()
    features = found.features.flatten(2)
    prior = overall.gain(evidence.known, evidence.free == "place", evidence.noise) if overall else None
    local = regress(found.distances, features, targets, ridge, prior)
    query = found.query.flatten(1)
    expected = local.at(query)[:, None]
    if hypotheses > 1:
        expected = torch.cat([expected, local.moved(query, _drawn(local, hypotheses - 1, generator))], 1)
    centre, residual, usual = expected.split([d, size, len(bones)], -1)
    usual = usual.clamp(found.lengths.amin(1, keepdim=True), found.lengths.amax(1, keepdim=True))  # as bodies are
    if evidence.values.shape[-1] == 3 and not evidence.noise:
        usual = bones_.measured(usual, bones, evidence.values[:, None], evidence.known[:, None])
    precision = local.precision(d)
    made = [
        _descended(model, evidence, found.axes, bones, precision, *(each[:, s] for each in (centre, residual, usual)))
        for s in range(hypotheses)
    ]
    poses, codes, residuals = (torch.stack(each, 1) for each in zip(*made, strict=True))
    return _Alone(Fitted(poses, codes, residuals, found.axes), usual)


def _stacked(model: Autoencoder, evidence: Evidence, bones: Tensor, made: _Alone, stack: Stack, rows: Tensor) -> None:
    """Move the poses of `rows` (N,) to what a stack tells of them, other hypotheses by as much, and set bones and what
    is known right again; codes are what they encode to."""
    part, fitted = evidence.rows(rows), made.fitted
    alone = fitted.poses[rows]
    moved = alone + (stack.at(part.values, alone[:, 0]) - alone[:, 0])[:, None]
    weights = part.weights * (evidence.noise == 0)
    for s in range(moved.shape[1]):
        poses = bones_.settle(moved[:, s], bones, made.lengths[rows, s], part.values, weights, stack.stay, stack.length)
        poses = poses - poses[:, :1]
        gaps = torch.linalg.vector_norm(part.values - poses, dim=-1).where(part.known, 0)
        fitted.poses[rows, s], fitted.codes[rows, s] = poses, model.encode(poses)
        fitted.residuals[rows, s] = gaps.sum(1) / part.known.sum(1)


def _drawn(local: Local, count: int, generator: torch.Generator | None) -> Tensor:
    """Draw `count` neighbours (N, count), none twice, each with its weight (Gumbel's top-k)."""
    uniform = torch.rand(local.weights.shape, generator=generator).clamp(1e-12, 1 - 1e-7).to(local.weights.device)
    return (local.weights.log() - (-uniform.log()).log()).topk(count, dim=1).indices


def _descended(
    model: Autoencoder,
    evidence: Evidence,
    axes: Tensor,
    bones: Tensor,
    precision: Tensor,
    centre: Tensor,
    residual: Tensor,
    usual: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return poses (N, J, 3), codes (N, d) and residuals (N,) by Gauss and Newton from codes `centre`."""
    among = evidence.values.shape[-1]
    off = residual.view(len(residual), -1, 3)
    weights = evidence.weights / (_MISFIT**2 + evidence.noise**2)
    code = centre
    for number in range(_STEPS):
        if number % _DERIVED_EVERY == 0:
            decoded, slope = _linearised(model, code)
            slope = torch.einsum("nab,njbd->njad", axes, slope)[..., :among, :].flatten(1, 2)
            pull = (weights.repeat_interleave(among, 1)[..., None] * slope).mT
            curvature = precision + pull @ slope
        else:
            decoded = model.decode(code)
        seen = torch.einsum("nab,njb->nja", axes, decoded + off)
        values, _ = evidence.placed(seen)
        gap = ((values - seen[..., :among]) * evidence.known[..., None]).flatten(1)
        down = (pull @ gap[..., None])[..., 0] + (precision @ (centre - code)[..., None])[..., 0]
        code = code + torch.linalg.solve(curvature, down)
    code = model.prior.project(code)
    seen = torch.einsum("nab,njb->nja", axes, model.decode(code) + off)
    for _ in range(1 if evidence.free == "nothing" else 2):
        values, _ = evidence.placed(seen)
        seen = bones_.settle(seen, bones, usual, values, evidence.weights * (evidence.noise == 0))
    values, _ = evidence.placed(seen)
    gaps = torch.linalg.vector_norm(values - seen[..., :among], dim=-1).where(evidence.known, 0)
    poses = torch.einsum("nab,nja->njb", axes, seen)
    return poses - poses[:, :1], code, gaps.sum(1) / evidence.known.sum(1)


def _linearised(model: Autoencoder, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Return what codes (N, d) decode to, (N, J, 3), and its derivative (N, J, 3, d).

    Twice backward: what the net pulls back is linear in what is pulled, and its own derivative pushes forward. From
    sums, one number of the code after the other: for gradients of anything else, and for `torch.func.jvp`, PyTorch
    would import its compiler first, for half a second and more.
    """
    decoder = cast(Callable[[Tensor], Tensor], model.decoder)
    with torch.enable_grad():
        free = codes.detach().requires_grad_()
        values = decoder(model.prior.project(free)[None])[0]
        pulled = torch.zeros_like(values).requires_grad_()
        (back,) = torch.autograd.grad((values * pulled).sum(), free, create_graph=True)
        slopes = [torch.autograd.grad(each.sum(), pulled, retain_graph=True)[0] for each in back.unbind(1)]
    return values.detach(), torch.stack(slopes, -1)
