"""Readers: the sources of datasets, one module each; `posectl prepare NAME` runs it.

`@reader("lines", Options, kind="images")` on a function (paths, options, progress) -> Dataset, in any module, registers
one. The fields of the options, a frozen dataclass whose fields `option` makes, are the options of `posectl prepare
NAME`, whose help begins with the module's docstring: so that help is fast, a reader's module imports slow modules
inside its functions. A reader raises InvalidInputError or NotFoundError, never anything else, for input that is not
what it should be, and UsageError for options that make no sense.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posectl.errors import UsageError, did_you_mean
from posectl.registry import Registry

if TYPE_CHECKING:
    from posectl.data.dataset import Dataset
    from posectl.data.stream import Stream

Progress = Callable[[int, int, str], None]
"""A function that receives (files done, files in all, name of the last)."""


def option(default: Any, help: str, **shown: Any) -> Any:
    """Make a field of a reader's options: its default, a phrase of help, and how the command line shows it.

    shown: `metavar`, which is LIST for a tuple that is one word, separated by commas (other tuples are options that are
    repeated); `min`, the least number that makes sense; `flag`, where it is not the field's name; `default_shown`, what
    a default of None or () comes to; `quick`, what POSECTL_QUICK=1 cuts a size to.
    """
    return dataclasses.field(default=default, metadata={"help": help, **shown})


def split_option() -> Any:
    """Make the field `split` of the options of a reader of poses, for posectl.data.clips.train_test_split."""
    return option(
        None, "What goes to the test split as a whole, a fifth of the frames, whatever the files say.",
        default_shown="what the files say, else subjects, if all are known",
    )  # fmt: skip


def drop_bad_option() -> Any:
    """Make the field `drop_bad` of the options of a reader of poses, which `prepare` honours."""
    return option(False, "Leave out frames that no body can be in, and record which.")


class Reader:
    """A reader: `reader(paths, size=32)` reads with these options.

    kind: name of the kind of sample. paths: a phrase of help on the files that it reads; None where it reads none.
    beside: finds the files that it reads beside those that were named. stream: reads as it does, block by block, what
    is beyond memory, and returns None for what is not.
    """

    def __init__(
        self,
        function: Callable[[Sequence[Path], Any, Progress], Dataset],
        options: type,
        kind: str,
        paths: str | None,
        beside: Callable[[Sequence[Path]], list[Path]] = lambda paths: [],
        stream: Callable[[Sequence[Path], Any, Progress], Stream | None] = lambda *_: None,
    ) -> None:
        self.function, self.options, self.kind, self.paths, self.beside = function, options, kind, paths, beside
        self._stream = stream
        self.__module__, self.__doc__ = function.__module__, function.__doc__

    def __call__(
        self, paths: Sequence[str | Path] | str | Path = (), *, progress: Progress | None = None, **values: Any
    ) -> Dataset:
        """Read files or folders. Raises UsageError for an option that the reader does not have."""
        return self.function(*self._given(paths, progress, values))

    def stream(
        self, paths: Sequence[str | Path] | str | Path = (), *, progress: Progress | None = None, **values: Any
    ) -> Stream | None:
        """Read as a call does, in blocks, what is beyond memory; return None for what is not."""
        return self._stream(*self._given(paths, progress, values))

    def _given(
        self, paths: Sequence[str | Path] | str | Path, progress: Progress | None, values: dict[str, Any]
    ) -> tuple[list[Path], Any, Progress]:
        known = {field.name for field in dataclasses.fields(self.options)}
        for key in values:
            if key not in known:
                raise UsageError(f"There is no option {key!r} here.", did_you_mean(key, known))
        given = [paths] if isinstance(paths, str | Path) else paths
        return [Path(path) for path in given], self.options(**values), progress or (lambda *_: None)


READERS: Registry[Reader] = Registry("source", "posectl.data.readers", decorator="reader")


def reader(
    name: str,
    options: type,
    *,
    kind: str,
    paths: str | None = "Files or folders to read.",
    beside: Callable[[Sequence[Path]], list[Path]] = lambda paths: [],
    stream: Callable[[Sequence[Path], Any, Progress], Stream | None] = lambda *_: None,
) -> Callable[[Callable[[Sequence[Path], Any, Progress], Dataset]], Reader]:
    """Decorator: register a function that reads samples of a kind, with the dataclass of its options, under a name.

    paths: a phrase of help on the files that it reads; None where it reads none. beside: finds the files that it reads
    beside those that were named, whose change makes another dataset. stream: reads in blocks what is beyond memory.
    """

    def put(function: Callable[[Sequence[Path], Any, Progress], Dataset]) -> Reader:
        return READERS.register(name)(Reader(function, options, kind, paths, beside, stream))

    return put
