"""The `about` of every kind of artifact: dataclasses, checked when they are read.

On disk an `about` is a JSON object of the fields that are set; what other keys it holds is kept in `more`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, get_origin

from posectl.errors import IntegrityError
from posectl.fields import MisfitError, conform, hints
from posectl.store import Artifact

A = TypeVar("A", bound="About")

Description = dict[str, Any]
"""A net, an objective or an attribute: its name, under "name", and its other fields."""


@dataclass(frozen=True)
class About:
    """The fields of every `about`. more: keys that this release does not know."""

    more: dict[str, Any] = field(default_factory=dict, kw_only=True)

    def as_json(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, as JSON has them."""
        known = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "more"}
        blank = {f.name: _default(f) for f in dataclasses.fields(self)}
        given = {key: value for key, value in known.items() if value != blank[key]}
        plain = {key: value.as_json() if isinstance(value, About) else value for key, value in given.items()}
        return {**self.more, **{_KEYS.get(key, key): value for key, value in plain.items()}}


@dataclass(frozen=True)
class Samples(About):
    """The description of samples in datasets and in their models, paths and samples.

    kind: see posectl.core.kinds; unit, skeleton, up ("+x" to "-z"), coordinates ("world" or "camera"): of poses;
    factors: names of the continuous factors known of every sample; periods: where a factor wraps; classes: the number
    of labels; scene: settings of the synthetic scene that draws the images (see posectl.data.synthetic).
    """

    kind: str = ""
    unit: str = ""
    skeleton: str = ""
    up: str = ""
    coordinates: str = ""
    factors: tuple[str, ...] = ()
    periods: dict[str, float] = field(default_factory=dict)
    classes: int = 0
    scene: dict[str, Any] = field(default_factory=dict)

    SHARED: ClassVar[tuple[str, ...]] = (
        "kind", "unit", "skeleton", "up", "coordinates", "factors", "periods", "classes", "scene",
    )  # fmt: skip

    def shared(self) -> Samples:
        """Return the part that models and their artifacts inherit."""
        return Samples(**{key: getattr(self, key) for key in self.SHARED})


@dataclass(frozen=True)
class DatasetAbout(Samples):
    """The description of a dataset. source: the reader and its input; citation: its references; split: the origin of
    the split; validation: that of the validation split, "" where there is none; class_names: of the labels, in their
    order."""

    source: str = ""
    citation: str = ""
    split: str = ""
    validation: str = ""
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelAbout(About):
    """The description of a model: net, prior and objectives, which rebuild it; samples: those of its dataset;
    snapshots: the steps at which its weights were kept; best_by: the split whose errors chose its best weights, ""
    where the last are; stack: the number of replicas in its stack."""

    net: Description = field(default_factory=dict)
    prior: str = ""
    objectives: tuple[Description, ...] = ()
    samples: Samples = Samples()
    snapshots: tuple[int, ...] = ()
    best_by: str = ""
    stack: int = 0


@dataclass(frozen=True)
class DecodedAbout(About):
    """The description of paths and samples. samples: their kind; grid: samples on a side of a block, 0 where it is
    none; span: first and last alpha of paths; inputs: the origin of the ends."""

    samples: Samples = Samples()
    grid: int = 0
    span: tuple[float, ...] = (0.0, 1.0)
    inputs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class AttributeAbout(About):
    """The description of attribute vectors. samples: their kind; by: "least-squares" or "means"; attributes: the fields
    of posectl.core.latent.attributes.Attribute of each, in the order of the vectors."""

    samples: Samples = Samples()
    by: str = ""
    attributes: tuple[Description, ...] = ()


@dataclass(frozen=True)
class ScoresAbout(About):
    """The description of scores. label: the subject; kind: of its samples; inputs: scored files and reference files."""

    label: str = ""
    kind: str = ""
    inputs: tuple[Any, ...] = ()


@dataclass(frozen=True)
class SweepAbout(About):
    """The description of a sweep. regularizers: their names, in the order of the lambdas."""

    regularizers: tuple[str, ...] = ()


# Fields whose keys on disk are older than their names.
_KEYS = {"scene": "world"}


def read_about(artifact: Artifact, cls: type[A]) -> A:
    """Read and check the `about` of an artifact. Raises IntegrityError for a value of another type."""
    return parse_about(artifact.about, cls, artifact.ref)


def parse_about(values: Mapping[str, Any], cls: type[A], where: str) -> A:
    """Check a mapping against a dataclass; where: what messages call it. Raises IntegrityError."""
    given: dict[str, Any] = {}
    left = dict(values)
    for name, hint in hints(cls).items():
        key = _KEYS.get(name, name)
        if name == "more" or key not in left:
            continue
        value = left.pop(key)
        if isinstance(hint, type) and issubclass(hint, About) and isinstance(value, Mapping):
            given[name] = parse_about(value, hint, f"{where}, {key}")
        elif value is not None:
            given[name] = _checked(value, hint, f"{where}: {key}")
    return cls(**given, more=left)


def _checked(value: Any, hint: Any, where: str) -> Any:
    try:
        if get_origin(hint) is tuple and not isinstance(value, list | tuple):
            raise MisfitError("a list")
        return conform(value, hint)
    except MisfitError as error:
        raise IntegrityError(f"{where} is {value!r}, and should be {error}.", "Restore it from a copy.") from None


def _default(f: dataclasses.Field[Any]) -> Any:
    return f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
