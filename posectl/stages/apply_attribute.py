"""attribute apply: samples moved along an attribute vector, by one amount or along a path of amounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent import paths
from posectl.errors import UsageError
from posectl.stages.artifacts.about import DecodedAbout
from posectl.stages.artifacts.attribute import load_attributes, model_of
from posectl.stages.artifacts.files import conventions, samples_of
from posectl.stages.artifacts.model import load_model, model_about, modules_of, placed
from posectl.stages.interpolate import check_apart
from posectl.stages.options import ApplyOptions
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft


def apply_attribute(
    run: Run, attribute: str, subjects: Sequence[str], options: ApplyOptions = ApplyOptions()
) -> Result:
    """Move the codes of samples along an attribute vector, decode them, and publish them: samples (B, *shape) for one
    amount, paths (B, steps, *shape) between two.

    subjects: .npy files, or samples of a dataset such as "poses#12". A path goes between its ends as interpolations do:
    straight, or along the arc where codes are on the sphere, onto which they are brought back. Raises UsageError for an
    attribute that there is not and for other numbers of amounts, InvalidInputError for codes that cannot be brought
    back.
    """
    _check_amount(options)
    artifact = run.artifacts.get(attribute, "attribute")
    held = load_attributes(artifact)
    place = held.find(options.attribute)
    model = model_of(run, artifact)
    about = model_about(model)
    autoencoder = load_model(run, model, weights=held.weights)
    said, up = conventions(options), about.samples.up or None
    taken = [samples_of(run, each, autoencoder.kind, autoencoder.shape, said, up) for each in subjects]
    samples, records = zip(*taken, strict=True)
    direction = torch.from_numpy(held.directions[place]).to(autoencoder.device)

    def fill(draft: Draft) -> dict[str, Any]:
        codes = autoencoder.encode(torch.from_numpy(np.concatenate(samples)))
        ends = [placed(autoencoder, codes + amount * direction) for amount in options.amount]
        put = _put_path if len(ends) == 2 else _put_samples
        put(draft, autoencoder, ends, options.steps)
        return {"attribute": held.attributes[place].name, "amount": list(options.amount), "samples": len(codes)}

    kind = "paths" if len(options.amount) == 2 else "samples"
    return produce(
        run, kind, f"{model.name}-{'moves' if kind == 'paths' else 'moved'}", run.config(options), fill,
        stage="apply_attribute", modules=modules_of(model), parents=[("attribute", artifact), ("model", model)],
        inputs=list(records), device=str(autoencoder.device), about=DecodedAbout(samples=about.samples),
    )  # fmt: skip


def _check_amount(options: ApplyOptions) -> None:
    amount = options.amount
    if len(amount) not in (1, 2) or not np.isfinite(amount).all():
        raise UsageError(
            f"An amount is one number, or the first and the last of a path, not {', '.join(map(str, amount))}.",
            "For example --amount 3, or --amount -3,3.",
        )
    if len(amount) == 2:
        if amount[0] == amount[1]:
            raise UsageError(f"A path from {amount[0]:g} to {amount[1]:g} goes nowhere.", "For example --amount -3,3.")
        paths.alphas(options.steps)  # refuses a wrong number of steps before anything is read


def _put_samples(draft: Draft, model: Autoencoder, ends: list[Tensor], steps: int) -> None:
    draft.put("samples", model.decode(ends[0]).cpu().numpy(), ("sample", *model.kind.axes))
    draft.put("codes", ends[0].cpu().numpy(), ("sample", "code"))


def _put_path(draft: Draft, model: Autoencoder, ends: list[Tensor], steps: int) -> None:
    check_apart(ends[0], ends[1], model.prior.path)
    decoded = model.decode_path(ends[0], ends[1], steps).cpu().numpy()
    draft.put("paths", decoded, ("path", "step", *model.kind.axes))
    draft.put("alpha", paths.alphas(steps).numpy(), ("step",))
    draft.put("ends", decoded[:, [0, -1]], ("path", "end", *model.kind.axes))
