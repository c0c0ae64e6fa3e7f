"""Motion files: their search, and their reading in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from posectl import workers
from posectl.content import head_of, other_format
from posectl.data.mocap.amc import find_asf
from posectl.data.mocap.clip import FORMATS, Clip, MotionFile, Options, read_file
from posectl.data.safe.npy import array_names
from posectl.data.smpl import refuse_parameters
from posectl.errors import InvalidInputError, NotFoundError, PosectlError
from posectl.inputs import open_input

SUFFIXES = (".bvh", ".amc", ".txt", ".skeleton", ".c3d")
# A process takes up to a second to start and reads some 25 MB of text a second; with less than this it does not pay.
_WORTH_A_PROCESS = 64 * 2**20

Progress = Callable[[int, int, str], None]
_Outcome = list[Clip] | PosectlError


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Find the motion files among `paths` and, recursively, in the folders among them; sorted, each once.

    Of text files in folders, those that begin with a row of numbers. Raises NotFoundError when a path does not exist or
    there is no motion file at all.
    """
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):
            found += sorted(_walk(path))
        elif not os.path.exists(path):
            raise NotFoundError(f"There is no file or folder {path}.", "Check the path.")
        elif path.suffix.lower() in (*SUFFIXES, ".asf"):
            found.append(path)
        else:
            if path.suffix.lower() == ".npz":
                refuse_parameters(array_names(path), str(path))
            other = other_format(str(path), head_of(path), "a motion file")
            raise other or InvalidInputError(f"{path} is no motion file.", f"The mocap source reads {FORMATS}.")
    motion: dict[str, Path] = {}
    for path in found:
        if path.suffix.lower() in SUFFIXES:
            motion.setdefault(os.path.realpath(path), path)
    if not motion:
        where = ", ".join(str(path) for path in paths[:4])
        if any(path.suffix.lower() == ".asf" for path in found):
            raise NotFoundError(f"{where} holds a skeleton, .asf, but no motion.", "Give the .amc file beside it.")
        raise NotFoundError(
            f"{where} holds no motion file." if paths else "No motion file was given.",
            f"The mocap source reads {FORMATS}.",
        )
    return list(motion.values())


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(parent, name)
            suffix = path.suffix.lower()
            if suffix in (*SUFFIXES, ".asf") and (suffix != ".txt" or _begins_with_numbers(path)):
                yield path


def _begins_with_numbers(path: Path) -> bool:
    """Tell whether a text file's first line is a row of comma-separated numbers, and not a note or a licence."""
    try:
        with open_input(path) as file:
            start = file.read(64).split(b"\n")[0]
    except (PosectlError, OSError):
        return False
    return b"," in start and not start.strip(b"\xef\xbb\xbf0123456789+-.eE, \r\t")


def read_clips(
    paths: list[Path], options: Options, *, offered_asf: tuple[Path, ...], jobs: int | None, progress: Progress
) -> Generator[_Outcome, None, None]:
    """Read each file's clips, or its error, in the order of `paths`.

    `progress` is called with (done, total, file name). Files are read in `jobs` processes, started afresh (spawn);
    None: as many as there are processors and text for.
    """
    files: list[MotionFile | PosectlError] = [_with_skeleton(path, offered_asf) for path in paths]
    jobs = _worthwhile_jobs(paths) if jobs is None else min(jobs, len(paths))
    if jobs <= 1:
        for done, file in enumerate(files, 1):
            yield _read(file, options)
            if progress is not None:
                progress(done, len(files), paths[done - 1].name)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=workers.enter)
    try:
        pending: list[Future[_Outcome]] = [pool.submit(_read, file, options) for file in files]
        for done, future in enumerate(pending, 1):
            yield _result(future, files[done - 1], options)
            if progress is not None:
                progress(done, len(files), paths[done - 1].name)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[_Outcome], file: MotionFile | PosectlError, options: Options) -> _Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        # A script that calls this outside of `if __name__ == "__main__"` cannot start processes, but gets its clips.
        return _read(file, options)


def _with_skeleton(path: Path, offered: tuple[Path, ...]) -> MotionFile | PosectlError:
    if path.suffix.lower() != ".amc":
        return MotionFile(path)
    try:
        return MotionFile(path, find_asf(path, offered))
    except PosectlError as error:
        return error


def _read(file: MotionFile | PosectlError, options: Options) -> _Outcome:
    if isinstance(file, PosectlError):
        return file
    try:
        return read_file(file, options)
    except PosectlError as error:
        return error


def _worthwhile_jobs(paths: list[Path]) -> int:
    size = sum(path.stat().st_size for path in paths if path.exists())
    return max(1, min(os.cpu_count() or 1, len(paths), size // _WORTH_A_PROCESS))
