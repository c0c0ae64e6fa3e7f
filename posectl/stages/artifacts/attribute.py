"""An attribute artifact as the other stages use it: the vectors, and the values of their attributes in a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posectl.core.latent.attributes import Attribute
from posectl.errors import IntegrityError, NotFoundError, UsageError, did_you_mean
from posectl.stages.artifacts.about import AttributeAbout, read_about
from posectl.stages.artifacts.labels import Label
from posectl.stages.run import Run, expect, parent_of
from posectl.store import Artifact


@dataclass(frozen=True)
class Scale:
    """The means and standard deviations (A,) of attributes, by which numbers count; of classes 0 and 1."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, raw: np.ndarray, attributes: list[Attribute]) -> Scale:
        """Return the scale of raw values (N, A)."""
        number = np.array([not a.value for a in attributes])
        return cls(np.where(number, raw.mean(0), 0.0), np.where(number, raw.std(0), 1.0))

    def standardised(self, raw: np.ndarray) -> np.ndarray:
        """Return values (N, A): 1 or 0 of classes, standard deviations from the mean of numbers."""
        return (raw - self.mean) / self.deviation


def attributes_of(label: Label) -> list[Attribute]:
    """Name the attributes of a label: its classes; itself if it is continuous, or its cosine and sine if it wraps."""
    if not label.continuous:
        return [Attribute(f"{label.name}={each}", label.name, str(each)) for each in np.unique(label.values) if each]
    if label.period:
        return [Attribute(f"{label.name}.{part}", label.name, part=part) for part in ("cos", "sin")]
    return [Attribute(label.name, label.name)]


def raw_values(attributes: list[Attribute], labels: Mapping[str, Label]) -> np.ndarray:
    """Return the values (N, A) float64 of attributes: whether a sample has a class, 1 or 0, or a number as it is."""
    return np.stack([_raw(one, labels[one.label]) for one in attributes], axis=1)


def _raw(one: Attribute, label: Label) -> np.ndarray:
    if one.value:
        return (label.values == one.value).astype(np.float64)
    if one.part:
        turn = label.values * (2 * np.pi / (label.period or 1.0))
        return np.cos(turn) if one.part == "cos" else np.sin(turn)
    return label.values


@dataclass(frozen=True)
class StoredAttributes:
    """The vectors of an attribute artifact: directions (A, d) float32 of attributes, with their scale."""

    artifact: Artifact
    about: AttributeAbout
    attributes: list[Attribute]
    directions: np.ndarray
    scale: Scale

    @property
    def weights(self) -> str:
        """The weights of the model whose codes they are of."""
        return str(self.artifact.config["weights"]["value"])

    def find(self, name: str | None) -> int:
        """Return the place of an attribute, by its name or by a class that no other label has; None: of the only one.

        Raises UsageError for one that there is not.
        """
        names = [each.name for each in self.attributes]
        if name is None:
            if len(names) > 1:
                raise UsageError(
                    f"{self.artifact.ref} holds {len(names)} attributes, and none was named.",
                    f"Name one with --attribute: {', '.join(names)}.",
                )
            return 0
        found = [i for i, each in enumerate(self.attributes) if name == each.name]
        found = found or [i for i, each in enumerate(self.attributes) if name == each.value]
        if len(found) != 1:
            raise UsageError(
                f"{self.artifact.ref} holds no attribute {name!r}.",
                did_you_mean(name, [each.name if "=" in name else each.value or each.name for each in self.attributes]),
            )
        return found[0]


def load_attributes(artifact: Artifact) -> StoredAttributes:
    """Read and check an attribute artifact."""
    about = read_about(expect(artifact, "attribute"), AttributeAbout)
    try:
        attributes = [Attribute(**each) for each in about.attributes]
    except TypeError as error:
        raise IntegrityError(f"{artifact.ref} does not describe its attributes.", "Fit them again.") from error
    scale = Scale(artifact.read("mean"), artifact.read("deviation"))
    return StoredAttributes(artifact, about, attributes, artifact.read("directions"), scale)


def model_of(run: Run, artifact: Artifact) -> Artifact:
    """Find the model whose codes attribute vectors are of. Raises NotFoundError if it is gone."""
    model = parent_of(run, artifact, "model")
    if model is None:
        raise NotFoundError(f"The model of {artifact.ref} is not in {run.store}.", "`posectl attribute fit` again.")
    return model
