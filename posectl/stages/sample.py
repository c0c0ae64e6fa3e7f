"""sample: decode new draws from the prior."""

from __future__ import annotations

from typing import Any

from posectl.core.random import generator
from posectl.errors import UsageError
from posectl.stages.artifacts.about import DecodedAbout
from posectl.stages.artifacts.model import HINT, load_model, model_about, modules_of
from posectl.stages.options import SampleOptions
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft


def sample(run: Run, model: str | None = None, options: SampleOptions = SampleOptions()) -> Result:
    """Draw codes from the prior, decode them, and publish samples (N, *shape) with their codes."""
    if options.count < 1:
        raise UsageError(f"At least one sample must be drawn, not {options.count}.", "For example -n 1000.")
    artifact = run.subject(model, "model", HINT)
    autoencoder = load_model(run, artifact, weights=options.weights)

    def fill(draft: Draft) -> dict[str, Any]:
        codes = autoencoder.draw(options.count, generator(run.seed, "sample")).codes
        decoded = autoencoder.decode(codes.to(autoencoder.device))
        draft.put("samples", decoded.cpu().numpy(), ("sample", *autoencoder.kind.axes))
        draft.put("codes", codes.numpy(), ("sample", "code"))
        return {"samples": options.count}

    return produce(
        run, "samples", f"{artifact.name}-samples", run.config(options), fill, stage="sample",
        modules=modules_of(artifact), parents=[("model", artifact)], device=str(autoencoder.device),
        about=DecodedAbout(samples=model_about(artifact).samples),
    )  # fmt: skip
