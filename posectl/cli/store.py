"""posectl store: look after artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import Group, HelpOption, option
from posectl.cli.root import app
from posectl.errors import IntegrityError, InterruptedRunError
from posectl.printable import one_line

if TYPE_CHECKING:
    from posectl.store import Artifact, Store
    from posectl.store.transfer import Transfer

store = typer.Typer(name="store", cls=Group, no_args_is_help=True, rich_markup_mode=None, add_help_option=False)
app.add_typer(store)


@store.callback()
def store_(help_: HelpOption = False) -> None:
    """Look after artifacts: list, show, compare, check, name, remove, export and import them, and bring them elsewhere.

    \b
    Examples:
      posectl store ls --kind model
      posectl store verify --level 3
      posectl store alias acai:v3 best
      posectl store export acai -o acai.zip --with-parents
      posectl store push acai s3://bucket/prefix
    """


RefArgument = Annotated[
    str,
    typer.Argument(
        metavar="REF",
        help="An artifact: name (its latest version), name:v3, name:alias, or sha256:...",
        autocompletion=complete.refs,
    ),
]
OptionalRef = Annotated[
    str | None,
    typer.Argument(metavar="REF", help="An artifact.", show_default="all", autocompletion=complete.refs),
]
DryRun = Annotated[bool, option("Options", "Say what would happen, and change nothing.", "--dry-run", "-n")]
KINDS = Literal["dataset", "model", "paths", "samples", "scores", "sweep", "attribute"]


def _opened(session: Session) -> Store:
    from posectl.store import Store

    return Store(session.store)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _list(session: Session, opened: Store, chosen: list[Artifact], everything: list[Artifact]) -> None:
    from posectl.cli.tables import aligned, fitting
    from posectl.stages.artifacts.listing import HEADER, rows_of

    aliases = {name: opened.aliases(name) for name in {a.name for a in chosen}}
    rows, values = [], []
    for each in rows_of(chosen, everything):
        a = each.artifact
        marks = [alias for alias, version in aliases[a.name].items() if version == f"v{a.version}"]
        rows.append([*each.cells(), _size(a.size), " ".join(marks)])
        values.append({"ref": a.ref, "kind": a.kind, "dataset": each.dataset, "regularizers": each.regularizers,
                       "latent": each.latent, "error": each.error, "unit": each.unit, "created": a.created,
                       "size": a.size, "aliases": marks, "digest": a.digest})  # fmt: skip
    header = [*HEADER, "size", "aliases"]
    columns = fitting(header, rows, session.out.width, ("size", "regularizers", "d", "data set", "age", "aliases"))
    rows = [[one_line(cell) for cell in row] for row in rows]
    lines = aligned(header, rows, columns, left=("kind", "data set", "regularizers", "aliases"))
    session.out.data([lines[0], *lines[2:]] if rows else "no artifacts", values)


@command(store, computes=False)
def ls(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Name of the artifacts.", show_default="all", autocompletion=complete.refs),
    ] = None,
    kind: Annotated[KINDS | None, option("Options", "Kind of the artifacts.", show_default="all")] = None,
) -> None:
    """List artifacts, oldest first, with their dataset, regularizers, latent size and test error."""
    opened = _opened(session)
    everything = opened.artifacts()
    # An unknown name is an error that lists what there is.
    called = None if name is None else opened.locate(name, *([kind] if kind else [])).path.parent.name
    chosen = [a for a in everything if kind in (None, a.kind) and called in (None, a.name)]
    _list(session, opened, chosen, everything)


@command(store, computes=False)
def show(session: Session, ref: RefArgument) -> None:
    """Show what an artifact is, what it was made from and how, and its arrays."""
    artifact = _opened(session).get(ref)
    lines = [
        f"{artifact.ref}  {artifact.kind}  {_size(artifact.size)}  {artifact.created}",
        f"path    {artifact.path}",
        f"digest  sha256:{artifact.digest}",
        *(f"from    {parent.ref} ({parent.role})" for parent in artifact.parents),
        *_section("config", {key: f"{e['value']}  [{e['source']}]" for key, e in artifact.config.items()}),
        *_section("about", artifact.about),
        *_section("summary", artifact.summary),
        *_section("arrays", {n: f"{i.dtype} {tuple(i.shape)}" for n, i in artifact.arrays().items()}),
    ]
    session.out.data(lines, {"ref": artifact.ref, "path": str(artifact.path), **artifact.manifest})


def _section(title: str, entries: dict[str, Any]) -> list[str]:
    lines = [f"  {key}: {_short(value)}" for key, value in entries.items()]
    return [title, *lines] if lines else []


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 160 else text[:157] + "..."


@command(store, computes=False)
def log(session: Session, ref: RefArgument) -> None:
    """Show what an artifact came from and what came from it."""
    lineage = _opened(session).log(ref)
    up = [f"{'  ' * r.depth}<- {r.ref} ({r.role}{'' if r.artifact else ', gone'})" for r in lineage.ancestors]
    down = [f"{'  ' * r.depth}-> {r.ref} ({r.role})" for r in lineage.descendants]
    session.out.data(
        [lineage.artifact.ref, *up, *down],
        {
            "ref": lineage.artifact.ref,
            "ancestors": [{"ref": r.ref, "role": r.role, "depth": r.depth} for r in lineage.ancestors],
            "descendants": [{"ref": r.ref, "role": r.role, "depth": r.depth} for r in lineage.descendants],
        },
    )


@command(store, computes=False)
def diff(session: Session, a: RefArgument, b: RefArgument) -> None:
    """Show how two artifacts differ: settings, figures and every array."""
    difference = _opened(session).diff(a, b)
    arrays = {name: "only in one" if d.max_abs is None else f"differs by up to {d.max_abs:.3g}"
              for name, d in difference.arrays.items()}  # fmt: skip
    parts = {"config": difference.config, "summary": difference.summary, "about": difference.about}
    lines = [line for title, part in parts.items()
             for line in _section(title, {key: f"{old} -> {new}" for key, (old, new) in part.items()})]  # fmt: skip
    text = [*lines, *_section("arrays", arrays)] or "no difference"
    session.out.data(text, {**parts, "arrays": arrays})


@command(store, computes=False)
def verify(
    session: Session,
    ref: OptionalRef = None,
    level: Annotated[
        int,
        option(
            "Options",
            "How much to check: 1 sizes, 2 every byte, 3 that all values decode, 4 parents, too.",
            metavar="1|2|3|4",
            min=1,
            max=4,
        ),
    ] = 2,
) -> None:
    """Check that artifacts are what was published; exit 5 where one is not."""
    problems = _opened(session).verify(ref, level)
    text = list(map(str, problems)) or "all is as published"
    session.out.data(text, {"problems": [{"ref": p.ref, "path": str(p.path), "message": p.message} for p in problems]})
    if problems:
        raise IntegrityError(
            f"{len(problems)} problem(s) were found.", "Restore from a copy, or make the artifact again."
        )


@command(store, computes=False)
def gc(
    session: Session,
    dry_run: DryRun = False,
    checkpoints: Annotated[
        bool,
        option("Options", "Clear checkpoints of interrupted trainings, too, which could be resumed.", "--checkpoints"),
    ] = False,
) -> None:
    """Clear what killed commands left behind."""
    from posectl.store.beats import SILENCE

    def listening(count: int) -> None:
        whose = "a process on another host lives" if count == 1 else f"{count} processes on other hosts live"
        session.out.tell(f"Waiting up to {SILENCE:.0f} seconds for a sign that {whose}.")

    collection = _opened(session).gc(dry_run=dry_run, checkpoints=checkpoints, listening=listening)
    would = "would remove" if dry_run else "removed"
    lines = [f"{would} {junk.path} ({junk.what}, {_size(junk.size)})" for junk in collection.removed]
    lines += [f"kept {junk.path} ({junk.what}, {_size(junk.size)})" for junk in collection.kept]
    session.out.data(
        lines or "nothing to clear",
        {
            "removed": [{"path": str(j.path), "size": j.size, "what": j.what} for j in collection.removed],
            "kept": [{"path": str(j.path), "size": j.size, "what": j.what} for j in collection.kept],
            "dry_run": dry_run,
        },
    )


@command(store, computes=False)
def alias(
    session: Session,
    ref: RefArgument,
    name: Annotated[str, typer.Argument(metavar="ALIAS", help="The second name, for example best.")],
    delete: Annotated[bool, option("Options", "Forget the alias instead.", "--delete", "-d")] = False,
    dry_run: DryRun = False,
) -> None:
    """Give a version a second name, such as acai:best, or move it there."""
    opened = _opened(session)
    artifact = opened.get(ref)
    if not dry_run:
        if delete:
            opened.remove_alias(artifact.name, name)
        else:
            opened.alias(ref, name)
    text = f"{artifact.name}:{name} {'forgotten' if delete else f'is {artifact.ref}'}"
    session.out.data(text, {"ref": artifact.ref, "alias": name, "deleted": delete, "dry_run": dry_run})


@command(store, computes=False)
def rm(
    session: Session,
    refs: Annotated[list[str], typer.Argument(metavar="REF", help="Versions to remove.", autocompletion=complete.refs)],
    dry_run: DryRun = False,
    force: Annotated[bool, option("Options", "Remove it though other artifacts were made from it.", "--force")] = False,
    yes: Annotated[bool, option("Options", "Do not ask first, as is done on a terminal.", "--yes", "-y")] = False,
) -> None:
    """Remove versions for good; their numbers are not used again."""
    opened = _opened(session)
    if not (yes or dry_run):
        doomed = [opened.remove(ref, dry_run=True, force=force) for ref in refs]
        question = f"Remove {', '.join(f'{each.ref} ({_size(each.size)})' for each in doomed)} for good?"
        if not session.out.confirmed(question):
            raise InterruptedRunError("Nothing was removed.")
    for ref in refs:
        removal = opened.remove(ref, dry_run=dry_run, force=force)
        text = f"{'would remove' if dry_run else 'removed'} {removal.ref} ({_size(removal.size)})"
        session.out.data(text, {"ref": removal.ref, "size": removal.size, "dry_run": dry_run})


@command(store, computes=False)
def export(
    session: Session,
    ref: RefArgument,
    output: Annotated[Path, option("Options", "Zip file to write.", "--output", "-o", metavar="FILE")],
    with_parents: Annotated[bool, option("Options", "Write all that it was made from, too.", "--with-parents")] = False,
) -> None:
    """Write an artifact to a zip, the same bytes every time."""
    exported = _opened(session).export(ref, output, with_parents=with_parents)
    session.out.data([str(output)], {"path": str(output), "refs": [a.ref for a in exported]})


@command(store, "import", computes=False)
def import_(
    session: Session, archive: Annotated[Path, typer.Argument(metavar="FILE", help="Zip file to read.")]
) -> None:
    """Take artifacts from a zip that `export` wrote, all checked first."""
    imported = _opened(session).import_(archive)
    session.out.data([a.ref for a in imported], {"refs": [a.ref for a in imported]})


Refs = Annotated[list[str], typer.Argument(metavar="REF", help="Artifacts.", autocompletion=complete.refs)]
OtherStore = Annotated[str, typer.Argument(metavar="STORE", help="The other store: a folder, or s3://bucket/prefix.")]
NoParents = Annotated[bool, option("Options", "Leave out what they were made from.", "--without-parents")]


def _transfer(session: Session, transfers: Iterable[Transfer], dry_run: bool) -> None:
    done = []
    for each in transfers:
        what = f"{each.source.ref} ({_size(each.source.size)})"
        how = f"is {each.target} in" if each.target else "would be sent to"
        session.out.tell(f"{what} {how} {each.place}{', as it was' if each.target and not each.sent else ''}.")
        done.append({"ref": each.source.ref, "store": each.place, "target": each.target, "sent": each.sent})
    refs = [str(each["target"] or each["ref"]) for each in done]
    session.out.data(refs or "nothing to bring", {"transfers": done, "dry_run": dry_run})


@command(store, computes=False)
def push(
    session: Session, refs: Refs, other: OtherStore, without_parents: NoParents = False, dry_run: DryRun = False
) -> None:
    """Bring artifacts to another store, a folder or s3://bucket/prefix, with all that they were made from.

    Broken off and begun again, it goes on where it was.
    """
    transfers = _opened(session).push(refs, other, parents=not without_parents, dry_run=dry_run)
    _transfer(session, transfers, dry_run)


@command(store, computes=False)
def pull(
    session: Session, refs: Refs, other: OtherStore, without_parents: NoParents = False, dry_run: DryRun = False
) -> None:
    """Bring artifacts of another store here, with all that they were made from, each byte checked."""
    transfers = _opened(session).pull(refs, other, parents=not without_parents, dry_run=dry_run)
    _transfer(session, transfers, dry_run)


@command(store, computes=False)
def sync(
    session: Session,
    *,
    refs: Annotated[
        list[str] | None,
        typer.Argument(metavar="REF", help="Artifacts.", show_default="all", autocompletion=complete.refs),
    ] = None,
    other: OtherStore,
    dry_run: DryRun = False,
) -> None:
    """Bring to another store what it lacks, and here what this one lacks, with all that it was made from."""
    _transfer(session, _opened(session).sync(refs or [], other, dry_run=dry_run), dry_run)


@command(store, computes=False)
def upgrade(session: Session, ref: OptionalRef = None, dry_run: DryRun = False) -> None:
    """Publish anew, in today's format, what an earlier release wrote."""
    pairs = _opened(session).upgrade(ref, dry_run=dry_run)
    lines = [f"{old.ref} -> {new.ref if new else 'would be upgraded'}" for old, new in pairs]
    session.out.data(
        lines or "everything is in today's format",
        [{"old": old.ref, "new": new.ref if new else None} for old, new in pairs],
    )
