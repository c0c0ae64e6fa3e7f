"""sample: decode fresh draws from the prior."""

from __future__ import annotations

from typing import Any

import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent import priors
from posectl.core.random import generator
from posectl.errors import UsageError
from posectl.stages.artifacts.model import HINT, load_model
from posectl.stages.options import SampleOptions
from posectl.stages.prepare import DIMS
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft


def sample(run: Run, model: str | None = None, options: SampleOptions = SampleOptions()) -> Result:
    """Draw codes of the prior, decode them, and publish samples (N, ...) with their codes."""
    if options.count < 1:
        raise UsageError(f"At least one sample must be drawn, not {options.count}.", "For example -n 1000.")
    artifact = run.subject(model, "model", HINT)
    autoencoder = load_model(run, artifact, weights=options.weights)

    def fill(draft: Draft) -> dict[str, Any]:
        codes = draw(autoencoder, options.count, run.seed, "sample")
        kind = artifact.about.get("samples", {}).get("kind", "poses")
        draft.put("samples", autoencoder.decode(codes).cpu().numpy(), ("sample", *DIMS[kind]))
        draft.put("codes", codes.cpu().numpy(), ("sample", "code"))
        draft.record(about={"samples": artifact.about.get("samples", {})})
        return {"samples": options.count}

    return produce(
        run, "samples", f"{artifact.name}-samples", run.config(options), fill, parents=[("model", artifact)],
        device=str(autoencoder.device),
    )  # fmt: skip


def draw(model: Autoencoder, count: int, seed: int, purpose: str) -> torch.Tensor:
    """Codes (count, d) of the model's prior, a function of (seed, purpose)."""
    codes = priors.sample(model.prior, count, model.architecture.latent, generator(seed, purpose))
    return codes.to(model.device)
