"""Files of torch.save read as data: plain containers, and tensors as numpy arrays. Nothing in them is called.

Such a file is a zip: `data.pkl`, a pickle that names storages, and `data/KEY`, the bytes of each. The format: PyTorch's
torch/serialization.py, since 1.6; earlier files were one pickle, and are refused.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from posectl import budget
from posectl.content import HEAD, other_format
from posectl.data.safe.pickle_machine import RefusedError
from posectl.data.safe.restricted import DAMAGE, NumpyMachine
from posectl.data.safe.zipped import ZIP_ERRORS, fill, open_member, open_zip
from posectl.errors import InvalidInputError
from posectl.inputs import open_input

_DTYPES = {
    "Double": "f8", "Float": "f4", "Half": "f2", "Long": "i8", "Int": "i4", "Short": "i2", "Char": "i1", "Byte": "u1",
    "Bool": "b1",
}  # fmt: skip
_REBUILDERS = ("_rebuild_tensor_v2", "_rebuild_parameter")
_MOST_AXES = 8


class _Token(NamedTuple):
    """A name of PyTorch's, which does nothing."""

    what: str


class _Storage(NamedTuple):
    """The numbers that tensors are views of, before they are read."""

    dtype: str
    key: str


def load_torch(path: Path) -> Any:
    """Read a file of torch.save: dicts, lists, tuples, str, int, float, bool, None, and tensors as arrays.

    Raises NotFoundError for no such file, InvalidInputError for one that is damaged, that is from before PyTorch 1.6 or
    that names anything else.
    """
    with open_input(path) as stream:
        head = stream.read(HEAD)
        if not head.startswith(b"PK"):
            raise _no_torch(str(path), head)
        try:
            with open_zip(stream, str(path)) as archive:
                return _load(archive, str(path), head)
        except ZIP_ERRORS as error:
            raise InvalidInputError(f"{path} is damaged or truncated: {error}.", "Copy or write it again.") from error


def _no_torch(name: str, head: bytes) -> InvalidInputError:
    if head.startswith(b"\x80\x02\x8a\x0al\xfc\x9cF"):
        again = "Write it anew: torch.save(torch.load(FILE), FILE)."
        return InvalidInputError(f"{name} is of PyTorch before 1.6, whose files are not read.", again)
    other = other_format(name, head, "a file of weights")
    return other or InvalidInputError(f"{name} is no file of weights.", "Give a .safetensors, .pt or .pth file.")


def _load(archive: zipfile.ZipFile, name: str, head: bytes) -> Any:
    pickles = [each for each in archive.namelist() if each.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise _no_torch(name, head)
    folder = pickles[0].removesuffix("data.pkl")
    machine = _TorchMachine(_member(archive, pickles[0], name), name, archive, folder)
    try:
        return machine.run()
    except RefusedError as error:
        raise InvalidInputError(
            f"{name} pickles {error}, which is not loaded.", "Save weights alone: torch.save(model.state_dict(), FILE)."
        ) from None
    except DAMAGE:
        raise InvalidInputError(f"{name} is damaged or truncated.", "Copy or write the file again.") from None


def _member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    info = archive.getinfo(member)
    budget.check(name, info.file_size, info.compress_size)
    data = bytearray(info.file_size)
    with open_member(archive, info, name) as stream:
        if fill(stream, memoryview(data)) < len(data):
            raise EOFError(f"{member} ends early")
    return bytes(data)


class _TorchMachine(NumpyMachine):
    """The machine with the meaning of PyTorch's names, too."""

    def __init__(self, data: bytes, name: str, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(data, name, sum(each.compress_size for each in archive.infolist()))
        self.archive, self.folder = archive, folder
        self.storages: dict[str, bytes] = {}
        order = f"{folder}byteorder"
        big = order in archive.namelist() and _member(archive, order, name).strip() == b"big"
        self.order = ">" if big else "<"

    def name(self, module: str, name: str) -> Any:
        if module == "torch._utils" and name in _REBUILDERS:
            return _Token(name)
        if module == "torch" and name.removesuffix("Storage") in _DTYPES:
            return _Token(_DTYPES[name.removesuffix("Storage")])
        if (module, name) == ("torch", "Size"):
            return _Token(name)
        return super().name(module, name)

    def op_binpersid(self, at: int) -> int:
        match self.stack.pop():
            case ("storage", _Token(what=dtype), str(key), str(), int()):
                self.stack.append(_Storage(dtype, key))
            case _:
                raise RefusedError("a storage that PyTorch does not write")
        return at

    def op_build(self, at: int) -> int:
        if isinstance(self.stack[-2], dict) and isinstance(self.stack[-1], Mapping):
            self.stack.pop()  # what a state dict knows of the versions of its modules
            return at
        return super().op_build(at)

    def call(self, function: Any, arguments: tuple) -> Any:
        match function, arguments:
            case _Token("_rebuild_tensor_v2"), (_Storage() as storage, int(offset), tuple(size), tuple(stride), *_):
                return self._tensor(storage, offset, size, stride)
            case _Token("_rebuild_parameter"), (np.ndarray() as data, *_):
                return data
            case _Token("Size"), (tuple(size),):
                return size
        return super().call(function, arguments)

    def _tensor(self, storage: _Storage, offset: int, size: tuple, stride: tuple) -> np.ndarray:
        """Copy a tensor out of its storage, whose numbers it takes once each at most."""
        if len(size) != len(stride) or len(size) > _MOST_AXES or min((offset, *size, *stride), default=0) < 0:
            raise ValueError(size)
        if storage.key not in self.storages:
            self.storages[storage.key] = _member(self.archive, f"{self.folder}data/{storage.key}", self.called)
        held = np.frombuffer(self.storages[storage.key], np.dtype(self.order + storage.dtype))
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        count = math.prod(size)
        if count and (last >= len(held) or count > len(held)):
            raise ValueError(size)
        self.take(count * held.itemsize)
        if not count:
            return np.empty(size, storage.dtype)
        steps = [step * held.itemsize for step in stride]
        return np.lib.stride_tricks.as_strided(held[offset:], size, steps).astype(storage.dtype)
