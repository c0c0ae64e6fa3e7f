"""posectl attribute: directions of labels and factors in a model's codes, and samples moved along them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from posectl.cli import complete
from posectl.cli.command import Session, command
from posectl.cli.decoding import ArrayFile, Weights
from posectl.cli.foreign import CONVENTIONS
from posectl.cli.help import Group, HelpOption, option
from posectl.cli.root import app
from posectl.stages.options import ApplyOptions, AttributeOptions

DEFAULT, MOVE = AttributeOptions(), ApplyOptions()

attribute = typer.Typer(name="attribute", cls=Group, no_args_is_help=True, rich_markup_mode=None, add_help_option=False)
app.add_typer(attribute)


@attribute.callback()
def attribute_(help_: HelpOption = False) -> None:
    """Find directions of labels and factors in a model's codes, and move samples along them.

    \b
    Examples:
      a=$(posectl attribute fit acai --label action,style)
      posectl attribute apply $a poses#12 poses#40 --attribute walk --amount -3,3
      posectl evaluate $a
    """


@command(attribute)
def fit(
    session: Session,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="Model whose codes the directions are of.",
            show_default="the newest",
            autocompletion=complete.refs_of("model"),
        ),
    ] = None,
    label: Annotated[
        str | None,
        option(
            "Data",
            "Labels, fitted together: action, style, subject, label, a factor; of poses speed and height:JOINT, too.",
            "--label",
            metavar="NAME,...",
            show_default="none; an error lists those that are known",
        ),
    ] = None,
    by: Annotated[
        Literal["least-squares", "means"],
        option("Options", "Least squares over all labels at once, or difference of means of each by itself."),
    ] = DEFAULT.by,
    weights: Weights = DEFAULT.weights,
) -> None:
    """Fit a direction to every class of the labels, and to every continuous one, on the model's training samples.

    A factor that goes round has two, of its cosine and its sine. `posectl evaluate` tells what a move along each
    changes, and what else.

    \b
    Examples:
      posectl attribute fit acai --label action,style
      posectl attribute fit acai --label speed,height:RWrist
      posectl attribute fit acai --label style --by means
    """
    from posectl.cli.values import names

    session.out.result(session.lab().fit_attribute(model, names(label) or (), by=by, weights=weights))


@command(attribute, shared=CONVENTIONS)
def apply(
    session: Session,
    shared: dict[str, Any],
    attr: Annotated[
        str,
        typer.Argument(
            metavar="ATTR", help="Directions of `attribute fit`.", autocompletion=complete.refs_of("attribute")
        ),
    ],
    subjects: Annotated[
        list[str],
        typer.Argument(
            metavar="SUBJECT",
            help="Samples to move: .npy files, or samples of a dataset, poses#12.",
            autocompletion=complete.refs_of("dataset"),
        ),
    ],
    name_: Annotated[
        str | None,
        option(
            "Options",
            "Attribute: action=walk, or walk alone where no other label has it.",
            "--attribute",
            "-a",
            metavar="NAME",
            show_default="the only one",
        ),
    ] = None,
    amount: Annotated[
        str,
        option(
            "Options",
            "How far: 1 leads from those without a class to those with it, or is a standard deviation; two numbers, "
            "first and last, are a path.",
            metavar="X|X,X",
        ),
    ] = "1",
    steps: Annotated[int, option("Options", "Samples on a path, both ends included.", metavar="N")] = MOVE.steps,
    output: ArrayFile = None,
) -> None:
    """Move samples along a direction, and decode them: samples for one amount, paths between two.

    Where codes are on the sphere they are brought back onto it, and a path is the arc between its ends.

    \b
    Examples:
      posectl attribute apply acai-attributes poses#12 --attribute walk --amount 3
      p=$(posectl attribute apply acai-attributes poses#12 poses#40 -a walk --amount -3,3 --steps 7)
      posectl render $p -o edits.png
    """
    from posectl.cli.files import write_array
    from posectl.cli.values import numbers

    made = session.lab().apply_attribute(
        attr, *subjects, attribute=name_, amount=numbers(amount, "--amount"), steps=steps, **shared
    )
    write_array(session, made, made.kind, output)
