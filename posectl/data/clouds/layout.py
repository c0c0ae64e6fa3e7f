"""ShapeNet's layout: the folder of a shape is its class, and files beside the folders list the shapes of each split.

A split file is a list of names, one a line or as JSON, in a file whose name says train, val or test (as ShapeNetPart's
`shuffled_train_file_list.json`); or a table with the columns `modelId` and `split` (ShapeNet's `all.csv`). A shape goes
by its file's name, or by a folder's of those that it lies in. Folders called train and test are splits, too (ModelNet).
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from posectl.data.dataset import TRAIN, named_split, with_test
from posectl.data.images.image_set import natural
from posectl.data.mocap.text import read_text
from posectl.errors import InvalidInputError

_LISTS = (".txt", ".lst", ".json", ".csv")


def classes(files: Sequence[Path]) -> tuple[list[str], np.ndarray | None]:
    """Return the names of classes, and the class of each file by its number (N,); None where folders say nothing.

    Every shape in a folder of its own, with nothing above, is no class each.
    """
    names = [next((part for part in _below(file, files) if named_split(part) is None), "") for file in files]
    known = sorted(set(names), key=natural)
    if "" in known or len(known) < 2 or len(known) == len(files) > 2:
        return [], None
    return known, np.array([known.index(name) for name in names], np.int32)


def splits(files: Sequence[Path], folders: Sequence[Path]) -> tuple[np.ndarray | None, str, list[str]]:
    """Return the split (N,) uint8 of files, its description and warnings: as split files in the folders say, else as
    the folders' names do; None where neither does."""
    by_name = {name: part for file in _split_files(folders) for name, part in _entries(file)}
    if by_name:
        found = [next((by_name[name] for name in _names(file) if name in by_name), None) for file in files]
        listed = sum(part is not None for part in found)
        if listed:
            left = len(files) - listed
            warnings = [f"{left:,} of {len(files):,} shapes are in no split file, and train."] if left else []
            return (
                with_test(np.array([TRAIN if part is None else part for part in found], np.uint8)),
                "as the split files say",
                warnings,
            )
    parts = [next((p for part in _below(file, files) if (p := named_split(part)) is not None), None) for file in files]
    if None in parts or len(set(parts)) < 2:
        return None, "", []
    return with_test(np.array(parts, np.uint8)), "as the folders say", []


def _split_files(folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the lists in the folders, in those right in them, and beside them."""
    for folder in folders:
        if folder.is_dir():
            around = [folder, *sorted(each for each in folder.iterdir() if each.is_dir())]
            for place in around:
                for path in sorted(place.iterdir()):
                    says = path.suffix.lower() == ".csv" or named_split(path.stem) is not None
                    if says and path.suffix.lower() in _LISTS and path.is_file():
                        yield path


def _entries(path: Path) -> list[tuple[str, int]]:
    """Read (name of a shape, its split) from a split file; none from a file that is something else."""
    text = read_text(path)
    if path.suffix.lower() == ".csv":
        rows = csv.DictReader(text.splitlines())
        columns = {name.lower(): name for name in rows.fieldnames or ()}
        if not {"modelid", "split"} <= columns.keys():
            return []
        pairs = [(row[columns["modelid"]], named_split(row[columns["split"]] or "")) for row in rows]
        return [(name, part) for name, part in pairs if name and part is not None]
    part = named_split(path.stem)
    assert part is not None
    if path.suffix.lower() == ".json":
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInputError(f"{path} is no JSON list of shapes.", "Take it out of the folder.") from None
        names = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    else:
        names = text.split("\n")
    return [(Path(name.strip()).stem, part) for name in names if name.strip()]


def _names(file: Path) -> list[str]:
    return [file.stem, *(parent.name for parent in list(file.parents)[:3])]


def _below(file: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """Return the folders from the common parent of all the files down to this one."""
    root = os.path.commonpath([each.parent.absolute() for each in files])
    return file.parent.absolute().relative_to(root).parts
