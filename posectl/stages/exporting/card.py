"""The card of a model: what it is, what it was trained on, its figures and limits, in the Markdown of model hubs."""

from __future__ import annotations

from collections.abc import Iterator

from posectl.core.autoencoder import Autoencoder
from posectl.errors import PosectlError
from posectl.printable import error_text, one_line
from posectl.stages.artifacts.about import DatasetAbout, read_about
from posectl.stages.artifacts.model import model_about
from posectl.stages.compare import compare
from posectl.stages.comparison.scores import model_label
from posectl.stages.reporting.recipe import recipe
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact
from posectl.version import __version__

_CARD = """---
library_name: posectl
tags: [autoencoder, {kind}]
---
# {name}

An autoencoder of {kind}, {label}, by posectl {version}: {latent} numbers a code, prior {prior}.

```python
from load import decode, encode  # load.py beside this file: it needs PyTorch and safetensors, and not posectl

codes = encode(samples)  # (N, {latent}) of samples (N, {shape}) float32{how}
again = decode(codes)
```

{sections}
"""
_HOW = {"images": " in [-1, 1]", "poses": " in metres, pelvis (joint 0) at 0, {up} up, Human3.6M's 17 joints"}


def card(run: Run, artifact: Artifact, model: Autoencoder) -> str:
    """Write the card of a model: its data, licence and limits as far as they are known, its figures, its recipe."""
    told = model_about(artifact).more  # what the model in the box says of itself
    sections = {
        "Data": "\n\n".join(_data(run, artifact)),
        **{key.capitalize(): str(told[key]) for key in ("data", "licence", "limits") if key in told},
        "Figures": "\n\n".join(_figures(run, artifact)),
        "Recipe": f"```sh\n{recipe(run, [artifact])}```",
    }
    return _CARD.format(
        name=artifact.name,
        kind=model.kind.name,
        label=one_line(model_label(artifact)),
        version=__version__,
        latent=model.latent,
        prior=model.prior.name,
        shape=", ".join(map(str, model.shape)),
        how=_HOW.get(model.kind.name, "").format(up=model_about(artifact).samples.up or "+z"),
        sections="\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text),
    )


def _data(run: Run, artifact: Artifact) -> Iterator[str]:
    dataset = parent_of(run, artifact, "dataset")
    if dataset is not None:
        about = read_about(dataset, DatasetAbout)
        yield from (one_line(text) for text in (about.source, about.citation, about.split) if text)


def _figures(run: Run, artifact: Artifact) -> Iterator[str]:
    summary = artifact.summary
    unit = model_about(artifact).samples.unit or "1"
    error, of_mean = summary.get("test_error"), summary.get("mean_sample_error")
    if error is not None:
        beside = f", where the mean sample always would have {error_text(of_mean, unit)}" if of_mean else ""
        yield f"Error of test samples: {error_text(error, unit)}{beside}."
    try:
        yield compare(run, [artifact.ref]).as_text("md")
    except PosectlError:  # it was not scored
        return
