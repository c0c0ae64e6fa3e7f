"""A model artifact as the other stages use it: the autoencoder, rebuilt from its description."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from posectl.core import device as devices
from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.paths import ON_SPHERE, PATHS
from posectl.core.latent.priors import PRIORS, SPHERE
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES
from posectl.core.objectives.base import Objective
from posectl.errors import IntegrityError, InvalidInputError, UsageError, did_you_mean
from posectl.stages.artifacts.about import Description, ModelAbout, read_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.artifacts.mixture import read_mixture
from posectl.stages.run import Run, expect
from posectl.store import Artifact

HINT = "`posectl train` makes one."
_NOWHERE = 1e-5  # the length of a sum of unit codes in float32 that cancel out


def model_about(artifact: Artifact) -> ModelAbout:
    """Read and check the `about` of a model artifact."""
    return read_about(expect(artifact, "model"), ModelAbout)


def architecture_of(artifact: Artifact) -> Architecture:
    """Rebuild the architecture that a model artifact describes."""
    return _rebuilt(artifact, model_about(artifact).net, NETS, "a network")


def objectives_of(artifact: Artifact) -> list[Objective]:
    """Rebuild the objectives that a model artifact was trained under."""
    return [_rebuilt(artifact, each, OBJECTIVES, "its objectives") for each in model_about(artifact).objectives]


def modules_of(artifact: Artifact) -> list[str]:
    """Name the modules that rebuild a model: its net, objectives and kind of sample."""
    return modules_named(model_about(artifact))


def modules_named(about: ModelAbout) -> list[str]:
    """Name the modules that rebuild what an `about` describes."""
    return [
        NETS.module(about.net["name"]),
        *(OBJECTIVES.module(each["name"]) for each in about.objectives),
        KINDS.module(kind_named(about.samples.kind).name),
    ]


def rebuilt(described: Description, registry: Any) -> Any:
    """Return the net or objective that a description names. Raises KeyError and TypeError for one that does not fit."""
    fields = dict(described)
    cls = registry.get(fields.pop("name"))
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()})


def _rebuilt(artifact: Artifact, described: Description, registry: Any, what: str) -> Any:
    try:
        return rebuilt(described, registry)
    except (KeyError, TypeError) as error:
        raise IntegrityError(f"{artifact.ref} does not describe {what}.", "Train it again.") from error


def load_model(run: Run, artifact: Artifact, *, weights: str = "last", sample_posterior: bool = False) -> Autoencoder:
    """Load the autoencoder on the run's device, with its last weights, its best (see `best_by`), or a snapshot's.

    sample_posterior: codes are drawn from a VAE's posterior, as published, in place of its mean.
    """
    devices.use_threads(run.threads)
    device = devices.resolve(run.device)
    about = model_about(artifact)
    model = Autoencoder(
        architecture_of(artifact), PRIORS[about.prior], device, objectives_of(artifact),
        kind=kind_named(about.samples.kind),
    )  # fmt: skip
    if sample_posterior:
        if not model.has_posterior:
            raise UsageError(
                f"{artifact.ref} is no VAE, and its codes have no posterior.", "`posectl train --reg vae` makes one."
            )
        model.posterior = run.seed
    which = _known_weights(run, artifact, weights)
    model.density = read_mixture(artifact, which)
    return model.load(artifact.read_group(f"weights/{which}"))


def best_by(artifact: Artifact) -> str:
    """Return the split whose errors chose a model's best weights, "" where the last are its best. Before there were
    validation splits, the test error chose them."""
    held = any(name.startswith("weights/best/") for name in artifact.arrays())
    return model_about(artifact).best_by or ("test" if held else "")


def fitting_path(artifact: Artifact, model: Autoencoder, wanted: str | None) -> str:
    """Return the path to take between a model's codes: the wanted one, or the prior's own.

    Raises UsageError for one that there is not, and for a way round a sphere where the codes are on none.
    """
    if wanted is None:
        return model.prior.path
    if wanted not in PATHS:
        raise UsageError(f"There is no path {wanted!r}.", did_you_mean(wanted, PATHS))
    if wanted in ON_SPHERE and model.prior.path != SPHERE.path:
        raise UsageError(
            f"The codes of {artifact.ref} are not on a sphere, and {wanted} goes round one.",
            "Take --path lerp, or a model of `posectl train --prior sphere`.",
        )
    return wanted


def placed(model: Autoencoder, codes: Tensor) -> Tensor:
    """Bring codes (N, d) that were added up back to where the prior's live: on the sphere divided by their length, so
    that what was moved by a direction stays on the great circle towards it, and never passes it.

    Raises InvalidInputError for sums of no length, which lie in no direction.
    """
    if model.prior.path == SPHERE.path and bool((torch.linalg.vector_norm(codes, dim=-1) < _NOWHERE).any()):
        raise InvalidInputError("The codes cancel out, and the sphere has no middle.", "Take others.")
    return model.prior.project(codes)


def _known_weights(run: Run, artifact: Artifact, weights: str) -> str:
    kept = ["last", "best", *(f"step-{step}" for step in model_about(artifact).snapshots)]
    held = {name.split("/")[1] for name in artifact.arrays() if name.startswith("weights/")}
    known = [each for each in kept if each in held or each == "best"]
    if weights not in known:
        raise UsageError(f"{artifact.ref} holds no weights {weights!r}.", f"It holds {', '.join(known)}.")
    if weights == "best" and (said := _REMARKS[best_by(artifact)]):
        run.tell(f"{artifact.ref} {said}")
    return "last" if weights == "best" and not best_by(artifact) else weights


_REMARKS = {
    "": "holds no weights that a validation split chose, and its best weights are its last.",
    "test": "has best weights that were chosen by the test error.",
    "validation": "",
}
