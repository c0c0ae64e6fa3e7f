"""Artifacts as a notebook holds them: datasets, models, paths, samples, scores, sweeps and attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch

from posectl.api.arrays import Array, as_tensor, check_rank, like
from posectl.api.options import options_from
from posectl.api.tables import as_frame, as_html, number
from posectl.core.autoencoder import Autoencoder
from posectl.core.random import generator
from posectl.data.foreign import Conventions
from posectl.errors import InvalidInputError
from posectl.printable import error_text
from posectl.stages.artifacts.attribute import load_attributes
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import format_of
from posectl.stages.artifacts.model import fitting_path, load_model, model_about
from posectl.stages.comparison.scores import flat, in_millimetres
from posectl.stages.interpolate import encode_ends, paired
from posectl.stages.run import Result, Run
from posectl.store import Artifact


class Stored:
    """An artifact of a store, by its ref; `figures` are those that its stage would print."""

    def __init__(self, run: Run, artifact: Artifact, figures: Mapping[str, Any] | None = None) -> None:
        self.run, self.artifact = run, artifact
        self.figures = dict(artifact.summary if figures is None else figures)

    @classmethod
    def of(cls, run: Run, result: Result) -> Stored:
        """Wrap what a stage returned."""
        stored = wrap(run, result.artifact, result.figures)
        stored.reused = result.reused
        return stored

    reused = False

    @property
    def ref(self) -> str:
        """The ref, `name:v3`."""
        return self.artifact.ref

    @property
    def name(self) -> str:
        """The name, without the version."""
        return self.artifact.name

    @property
    def kind(self) -> str:
        """The kind of artifact: dataset, model, paths, samples, scores, sweep or attribute."""
        return self.artifact.kind

    @property
    def path(self) -> str:
        """The folder, a zarr group."""
        return str(self.artifact.path)

    @property
    def digest(self) -> str:
        """The digest of the content."""
        return self.artifact.digest

    @property
    def about(self) -> dict[str, Any]:
        """The artifact's description of itself."""
        return self.artifact.about

    @property
    def config(self) -> dict[str, Any]:
        """Every setting that it was made with."""
        return {key: entry["value"] for key, entry in self.artifact.config.items()}

    def arrays(self) -> list[str]:
        """Name the arrays that it holds."""
        return sorted(self.artifact.arrays())

    def __getitem__(self, name: str) -> Any:
        """Read an array."""
        return self.artifact.read(name)

    def facts(self) -> list[tuple[str, str]]:
        """Return (label, text) pairs worth a glance."""
        return [(key, number(value) if isinstance(value, float) else str(value)) for key, value in self.figures.items()
                if isinstance(value, int | float | str)]  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of `--json`."""
        return Result(self.artifact, self.figures, reused=self.reused).as_json()

    def __repr__(self) -> str:
        facts = ", ".join(f"{label} {text}" for label, text in self.facts()[:4])
        return f"<{type(self).__name__} {self.ref}{': ' if facts else ''}{facts}>"

    def _repr_html_(self) -> str:
        return as_html(("", ""), self.facts(), caption=self.ref)


class Dataset(Stored):
    """A dataset: samples with their split."""

    @cached_property
    def _stored(self) -> StoredDataset:
        return StoredDataset(self.artifact)

    @property
    def samples(self) -> np.ndarray:
        """All samples (N, *shape) float32."""
        return self._stored.samples

    @property
    def train(self) -> np.ndarray:
        """The samples of the train split."""
        return self._stored.train

    @property
    def test(self) -> np.ndarray:
        """The samples of the test split."""
        return self._stored.test

    @property
    def validation(self) -> np.ndarray:
        """The samples of the validation split, none where there is no such split."""
        return self._stored.validation

    def __len__(self) -> int:
        return int(self.artifact.arrays()["samples"].shape[0])

    def facts(self) -> list[tuple[str, str]]:
        """Return the rows that `prepare` prints, to check first."""
        return [(label, text) for label, text in self.figures.get("rows", [])] or super().facts()


class Model(Stored):
    """A trained autoencoder: encode, decode, interpolate and sample, in arrays of the sort that is given.

    >>> import posectl
    >>> lab = posectl.open("artifacts")
    >>> poses = lab.prepare("mannequin")
    >>> model = lab.train(poses, reg={"acai": 0.3}, latent=4)
    >>> x = poses.test[:2]
    >>> model.decode(model.encode(x)).shape
    (2, 17, 3)
    """

    @cached_property
    def autoencoder(self) -> Autoencoder:
        """The networks on the lab's device, with their last weights."""
        return load_model(self.run, self.artifact)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a sample."""
        return tuple(self.autoencoder.shape)

    @property
    def latent(self) -> int:
        """The number of elements of a code."""
        return self.autoencoder.latent

    def encode(self, x: Array, **said: Any) -> Array:
        """Encode samples (N, *shape), or one (*shape), to codes (N, d) or (d).

        Poses are in metres, moved so that the pelvis is at the origin; images in [-1, 1]. said: unit, up and joints of
        other poses, which are checked as those in files are. Raises InvalidInputError for other shapes, NaN and
        infinity.
        """
        samples, single = self._samples(x, "x", said)
        codes = self.autoencoder.encode(samples)
        return like(codes[0] if single else codes, x)

    def decode(self, z: Array) -> Array:
        """Decode codes (N, d), or one (d), to samples (N, *shape) or (*shape). Raises InvalidInputError for others."""
        check_rank(z, "z", (("d",), ("N", "d")))
        codes = as_tensor(z, "z", self.autoencoder.device).float()
        if codes.shape[-1] != self.latent:
            raise InvalidInputError(
                f"z has shape {tuple(codes.shape)}, and a code of {self.ref} has {self.latent} numbers.",
                f"Give (N, {self.latent}).",
            )
        decoded = self.autoencoder.decode(codes.reshape(-1, self.latent))
        return like(decoded[0] if codes.dim() == 1 else decoded, z)

    def interpolate(
        self, a: Array, b: Array, *, steps: int = 100, path: str | None = None, start: float = 0.0, stop: float = 1.0,
        **said: Any,
    ) -> Array:  # fmt: skip
        """Decode the path from a to b, (steps, *shape), of single samples; of (B, *shape) each, (B, steps, *shape).

        alpha goes from start to stop; 0 is a and 1 is b. path: slerp, lerp, lerp-sphere or circle; None: the prior's
        own. said: as of `encode`. The same figures as `posectl interpolate`. Raises InvalidInputError for ends that do
        not pair, coincide or, on the sphere, are antipodal; UsageError for a path that there is not, and a span that
        does not rise.
        """
        first, single = self._samples(a, "a", said)
        last, also_single = self._samples(b, "b", said)
        path = fitting_path(self.artifact, self.autoencoder, path)
        codes = encode_ends(self.autoencoder, *paired(first.cpu().numpy(), last.cpu().numpy()), path)
        decoded = self.autoencoder.decode_path(*codes, steps, path, (start, stop))
        return like(decoded[0] if single and also_single else decoded, a)

    def sample(self, count: int = 1, *, seed: int = 0) -> np.ndarray:
        """Decode `count` draws from the prior, (count, *shape): the same as `posectl sample` with this seed."""
        codes = self.autoencoder.draw(count, generator(seed, "sample")).codes
        return self.autoencoder.decode(codes.to(self.autoencoder.device)).cpu().numpy()

    def facts(self) -> list[tuple[str, str]]:
        """Return regularizers, latent size, test error and steps."""
        about = model_about(self.artifact)
        terms = [f"{each['name']} λ={each['lam']:g}" for each in about.objectives if each["name"] != "none"]
        error = self.figures.get("test_error")
        shown = number(None) if error is None else error_text(error, self.figures.get("unit", "1"))
        return [
            ("regularizers", ", ".join(terms) or "none"),
            ("d", str(about.net.get("latent", "?"))),
            ("test error", shown),
            ("steps", str(self.figures.get("steps", "?"))),
        ]

    def _samples(self, x: Any, name: str, said: dict[str, Any]) -> tuple[torch.Tensor, bool]:
        """Bring arrays to samples (N, *shape) on the device, through the door for arrays of this kind."""
        shape, kind = self.shape, self.autoencoder.kind
        check_rank(x, name, (kind.axes, ("N", *kind.axes)))
        tensor = as_tensor(x, name, self.autoencoder.device)
        arrays = {"poses": tensor.cpu().numpy()}
        given = options_from(Conventions, said, "encode")
        samples, warnings = format_of(kind).ends(
            arrays, shape, name, given, model_about(self.artifact).samples.up or None
        )
        for warning in warnings:
            self.run.warn(warning)
        single = tensor.shape[-1:] == shape[-1:] and tensor.dim() == len(shape)
        return torch.from_numpy(np.ascontiguousarray(samples)).to(self.autoencoder.device), single


class Coded(NamedTuple):
    """What `lab.encode` and `lab.decode` return: codes or samples, and the ref of the model that made them."""

    array: np.ndarray
    model: str


class Paths(Stored):
    """Decoded paths (B, T, *shape)."""

    @property
    def array(self) -> np.ndarray:
        """The paths (B, T, *shape) float32."""
        return self.artifact.read("paths")


class Samples(Stored):
    """Decoded draws from the prior (N, *shape)."""

    @property
    def array(self) -> np.ndarray:
        """The samples (N, *shape) float32."""
        return self.artifact.read("samples")


class Scores(Stored, Mapping[str, dict[str, Any]]):
    """Scores by metric: `scores["anci"]["mean"]`; composite metrics hold several, `scores["prdc"]["recall"]`."""

    @property
    def protocol(self) -> dict[str, Any]:
        """The protocol: subject, reference, sizes and settings of the evaluation."""
        return dict(self.figures["protocol"])

    def __getitem__(self, metric: str) -> Any:
        """Return the statistics of a metric; of a name with a slash, read a curve, "alpha_mse/mean"."""
        return self.artifact.read(metric) if "/" in metric else self.figures["scores"][metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures["scores"])

    def __len__(self) -> int:
        return len(self.figures["scores"])

    def to_pandas(self) -> Any:
        """Return a DataFrame, one row a metric. Raises UnavailableError without pandas."""
        columns = ("mean", "std", "variance", "median", "minimum", "maximum", "count", "undefined", "unit")
        rows = flat(self.figures["scores"])
        return as_frame([{"metric": n, **{c: s.get(c) for c in columns}} for n, s in rows.items()], ["metric"])

    def facts(self) -> list[tuple[str, str]]:
        """Return the mean of every metric."""
        return [
            (name, f"{number(s['mean'])}{'' if s['unit'] == '1' else ' ' + s['unit']}") for name, s in self._shown()
        ]

    def _repr_html_(self) -> str:
        rows = [
            [name, *(number(s.get(key)) for key in ("mean", "std", "median")), "" if s["unit"] == "1" else s["unit"]]
            for name, s in self._shown()
        ]
        return as_html(("metric", "mean", "std", "median", "unit"), rows, caption=self.ref)

    def _shown(self) -> list[tuple[str, dict[str, Any]]]:
        return [(name, in_millimetres(score)) for name, score in flat(self.figures["scores"]).items()]


class Sweep(Stored):
    """A sweep: one row a replica."""

    @property
    def replicas(self) -> list[dict[str, Any]]:
        """The row of every replica."""
        return list(self.figures["replicas"])

    def to_pandas(self) -> Any:
        """Return a DataFrame, one row a replica. Raises UnavailableError without pandas."""
        return as_frame(self.replicas, ["name"])

    def _repr_html_(self) -> str:
        rows = [
            (row["model"] or "–", ", ".join(f"{lam:g}" for lam in row["lam"]), row["latent"], row["seed"],
             number(row["test_error"])) for row in self.replicas
        ]  # fmt: skip
        return as_html(("model", "λ", "d", "seed", "test error"), rows, caption=self.ref)


class Attributes(Stored):
    """Directions of attributes in a model's codes."""

    @property
    def names(self) -> list[str]:
        """The attributes' names, in the order of their directions."""
        return [each.name for each in load_attributes(self.artifact).attributes]

    @property
    def directions(self) -> np.ndarray:
        """The directions (A, d) float32."""
        return self.artifact.read("directions")


_CLASSES: dict[str, type[Stored]] = {
    "dataset": Dataset, "model": Model, "paths": Paths, "samples": Samples, "scores": Scores, "sweep": Sweep,
    "attribute": Attributes,
}  # fmt: skip


def wrap(run: Run, artifact: Artifact, figures: Mapping[str, Any] | None = None) -> Any:
    """Return an artifact as the class of its kind."""
    return _CLASSES.get(artifact.kind, Stored)(run, artifact, figures)
