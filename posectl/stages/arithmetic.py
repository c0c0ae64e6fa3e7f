"""arithmetic: samples added and subtracted by their codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.about import DecodedAbout
from posectl.stages.artifacts.files import conventions, samples_of
from posectl.stages.artifacts.model import HINT, load_model, model_about, modules_of, placed
from posectl.stages.options import ArithmeticOptions
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft

_SIGNS = {"+": 1.0, "-": -1.0}
_EXAMPLE = 'For example: posectl arithmetic "poses#3 - poses#9 + poses#12".'


def arithmetic(
    run: Run, expression: str, model: str | None = None, options: ArithmeticOptions = ArithmeticOptions()
) -> Result:
    """Decode the sum of the codes that an expression such as "poses#3 - poses#9 + poses#12" names, and publish it as a
    sample (1, *shape), with the samples (T, *shape) that it is of.

    Source: Zamorski et al., Adversarial autoencoders for compact representations of 3D point clouds, Fig. 22. On the
    sphere the sum is brought back onto it. Raises UsageError for what does not parse, InvalidInputError for samples of
    several datasets, files of several samples, and codes that cancel out on the sphere.
    """
    signs, names = parse(expression)
    artifact = run.subject(model, "model", HINT)
    autoencoder = load_model(run, artifact, weights=options.weights)
    about = model_about(artifact)
    said, up = conventions(options), about.samples.up or None
    taken = [samples_of(run, each, autoencoder.kind, autoencoder.shape, said, up) for each in names]
    terms, records = zip(*taken, strict=True)
    for name, term in zip(names, terms, strict=True):
        if len(term) != 1:
            raise InvalidInputError(f"{name} holds {len(term)} samples, and a term is one.", "Save one by itself.")
    sets = {record["digest"]: record["ref"] for record in records if "digest" in record}
    if len(sets) > 1:
        raise InvalidInputError(
            f"The samples are of several datasets: {', '.join(sorted(sets.values()))}.", "Take all from one."
        )

    def fill(draft: Draft) -> dict[str, Any]:
        every = np.concatenate(terms)
        codes = autoencoder.encode(torch.from_numpy(every))
        total = placed(autoencoder, torch.tensor(signs, device=codes.device)[None] @ codes)
        draft.put("samples", autoencoder.decode(total).cpu().numpy(), ("sample", *autoencoder.kind.axes))
        draft.put("codes", total.cpu().numpy(), ("sample", "code"))
        draft.put("terms", every, ("term", *autoencoder.kind.axes))
        return {"terms": len(every)}

    inputs = [{**record, "sign": sign} for sign, record in zip(signs, records, strict=True)]
    return produce(
        run, "samples", f"{artifact.name}-sum", run.config(options), fill, stage="arithmetic",
        modules=modules_of(artifact), parents=[("model", artifact)], inputs=inputs, device=str(autoencoder.device),
        about=DecodedAbout(samples=about.samples),
    )  # fmt: skip


def parse(expression: str) -> tuple[list[float], list[str]]:
    """Return the signs and the names of the terms of "a - b + c": operators stand between blanks, for names hold
    hyphens. Raises UsageError for anything else."""
    words = expression.split()
    for i, word in enumerate(words):
        if i % 2 == 0 and word in _SIGNS:
            where = f"after {words[i - 1]!r}" if i else "at the beginning"
            raise UsageError(f"{word!r} stands {where}, where a sample should.", _EXAMPLE)
        if i % 2 and word not in _SIGNS:
            raise UsageError(f"{word!r} stands after {words[i - 1]!r}, where + or - should.", _EXAMPLE)
    if len(words) < 2:
        raise UsageError(f"{expression!r} holds no + or - between blanks.", _EXAMPLE)
    if len(words) % 2 == 0:
        raise UsageError(f"{expression!r} ends with {words[-1]!r}.", _EXAMPLE)
    return [1.0, *(_SIGNS[word] for word in words[1::2])], words[::2]
