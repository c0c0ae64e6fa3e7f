"""posectl compare: scores side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.help import option
from posectl.cli.root import app

if TYPE_CHECKING:
    from posectl.stages.comparison.tables import Comparison

# The room for a heading's longest word, and between columns on a terminal.
_HEADING, _GAP = 14, 2


@command(app, makes=False)
def compare(
    session: Session,
    scores: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCORES",
            help="Scores, or models and sweeps by the newest of their last weights.",
            show_default="all of one reference",
            autocompletion=complete.refs_of("scores", "model", "sweep", "paths", "samples"),
        ),
    ] = None,
    metric: Annotated[
        str | None,
        option("Metrics", "Metrics to show.", metavar="NAME,...", show_default="all", autocompletion=complete.metrics),
    ] = None,
    published: Annotated[
        Literal["d8", "d16", "lines", "mnist32", "mnist256", "svhn32", "svhn256", "cifar256", "cifar1024", "mnist"]
        | None,
        option(
            "Metrics",
            "Add published figures: Table I of the pose report at latent size 8 or 16; ACAI's Table 1 (lines), or a "
            "row of Table 2; AAE's Table 1 (mnist).",
            show_default="none",
        ),
    ] = None,
    task: Annotated[
        Literal["completion", "denoising", "ik", "generation"] | None,
        option(
            "Metrics", "Scores of a task, beside those of its baselines and published ones.", show_default="of metrics"
        ),
    ] = None,
    seeds: Annotated[
        bool,
        option(
            "Metrics", "Put models that differ in nothing but their seed into one column: mean and spread.", "--seeds"
        ),
    ] = False,
    ratio: Annotated[
        bool,
        option("Metrics", "Divide all figures by the first subject's.", "--ratio"),
    ] = False,
    choose: Annotated[
        str | None,
        option(
            "Metrics",
            "Print the model that is best in a metric, by scores on validation samples; no table.",
            metavar="NAME",
            show_default="none",
            autocompletion=complete.metrics,
        ),
    ] = None,
    format_: Annotated[
        Literal["md", "csv", "latex", "json"] | None,
        option(
            "Output", "Format of the table.", "--format", show_default="by the file's ending; md, on a terminal aligned"
        ),
    ] = None,
    output: Annotated[
        Path | None,
        option("Output", "File to write.", "--output", "-o", metavar="FILE", show_default="standard output"),
    ] = None,
) -> None:
    """Print a table of scores in the manner of Table I of the pose report.

    Without SCORES it shows all that was scored against the reference, and by the protocol, of the newest scores. Beside
    scores of images stand those of the pixel cross-fade, and beside those of lines a perfect path's.

    \b
    Examples:
      posectl compare
      posectl compare plain acai:v1 acai:v2 --published d8 -o table.tex
      posectl compare plain acai --published lines
      posectl compare plain-sweep posectl-sweep --seeds --ratio
      posectl compare plain acai --task completion --metric completion.hidden
      posectl compare acai-sweep --choose anci
    """
    from posectl.api.files import write_bytes
    from posectl.cli.values import names
    from posectl.stages.comparison.tables import as_json, form_of

    if choose is not None:
        chosen = session.lab().choose(scores or [], choose)
        session.out.data(chosen.ref, {"ref": chosen.ref})
        return
    form = format_ or (form_of(output) if output is not None else None)
    table = (
        session.lab()
        .compare(scores or [], published=published, metrics=names(metric) or (), task=task, seeds=seeds, ratio=ratio)
        .table
    )
    for warning in table.warnings:
        session.out.warn(warning)
    for note in table.notes:
        session.out.tell(note)
    if output is not None:
        write_bytes(output, (table.as_text(form or "md") + "\n").encode(), force=session.force)
        session.out.data([str(output)], {"path": str(output), **as_json(table)})
    elif form is None and sys.stdout.isatty() and not session.out.as_json:
        show(table)
    else:
        session.out.data(table.as_text(form or "md"), as_json(table))


def show(table: Comparison, *, stderr: bool = False) -> None:
    """Print a table aligned, as many columns beside one another as fit, with arrows to what is better and the best in
    bold."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, stderr=stderr)
    lines = [table.line(row) for row in table.rows]
    names = [f"{line.name} {line.arrow}" for line in lines]
    wide = max(map(len, names), default=0)
    cells = [max(len(line.cells[i]) for line in lines) for i in range(len(table.columns))]
    for block in _blocks([max(width, _HEADING) + _GAP for width in cells], console.width - wide):
        shown = Table(box=SIMPLE_HEAD, pad_edge=False)
        shown.add_column("", min_width=wide, no_wrap=True)
        for i in block:
            label = Text(table.columns[i].label)
            shown.add_column(label, justify="right", vertical="bottom", min_width=cells[i])
        if not table.over:
            shown.add_row(Text("± over", "dim"), *(Text(table.columns[i].over, "dim") for i in block))
        for name, line in zip(names, lines, strict=True):
            shown.add_row(Text(name), *(Text(line.cells[i], "bold" if i in line.best else "") for i in block))
        console.print(shown)
    over = f" over {table.over}" if table.over else ""
    console.print(Text(f"Mean ± standard deviation{over}; ↓ less is better, ↑ more is; the best in bold.", "dim"))


def _blocks(widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """Yield the columns that fit beside one another, at least one at a time."""
    block: list[int] = []
    for i, width in enumerate(widths):
        if block and sum(widths[j] for j in block) + width > room:
            yield block
            block = []
        block.append(i)
    yield block
