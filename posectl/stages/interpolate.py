"""interpolate: decode the path between the codes of two samples, or the block between those of four."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent import paths
from posectl.data.safe.npy import source_name
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.about import DecodedAbout
from posectl.stages.artifacts.files import conventions, file_record, load_codes, samples_of
from posectl.stages.artifacts.model import HINT, fitting_path, load_model, model_about, modules_of
from posectl.stages.options import InterpolateOptions
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft

# Codes this close to a straight angle have no shortest way between them, in float32.
_ANTIPODAL = 1e-3


def interpolate(
    run: Run,
    a: str,
    b: str,
    model: str | None = None,
    options: InterpolateOptions = InterpolateOptions(),
    *,
    below: Sequence[str] = (),
) -> Result:
    """Decode `steps` codes from a's to b's, both included, and publish them as paths (B, T, ...).

    a and b are .npy files of one sample or of B, or samples of a dataset such as "poses#12". alpha = 0 is a; with
    options.start and stop beyond 0 and 1 the path is gone on with behind a and b. With options.grid = n, a and b are
    single samples, the upper corners of a block, and `below` its lower ones, c and d: the paths (n, n, ...) are the
    rows of the block, from its left edge, between a and c, to its right, between b and d.

    Raises UsageError for another number of endpoints, or a way round a sphere for codes that are on none;
    InvalidInputError for endpoints that coincide or, on the sphere, are antipodal.
    """
    ends = (a, b, *below)
    _check_count(ends, options)
    span = (options.start, options.stop)
    paths.alphas(options.grid or options.steps, span)  # refuses what is wrong before anything is read
    artifact = run.subject(model, "model", HINT)
    about = model_about(artifact)
    autoencoder = load_model(run, artifact, weights=options.weights)
    kind = autoencoder.kind
    path = fitting_path(artifact, autoencoder, options.path)
    said = conventions(options)
    up = about.samples.up or None
    taken = [samples_of(run, source, kind, autoencoder.shape, said, up) for source in ends]
    samples, records = zip(*taken, strict=True)
    if options.grid:
        steps, pairs = options.grid, _corners(samples)
    else:
        steps, pairs = options.steps, paired(*samples)
    config = run.config(dataclasses.replace(options, path=path))

    def fill(draft: Draft) -> dict[str, Any]:
        codes = encode_ends(autoencoder, *pairs, path)
        if options.grid:
            codes = _edges(*codes, steps, path)
        decoded = autoencoder.decode_path(*codes, steps, path, span)
        draft.put("paths", decoded.cpu().numpy(), ("path", "step", *kind.axes))
        draft.put("alpha", paths.alphas(steps, span).numpy(), ("step",))
        draft.put("ends", np.stack(pairs, axis=1), ("edge" if options.grid else "path", "end", *kind.axes))
        return {"paths": len(decoded), "steps": steps, "along": path}

    return produce(
        run, "paths", f"{artifact.name}-{'grid' if options.grid else 'paths'}", config, fill,
        stage="interpolate", modules=modules_of(artifact), parents=[("model", artifact)], inputs=list(records),
        device=str(autoencoder.device), about=DecodedAbout(samples=about.samples, grid=options.grid, span=span),
    )  # fmt: skip


def interpolate_codes(
    run: Run, codes: str, model: str | None = None, options: InterpolateOptions = InterpolateOptions()
) -> Result:
    """Decode `steps` codes from the first to the last of each pair of a file's codes, (2, d) or (B, 2, d), and publish
    them as paths (B, T, ...).

    Codes are taken as they are: those of a model on the sphere have unit length. Raises UsageError as `interpolate`,
    and for a block; InvalidInputError for other codes than the model's, and for ends that coincide or are antipodal.
    """
    if options.grid:
        raise UsageError("A block is made of four samples, not of codes.", "Leave out --grid.")
    span = (options.start, options.stop)
    paths.alphas(options.steps, span)
    artifact = run.subject(model, "model", HINT)
    about = model_about(artifact)
    autoencoder = load_model(run, artifact, weights=options.weights)
    path = fitting_path(artifact, autoencoder, options.path)
    pairs, name = load_codes(codes, artifact, autoencoder, (2, autoencoder.latent)), source_name(codes)
    pairs = pairs.reshape(-1, 2, autoencoder.latent)
    first, last = (pairs[:, end].copy() for end in (0, 1))
    paired(first, last)
    a, b = torch.from_numpy(first), torch.from_numpy(last)
    check_apart(a, b, path)
    config = run.config(dataclasses.replace(options, path=path))

    def fill(draft: Draft) -> dict[str, Any]:
        decoded = autoencoder.decode_path(a.to(autoencoder.device), b.to(autoencoder.device), options.steps, path, span)
        draft.put("paths", decoded.cpu().numpy(), ("path", "step", *autoencoder.kind.axes))
        draft.put("alpha", paths.alphas(options.steps, span).numpy(), ("step",))
        return {"paths": len(decoded), "steps": options.steps, "along": path}

    return produce(
        run, "paths", f"{artifact.name}-paths", config, fill,
        stage="interpolate", modules=modules_of(artifact), parents=[("model", artifact)],
        inputs=[file_record(name, pairs)], device=str(autoencoder.device),
        about=DecodedAbout(samples=about.samples, span=span),
    )  # fmt: skip


def _check_count(ends: Sequence[str], options: InterpolateOptions) -> None:
    if options.grid < 0 or options.grid == 1:
        raise UsageError(f"A block has at least 2 samples on a side, not {options.grid}.", "For example --grid 8.")
    if options.grid and (options.start, options.stop) != paths.WHOLE:
        raise UsageError("A block goes from corner to corner.", "Leave --from and --to out, or --grid.")
    if options.grid and len(ends) != 4:
        raise UsageError(
            f"--grid needs four endpoints, the corners of its block, and {len(ends)} were named.",
            "For example: posectl interpolate A B C D --grid 8.",
        )
    if not options.grid and len(ends) != 2:
        raise UsageError(
            f"A path goes between two endpoints, and {len(ends)} were named.",
            "Name two, or four with --grid 8 for the block between them.",
        )


def _corners(samples: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and the lower ends of the block's left and right edge: samples a and b, and c and d."""
    counts = [len(each) for each in samples]
    if set(counts) != {1}:
        raise InvalidInputError(
            f"The corners of a block are single samples, and these hold {counts}.", "Give one sample for each."
        )
    a, b, c, d = samples
    for first, last in ((a, b), (c, d), (a, c), (b, d)):
        paired(first, last)
    return np.concatenate([a, b]), np.concatenate([c, d])


def _edges(start: Tensor, stop: Tensor, steps: int, path: str) -> tuple[Tensor, Tensor]:
    """Return codes (steps, d) on the left and the right edge of a block, the ends of its rows."""
    left, right = paths.between(start, stop, steps, path)
    return left, right


def paired(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair samples (B, *shape), or one with each of many. Raises InvalidInputError if they coincide or do not pair."""
    if len(start) != len(stop) and 1 not in (len(start), len(stop)):
        raise InvalidInputError(
            f"A holds {len(start)} samples and B {len(stop)}, so they do not pair.",
            "Give as many of each, or one of either.",
        )
    count = max(len(start), len(stop))
    start, stop = (np.broadcast_to(end, (count, *end.shape[1:])).copy() for end in (start, stop))
    same = (start == stop).reshape(count, -1).all(axis=1)
    if same.any():
        raise InvalidInputError(
            f"Pair {int(same.argmax())} has the same sample at both ends.", "Choose two that differ."
        )
    return start, stop


def encode_ends(model: Autoencoder, start: np.ndarray, stop: np.ndarray, path: str) -> tuple[Tensor, Tensor]:
    """Encode first and last samples (B, *shape) of paths. Raises InvalidInputError for antipodal codes on a sphere."""
    a, b = (model.encode(torch.from_numpy(end).to(model.device)) for end in (start, stop))
    check_apart(a, b, path)
    return a, b


def check_apart(a: Tensor, b: Tensor, path: str) -> None:
    """Raise InvalidInputError for antipodal codes (B, d) where the path goes the shortest way round a sphere."""
    apart = paths.angle(a, b)[:, 0]
    if path in ("slerp", "lerp-sphere") and bool((apart > torch.pi - _ANTIPODAL).any()):
        raise InvalidInputError(
            f"The codes of pair {int(apart.argmax())} are antipodal, and no way between them is the shortest.",
            "Choose another pair, or --path circle.",
        )
