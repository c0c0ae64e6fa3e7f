"""A lab: a store, and every verb of the command line on it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from posectl.api import progress as progress_
from posectl.api.artifacts import Attributes, Coded, Dataset, Model, Paths, Samples, Scores, Stored, Sweep, wrap
from posectl.api.options import Regularizers, Weights, options_from, regularizers
from posectl.api.pages import Page
from posectl.api.pictures import Picture
from posectl.api.tables import as_html
from posectl.data.foreign import Conventions
from posectl.errors import UsageError
from posectl.stages.artifacts.formats import infer_kind
from posectl.stages.artifacts.listing import HEADER, rows_of
from posectl.stages.options import (
    ApplyOptions,
    ArithmeticOptions,
    AttributeOptions,
    Axes,
    EvaluateOptions,
    ExploreOptions,
    ExportOptions,
    FitOptions,
    InterpolateOptions,
    PlotOptions,
    RenderOptions,
    ReportOptions,
    SampleOptions,
    TrainOptions,
    non_defaults,
)
from posectl.stages.presets import OWN, check_preset, with_preset
from posectl.stages.run import Run
from posectl.store import Ref, Store

if TYPE_CHECKING:
    from posectl.stages.dry_run import DryRun, StackPlan
    from posectl.stages.encode import Split
    from posectl.stages.evaluation.several import EvaluationPlan

Subject = Any
"""The subject of a verb: an artifact, its ref, a file's path, or an array."""


def open(
    path: str | Path = "artifacts",
    *,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    force: bool = False,
    reuse: bool = False,
    quiet: bool = False,
) -> Lab:
    """Open a store, made by the first artifact that is written to it.

    seed: of every random stream; device: auto, cpu, cuda or cuda:N; threads: of the CPU; force: make artifacts again,
    though the same run's are there; reuse: take those of the same work by other code; quiet: say nothing, show no
    progress. Raises InvalidInputError where the folder holds something else.

    >>> import posectl
    >>> lab = posectl.open("artifacts")
    >>> lab.prepare("mannequin", name="people").ref
    'people:v1'
    """
    tell: Callable[[str], None] = (lambda message: None) if quiet else _say
    run = Run(
        store=path, seed=seed, device=device, threads=threads, force=force, reuse=reuse, tell=tell,
        warn=lambda message: tell(f"warning: {message}"),
    )  # fmt: skip
    return Lab(run, bars=not quiet)


class Lab:
    """A store with the verbs on it. Each finds what it made before, as the command line does, and says so.

    Every verb takes `name`, of the artifact that it makes, and `seed`, where it draws.
    """

    def __init__(self, run: Run, *, bars: bool = False) -> None:
        self.run, self._bars = run, bars
        self.store: Store = run.artifacts

    def __repr__(self) -> str:
        return f"<Lab {self.store.place}: {len(self.store.names())} names>"

    def _repr_html_(self) -> str:
        everything = self.store.artifacts()
        return as_html(HEADER, (each.cells() for each in rows_of(everything, everything)), caption=self.store.place)

    def __getitem__(self, ref: str) -> Any:
        """Return the artifact of a ref: "poses", "acai:v3", "acai:best". Raises NotFoundError."""
        return wrap(self.run, self.store.get(ref))

    def artifacts(self, kind: str | None = None) -> list[Any]:
        """Return every artifact, of one kind if given, oldest first."""
        return [wrap(self.run, artifact) for artifact in self.store.artifacts(kind)]

    def prepare(
        self,
        source: str,
        *paths: str | Path,
        name: str | None = None,
        seed: int | None = None,
        validation: float | None = None,
        **options: Any,
    ) -> Dataset:
        """Read files by a reader ("arrays", "h36m", "mocap", "lines", ...), and publish the dataset.

        validation: share of the training samples to hold out for choosing by, drawn as the test split is. options: the
        reader's own, as `posectl prepare SOURCE --help` lists them. Raises UsageError for a reader or an option that
        there is not, NotFoundError and InvalidInputError for files.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> len(lab.prepare("lines", size=16, train_count=64, test_count=8))
        72
        """
        from posectl.data.readers import READERS
        from posectl.stages.prepare import prepare

        given: Any = options_from(READERS.get(source).options, options, f"prepare {source!r}")
        values = {**{key: getattr(given, key) for key in options}, **non_defaults(given), "validation": validation}
        with self._running(name, seed) as run:
            return Stored.of(run, prepare(run, source, [Path(path) for path in paths], values))  # type: ignore[return-value]

    def train(
        self,
        dataset: Subject = None,
        *,
        reg: Regularizers | None = None,
        lam: Weights = None,
        preset: str = OWN,
        name: str | None = None,
        seed: int | None = None,
        resume: bool = False,
        log: str = "",
        **options: Any,
    ) -> Model:
        """Train an autoencoder and publish the model.

        dataset: one, or its ref; None: the newest, and in an empty store the embedded mannequin. reg: {"acai": 0.3}, or
        names with their weights in lam; none: the published ones. preset: a paper's settings for what is not given,
        posectl.stages.presets. resume: go on from the last checkpoint, or from the same with fewer
        steps. log: "csv" or "tensorboard", beside the store. options: fields of
        posectl.stages.options.TrainOptions: latent, steps, batch, lr, set, ... Raises UsageError for options that make
        no sense, DivergedError naming the step of a non-finite loss, InterruptedRunError after Ctrl-C.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> poses = lab.prepare("mannequin")
        >>> lab.train(poses, reg={"acai": 0.3}, latent=4, set="mlp.widths=16,16").latent
        4
        """
        from posectl.stages.train import train

        with self._running(name, seed) as run:
            run, values = _with_preset(run, preset, dataset, {**options, **regularizers(reg, lam)})
            given = options_from(TrainOptions, values, "train")
            return Stored.of(run, train(run, _ref(dataset, "dataset"), given, resume=resume, log=log))  # type: ignore[return-value]

    def dry_run(
        self,
        dataset: Subject = None,
        *,
        reg: Regularizers | None = None,
        lam: Weights = None,
        preset: str = OWN,
        seed: int | None = None,
        **options: Any,
    ) -> DryRun:
        """Tell what `train` would do with these arguments, and publish nothing: config, parameters, memory, seconds.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> lab.dry_run(lab.prepare("mannequin"), latent=4, set="mlp.widths=16,16").parameters
        {'encoder': 1172, 'decoder': 1219}
        """
        from posectl.stages.dry_run import dry_run

        with self._running(None, seed) as run:
            run, values = _with_preset(run, preset, dataset, {**options, **regularizers(reg, lam)})
            return dry_run(run, _ref(dataset, "dataset"), options_from(TrainOptions, values, "train"))

    def sweep(
        self,
        dataset: Subject = None,
        *,
        reg: Regularizers | None = None,
        lam: Sequence[float] | Sequence[Sequence[float]] = (),
        latent: int | Sequence[int] | None = None,
        preset: str = OWN,
        seeds: int = 1,
        zip: bool = False,
        engine: str = "inline",
        jobs: int = 1,
        scheduler: str = "",
        devices: Sequence[str] = (),
        log: str = "",
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> Sweep:
        """Train a model at every point of lists of weights and latent sizes, with several seeds, in stacks.

        lam: a list, or one for each regularizer; zip: pair the lists instead of multiplying them; engine, jobs:
        "process" trains in so many processes, "dask" on the workers of the scheduler at an address, else in so many of
        its own; devices: the device of each process; log: of each model, as of `train`. Raises as `train`.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> poses = lab.prepare("mannequin")
        >>> len(lab.sweep(poses, reg="acai", lam=[0, 0.1], latent=4, steps=20_000).replicas)
        2
        """
        from posectl.stages.engines.engine import Engine
        from posectl.stages.sweep import sweep

        with self._running(name, seed) as run:
            run, given, axes = _axes(run, dataset, reg, lam, latent, preset, seeds, zip, options)
            how = Engine(engine, jobs, log, scheduler, tuple(devices))
            result = sweep(run, _ref(dataset, "dataset"), given, axes, engine=how)
            return Stored.of(run, result)  # type: ignore[return-value]

    def sweep_shard(
        self,
        shard: str,
        dataset: Subject = None,
        *,
        reg: Regularizers | None = None,
        lam: Sequence[float] | Sequence[Sequence[float]] = (),
        latent: int | Sequence[int] | None = None,
        preset: str = OWN,
        seeds: int = 1,
        zip: bool = False,
        engine: str = "inline",
        jobs: int = 1,
        scheduler: str = "",
        devices: Sequence[str] = (),
        log: str = "",
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> Sweep | None:
        """Train one of several parts of a sweep, "2/4", as one of several jobs that share the store.

        The other arguments are those of `sweep`. Returns the sweep where this was the last part to end, else None.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> poses = lab.prepare("mannequin")
        >>> [lab.sweep_shard(part, poses, reg="acai", latent=[4, 8], steps=100) is None for part in ("1/2", "2/2")]
        [True, False]
        """
        from posectl.stages.engines.engine import Engine
        from posectl.stages.engines.shards import parse
        from posectl.stages.sweep import sweep_shard

        with self._running(name, seed) as run:
            run, given, axes = _axes(run, dataset, reg, lam, latent, preset, seeds, zip, options)
            how = Engine(engine, jobs, log, scheduler, tuple(devices))
            result = sweep_shard(run, _ref(dataset, "dataset"), given, axes, parse(shard), engine=how)
            return Stored.of(run, result) if result else None  # type: ignore[return-value]

    def dry_sweep(
        self,
        dataset: Subject = None,
        *,
        reg: Regularizers | None = None,
        lam: Sequence[float] | Sequence[Sequence[float]] = (),
        latent: int | Sequence[int] | None = None,
        preset: str = OWN,
        seeds: int = 1,
        zip: bool = False,
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> list[StackPlan]:
        """Tell what `sweep` would do with these arguments, and publish nothing: models, memory and seconds by stack.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> plans = lab.dry_sweep(lab.prepare("mannequin"), reg="acai", lam=[0, 0.1], latent=[4, 8])
        >>> [len(plan.models) for plan in plans]
        [2, 2]
        """
        from posectl.stages.dry_run import dry_sweep

        with self._running(name, seed) as run:
            run, given, axes = _axes(run, dataset, reg, lam, latent, preset, seeds, zip, options)
            return dry_sweep(run, _ref(dataset, "dataset"), given, axes)

    def interpolate(
        self,
        *ends: Subject,
        codes: str | Path | None = None,
        model: Subject = None,
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> Paths:
        """Decode the path between two samples, "poses#12" or .npy files, and publish it. For arrays: model.interpolate.

        ends: two, or with grid=N four, the corners of a block. codes: a .npy of codes in their place, (2, d) or
        (B, 2, d). options: steps, path, weights, grid, start, stop; of files unit, up, joints. Raises UsageError,
        NotFoundError, and InvalidInputError for ends that coincide or are antipodal.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> lab.interpolate("mannequin#0", "mannequin#9", model=model, steps=7).array.shape
        (1, 7, 17, 3)
        """
        from posectl.stages.interpolate import interpolate, interpolate_codes

        given = options_from(InterpolateOptions, options, "interpolate")
        if codes is not None and ends:
            raise UsageError(
                "A path goes between samples or between codes, not both.", "Leave out A and B, or --codes."
            )
        with self._running(name, seed) as run:
            if codes is not None:
                made = interpolate_codes(run, str(codes), _ref(model, "model"), given)
                return Stored.of(run, made)  # type: ignore[return-value]
            if len(ends) < 2:
                raise UsageError(
                    f"A path goes between two endpoints, and {len(ends)} were named.",
                    "Name two, four with --grid 8 for the block between them, or --codes FILE.",
                )
            a, b, *below = map(str, ends)
            result = interpolate(run, a, b, _ref(model, "model"), given, below=below)
            return Stored.of(run, result)  # type: ignore[return-value]

    def sample(
        self, model: Subject = None, count: int = 1000, *, name: str | None = None, seed: int | None = None,
        **options: Any,
    ) -> Samples:  # fmt: skip
        """Decode draws from a model's prior, and publish them.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> lab.sample(model, 3).array.shape
        (3, 17, 3)
        """
        from posectl.stages.sample import sample

        given = options_from(SampleOptions, {"count": count, **options}, "sample")
        with self._running(name, seed) as run:
            return Stored.of(run, sample(run, _ref(model, "model"), given))  # type: ignore[return-value]

    def fit(
        self, poses: Subject = None, model: Subject = None, *, targets: Subject = None, name: str | None = None,
        seed: int | None = None, **options: Any,
    ) -> Samples | Paths:  # fmt: skip
        """Fit poses to what is known of them, NaN being what is not, and publish them: of clips, paths.

        poses: a file, poses of a dataset, "poses#12", or an array; targets: the same, where some joints are to be.
        options: hidden ("left arm"), noise (metres), camera, hypotheses, smooth, experts ("all", or "model"), split,
        weights; of files unit, up, joints, shape. Raises UsageError where nothing is left to fit, InvalidInputError
        where nothing is known.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> lab.fit("mannequin#0", model, hidden="left arm").array.shape
        (1, 17, 3)
        """
        from posectl.stages.fit import fit

        given = options_from(FitOptions, options, "fit")
        if (poses is None) == (targets is None):
            raise UsageError(
                "Poses are fitted, or targets, one of the two.", "Name POSES, or `posectl fit --targets FILE`."
            )
        source = targets if poses is None else poses
        with self._running(name, seed) as run:
            result = fit(
                run, source if isinstance(source, np.ndarray) else str(_ref(source)), _ref(model, "model"), given
            )
            return Stored.of(run, result)  # type: ignore[return-value]

    def fit_attribute(
        self, model: Subject = None, labels: str | Sequence[str] = (), *, name: str | None = None, **options: Any
    ) -> Attributes:
        """Fit directions of labels in a model's codes, by least squares over all of them, and publish them.

        labels: action, style, subject, label, factors; of poses "speed" and "height:RWrist", too. options: by
        ("least-squares" or "means"), weights. Raises UsageError for a label that there is not, InvalidInputError for
        one that is unknown or the same everywhere.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> lab.fit_attribute(model, ["speed", "phase"]).directions.shape
        (2, 4)
        """
        from posectl.stages.fit_attribute import fit_attribute

        given = options_from(AttributeOptions, {"labels": labels, **options}, "fit_attribute")
        with self._running(name, None) as run:
            return Stored.of(run, fit_attribute(run, _ref(model, "model"), given))  # type: ignore[return-value]

    def apply_attribute(
        self, attributes: Subject, *subjects: Subject, name: str | None = None, **options: Any
    ) -> Samples | Paths:
        """Move samples, "poses#12" or .npy files, along a direction, and publish them: one amount gives samples, the
        first and last of a path give paths.

        options: attribute ("action=walk" or "walk"), amount (3, or (-3, 3)), steps; of files unit, up, joints. Raises
        UsageError for an attribute that there is not.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> faster = lab.fit_attribute(model, "speed")
        >>> lab.apply_attribute(faster, "mannequin#0", amount=(0, 3), steps=7).array.shape
        (1, 7, 17, 3)
        """
        from posectl.stages.apply_attribute import apply_attribute

        given = options_from(ApplyOptions, options, "apply_attribute")
        with self._running(name, None) as run:
            result = apply_attribute(run, str(_ref(attributes, "attribute")), [str(each) for each in subjects], given)
            return Stored.of(run, result)  # type: ignore[return-value]

    def arithmetic(
        self, expression: str, *, model: Subject = None, name: str | None = None, **options: Any
    ) -> Samples:  # fmt: skip
        """Add and subtract samples by their codes, decode the sum, and publish it.

        options: weights; of files unit, up, joints. Raises UsageError for what does not parse, InvalidInputError for
        samples of several datasets.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> lab.arithmetic("mannequin#3 - mannequin#9 + mannequin#12", model=model).array.shape
        (1, 17, 3)
        """
        from posectl.stages.arithmetic import arithmetic

        given = options_from(ArithmeticOptions, options, "arithmetic")
        with self._running(name, None) as run:
            return Stored.of(run, arithmetic(run, expression, _ref(model, "model"), given))  # type: ignore[return-value]

    def encode(
        self, samples: Subject, *, model: Subject = None, weights: str = "last", split: Split = "all", **said: Any
    ) -> Coded:
        """Encode a file, a dataset or one of its splits, or a sample "poses#12", to codes (N, d). For arrays:
        model.encode.

        said: unit, up and joints of poses in a file.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> lab.encode("mannequin#0", model=model).array.shape
        (1, 4)
        """
        from posectl.stages.encode import encode

        with self._running(None, None) as run:
            given = options_from(Conventions, said, "encode")
            made, codes = encode(
                run, str(_ref(samples)), _ref(model, "model"), weights=weights, split=split, said=given
            )
            return Coded(codes, made.ref)

    def decode(self, codes: str | Path, *, model: Subject = None, weights: str = "last") -> Coded:
        """Decode the codes (N, d) of a file to samples (N, *shape). For arrays: model.decode.

        >>> import numpy as np
        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> np.save("codes.npy", np.eye(4)[:2])
        >>> lab.decode("codes.npy", model=model).array.shape
        (2, 17, 3)
        """
        from posectl.stages.decode import decode

        with self._running(None, None) as run:
            made, samples = decode(run, str(codes), _ref(model, "model"), weights=weights)
            return Coded(samples, made.ref)

    def evaluate(
        self,
        subject: Subject = None,
        against: Subject = None,
        *,
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> Scores:
        """Score a model, paths, samples, a baseline ("baseline:crossfade"), a file or an array, and publish the scores.

        subject None: the newest model. against: the reference, a dataset or a file. options: fields of
        posectl.stages.options.EvaluateOptions: metrics, endpoints, compat, weights, ... Raises UsageError for a metric
        that there is not, InvalidInputError for one whose inputs the subject lacks.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> scores = lab.evaluate(model, metrics=["anci"], endpoints=4, steps=5)
        >>> scores["anci"]["unit"]
        '1'
        """
        from posectl.stages.evaluate import evaluate

        given = options_from(EvaluateOptions, options, "evaluate")
        with self._running(name, seed) as run:
            return Stored.of(run, evaluate(run, _subject(subject), _ref(against), given))  # type: ignore[return-value]

    def evaluate_all(
        self,
        subjects: Sequence[tuple[str | None, str]],
        against: Subject = None,
        *,
        engine: str = "inline",
        jobs: int = 1,
        scheduler: str = "",
        devices: Sequence[str] = (),
        shard: str = "1/1",
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> list[Scores]:
        """Score what `spread` returns, or one of several parts of it, "2/4", as tasks; return their scores.

        engine, jobs, scheduler, devices: as of `sweep`, but that with the engine inline so many processes search a
        reference beyond memory; options: as of `evaluate`. Raises as both do.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> made = lab.sweep(lab.prepare("mannequin"), reg="acai", lam=[0, 0.1], latent=4)
        >>> len(lab.evaluate_all(lab.spread([made]), metrics=["anci"], endpoints=4, steps=5, engine="process"))
        2
        """
        from posectl.stages.engines.engine import Engine
        from posectl.stages.engines.shards import parse
        from posectl.stages.evaluation.several import evaluate_all

        searching, scoring = (jobs, 1) if engine == "inline" else (1, jobs)
        given = options_from(EvaluateOptions, {**options, "jobs": searching}, "evaluate")
        how = Engine(engine, scoring, scheduler=scheduler, devices=tuple(devices))
        with self._running(name, seed) as run:
            made = evaluate_all(run, subjects, _ref(against), given, engine=how, shard=parse(shard))
            return [Stored.of(run, each) for each in made]  # type: ignore[misc]

    def is_one_pass(self, subjects: Sequence[tuple[str | None, str]], against: Subject = None) -> bool:
        """Tell whether `evaluate_all` passes once over a reference beyond memory for several of what `spread` returns.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> made = lab.sweep(lab.prepare("mannequin"), reg="acai", lam=[0, 0.1], latent=4)
        >>> lab.is_one_pass(lab.spread([made])), lab.is_one_pass(lab.spread([made]), "generated:100M")
        (False, True)
        """
        from posectl.stages.evaluation.together import are_together

        named = [(subject, weights) for subject, weights in subjects if subject is not None]
        return len(named) == len(subjects) and not self.run.force and are_together(self.run, named, _ref(against))

    def plan_evaluations(
        self,
        subjects: Sequence[tuple[str | None, str]],
        against: Subject = None,
        *,
        name: str | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> list[EvaluationPlan]:
        """Tell what `evaluate_all` would do with these arguments, a plan a task, and publish nothing.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> made = lab.sweep(lab.prepare("mannequin"), reg="acai", lam=[0, 0.1], latent=4)
        >>> [plan.shard for plan in lab.plan_evaluations(lab.spread([made]))]
        ['1/2', '2/2']
        """
        from posectl.stages.evaluation.several import plan_evaluations

        given = options_from(EvaluateOptions, options, "evaluate")
        with self._running(name, seed) as run:
            return plan_evaluations(run, subjects, _ref(against), given)

    def spread(self, subjects: Sequence[Subject] = (), weights: str = "last") -> list[tuple[str | None, str]]:
        """Return (subject, weights) pairs to evaluate: a sweep's models for itself, all snapshots' for weights "all".

        Without subjects it is the newest model. Raises NotFoundError where a sweep has lost a model.
        """
        from posectl.stages.artifacts.members import expand_sweeps, snapshots

        named: list[str | None] = [*expand_sweeps(self.run, [str(_ref(each)) for each in subjects])] or [None]
        return [(s, w) for s in named for w in (snapshots(self.run, s) if weights == "all" else [weights])]

    def compare(self, subjects: Sequence[Subject] = (), **options: Any) -> Any:
        """Lay scores side by side: scores, or models and sweeps by their newest; all if none is named.

        options: published ("d8", "d16", "lines", "mnist"), metrics, task, seeds, ratio. Returns a comparison:
        `to_markdown()`, `to_csv()`, `to_latex()`, `to_json()`, `to_pandas()`. Raises UsageError, NotFoundError,
        InvalidInputError.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4)
        >>> _ = lab.evaluate(model, metrics="anci", endpoints=4, steps=5)
        >>> print(lab.compare([model]).to_markdown().splitlines()[0])
        | mean ± std over paths or samples | plain, d=4 |
        """
        from posectl.api.comparison import Compared
        from posectl.stages.compare import compare

        with self._running(None, None) as run:
            return Compared(compare(run, [str(_ref(each)) for each in _several(subjects)], **options))

    def choose(self, subjects: Sequence[Subject], metric: str) -> Any:
        """Return the model that is best in a metric by its scores on validation samples (evaluate with split
        "validation"). Raises UsageError where test samples were scored, which nothing is chosen by.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> models = [lab.train(lab.prepare("mannequin", validation=0.1), latent=latent) for latent in (2, 4)]
        >>> scores = [lab.evaluate(each, split="validation", metrics="reconstruction_mpjpe") for each in models]
        >>> lab.choose(scores, "reconstruction_mpjpe").kind
        'model'
        """
        from posectl.stages.compare import choose

        with self._running(None, None) as run:
            return wrap(run, choose(run, [str(_ref(each)) for each in _several(subjects)], metric))

    def plot(self, subjects: Subject, out: str | Path | None = None, **options: Any) -> Any:
        """Draw one figure of scores, models, sweeps or paths, and return it as a matplotlib Figure.

        out: a .png, .pdf or .svg to write, too. options: kind, metrics, by, dimensions,
        projection; of files joints. Raises UsageError, NotFoundError, InvalidInputError.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> type(lab.plot(lab.train(lab.prepare("mannequin"), latent=4))).__name__
        'Figure'
        """
        from posectl.stages.plot import plot

        given = options_from(PlotOptions, options, "plot")
        with self._running(None, None) as run:
            named = [str(_ref(each)) for each in _several(subjects)]
            made = plot(run, named, Path(out) if out else None, given)
            made["figure"].set_label(made["kind"])
            return made["figure"]

    def explore(self, models: Subject = (), out: str | Path | None = None, **options: Any) -> Page:
        """Make a page in which the latent space of models of one dataset is played; of the newest, if none is named.

        out: a .html to write, too. options: points, real, attributes, weights. `page.serve()` opens it in a browser; a
        notebook shows it, and with the extra `notebook` `page.pair` is what it shows. Raises UsageError, NotFoundError,
        ConflictError.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4, set="mlp.widths=16,16")
        >>> lab.explore(model).text.startswith("<!doctype html>")
        True
        """
        from posectl.stages.explore import explore

        given = options_from(ExploreOptions, options, "explore")
        with self._running(None, None) as run:
            named = [str(_ref(each, "model")) for each in _several(models)]
            made = explore(run, named, Path(out) if out else None, given)
            return Page(made["html"], made["data"], Path(out) if out else None, tuple(made["models"]))

    def report(self, subjects: Subject = (), out: str | Path | None = None, **options: Any) -> Page:
        """Make one page on models and sweeps of one dataset, or on the newest model: what was trained, scores, figures,
        paths that play, draws, and the script that makes it again.

        out: a .html to write, too. options: published, most, draws, real, weights. Raises UsageError, NotFoundError,
        ConflictError.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4, set="mlp.widths=16,16")
        >>> lab.report(model).models == (model.ref,)
        True
        """
        from posectl.stages.report import report

        given = options_from(ReportOptions, options, "report")
        with self._running(None, None) as run:
            made = report(run, [str(_ref(each)) for each in _several(subjects)], Path(out) if out else None, given)
            return Page(made["html"], "", Path(out) if out else None, tuple(made["models"]))

    def render(self, subjects: Subject, out: str | Path | None = None, **options: Any) -> Picture:
        """Draw samples: an animation that shows itself in a notebook, or a file.

        subjects: paths, samples or datasets, refs, files, or arrays: (B, T, *shape) or one path (T, *shape). out: a
        .gif, .mp4, .png, .svg or .pdf; None: a GIF in memory. options: fps (None: clips in real time), size, columns,
        most, labels, turntable, crossfade; of files unit, up, joints, shape. Raises UsageError, NotFoundError,
        InvalidInputError.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> poses = lab.prepare("mannequin")
        >>> lab.render(poses.test[:9], size=80).frames
        9
        """
        from posectl.stages.render import render

        given = options_from(RenderOptions, options, "render")
        named = [_moving(_subject(each)) for each in _several(subjects)]
        with self._running(None, None) as run:
            if out is not None:
                return Picture(render(run, named, Path(out), given))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "picture.gif")
                return Picture({**render(run, named, path, given), "path": None}, path.read_bytes())

    def export(self, subject: Subject, out: str | Path, to: str | None = None, **options: Any) -> dict[str, Any]:
        """Write a model, or poses in motion, in a format of other programs: all of it or nothing.

        subject: a model; or paths, samples, a dataset or its clip "poses#clip3", a file, an array (T, 17, 3). to:
        safetensors, ..., bvh, ...; None: by how `out` ends. options: weights; fps, and of files unit, up, joints.
        Returns path, target and bytes; of a skeleton in motion frames, fps, seconds and residual_mm, too, of each joint
        the mean and the largest distance from it. Raises UsageError, ConflictError, InvalidInputError, and
        UnavailableError for an extra that is missing.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4, set="mlp.widths=16,16")
        >>> lab.export(model, "model.safetensors")["to"]
        'safetensors'
        """
        from posectl.stages.export import export

        given = options_from(ExportOptions, options, "export")
        with self._running(None, None) as run:
            return export(run, _subject(subject), Path(out), to, given)

    def import_(self, file: str | Path, *, prior: str | None = None, name: str | None = None) -> Model:
        """Publish the model whose weights a file holds: one that `export` wrote, pythae's model.pt, the pose report's
        or 3d-AAE's. Nothing in it is run.

        prior: of its codes, in place of what the file says. Raises NotFoundError, InvalidInputError, UsageError, and
        UnavailableError without the extra `safetensors`.

        >>> import posectl
        >>> lab = posectl.open("artifacts")
        >>> model = lab.train(lab.prepare("mannequin"), latent=4, set="mlp.widths=16,16")
        >>> _ = lab.export(model, "mine.safetensors")
        >>> lab.import_("mine.safetensors", name="again").latent
        4
        """
        from posectl.stages.import_ import import_

        with self._running(name, None) as run:
            return Stored.of(run, import_(run, Path(file), prior=prior))  # type: ignore[return-value]

    def show_joints(self, *paths: str | Path) -> str:
        """Return the joints of the first motion file among `paths` as a joint map in YAML, to edit for `map`."""
        from posectl.stages.show_joints import show_joints

        return show_joints([Path(path) for path in paths])

    def demo(self, folder: str | Path = "posectl-demo", *, steps: int = 6000) -> Any:
        """Go the whole way on the embedded mannequin, and leave pictures and a table in a folder."""
        from posectl.stages.demo import demo

        with self._running(None, None) as run:
            return demo(run, Path(folder), steps=steps)

    def doctor(self) -> list[Any]:
        """Check versions, extras, devices, the store, and two computations against known answers."""
        from posectl.stages.doctor import doctor

        return doctor(self.run)

    def bench(self) -> list[Any]:
        """Measure matrix products, search, training and drawing, in half a minute."""
        from posectl.stages.bench import bench

        return list(bench(self.run))

    @contextmanager
    def _running(self, name: str | None, seed: int | None) -> Iterator[Run]:
        run = replace(self.run, name=name or self.run.name, seed=self.run.seed if seed is None else seed)
        if not (self._bars and progress_.wanted()):
            yield run
            return
        with progress_.Bars() as bar:
            yield replace(run, progress=bar)


def _axes(
    run: Run, dataset: Subject, reg: Regularizers | None, lam: Any, latent: Any, preset: str, seeds: int, zip: bool,
    options: Mapping[str, Any],
) -> tuple[Run, TrainOptions, Axes]:  # fmt: skip
    """Return the run, the options of the trainings of a sweep, and its axes."""
    lists = [lam] if lam and not isinstance(lam[0], Sequence) else lam
    named: dict[str, Any] = {**({"lam": lists} if lists else {}), **({} if latent is None else {"latent": latent})}
    run, values = _with_preset(run, preset, dataset, {**options, **regularizers(reg, None), **named})
    own: dict[str, Any] = {key: values.pop(key) for key in ("lam", "latent") if key in values}
    given = options_from(TrainOptions, values, "sweep")
    return run, given, options_from(Axes, {**own, "seeds": seeds, "zip": zip}, "sweep")


def _with_preset(run: Run, preset: str, dataset: Subject, given: dict[str, Any]) -> tuple[Run, dict[str, Any]]:
    """Return the options of a training with a preset's, and the run, which knows where each came from."""
    check_preset(preset)
    if preset == OWN:
        return run, given
    from posectl.stages.training.dataset import training_set

    options = with_preset(preset, training_set(run, _ref(dataset, "dataset")).kind.name, given)
    filled = {key: f"preset {preset}" for key in options if key not in given or key == "set"}
    return replace(run, sources={**run.sources, **filled}), options


def _ref(subject: Subject, kind: str | None = None) -> str | None:
    """Return the ref of an artifact, of an object that has one, or a ref or path as it is."""
    if subject is None:
        return None
    if isinstance(subject, Stored):
        return subject.ref
    if isinstance(subject, str | Path | Ref):
        return str(subject)
    wanted = f"a {kind}" if kind else "an artifact"
    raise UsageError(
        f"{type(subject).__name__} is not {wanted}.",
        'Give what a verb of the lab returned, or a ref such as "acai:v3".',
    )


def _subject(subject: Subject) -> Any:
    if isinstance(subject, torch.Tensor):
        return subject.detach().cpu().numpy()
    return subject if isinstance(subject, np.ndarray) else _ref(subject)


def _moving(subject: Any) -> Any:
    """Return an array of one path (T, *shape) as one of several; anything else as it is."""
    if not isinstance(subject, np.ndarray):
        return subject
    return subject[None] if subject.ndim == 1 + len(infer_kind(subject, "array").axes) else subject


def _several(subjects: Subject) -> list[Subject]:
    return list(subjects) if isinstance(subjects, list | tuple) else [subjects]


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
