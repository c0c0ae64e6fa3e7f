"""The restricted unpickler: what numpy pickles comes back whole, and nothing else happens."""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posectl.data.safe.restricted import loads
from posectl.errors import InvalidInputError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

VALUES = {
    "containers": {"S1": {"Walking 1": [1, -2, 3.5, None, True, False, (), ("é", "\udc80"), 1 << 70], 7: {}}},
    "float32": np.arange(24, dtype=np.float32).reshape(2, 4, 3) / 7,
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(5, dtype=">f8"),
    "integers": np.array([[1, -1], [127, -128]], np.int8),
    "booleans": np.array([True, False]),
    "text": np.array(["S1", "é"], dtype="U5"),
    "bytes as text": np.array([b"ab", b"c"]),
    "no rows": np.zeros((0, 17, 3)),
    "0-d": np.array(2.5),
    "shared dtype": [np.zeros(3, "f4"), np.ones(2, "f4"), np.ones(2, ">i2")],
}


def same(ours: object, theirs: object) -> bool:
    """Equal, of the same types, shapes and dtypes."""
    if isinstance(theirs, np.ndarray):
        return isinstance(ours, np.ndarray) and ours.dtype == theirs.dtype and np.array_equal(ours, theirs)
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(same(ours[key], theirs[key]) for key in theirs)  # type: ignore
    if isinstance(theirs, list | tuple):
        pairs = zip(ours, theirs, strict=True)  # type: ignore[call-overload]
        return type(ours) is type(theirs) and all(same(a, b) for a, b in pairs)
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", VALUES)
def test_gives_what_pickle_gives(name: str, protocol: int) -> None:
    assert same(loads(pickle.dumps(VALUES[name], protocol), "p"), VALUES[name])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_0d_object_array_is_its_item_and_a_1d_one_a_list(protocol: int) -> None:
    outer = np.empty((), object)
    outer[()] = {"S1": np.eye(3)}
    assert same(loads(pickle.dumps(outer, protocol), "p"), {"S1": np.eye(3)})
    row = np.array([None, "a", 3], dtype=object)
    assert loads(pickle.dumps(row, protocol), "p") == [None, "a", 3]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_scalars_become_python_numbers(protocol: int) -> None:
    value = {"a": np.float32(0.5), "b": np.int64(-3), "c": np.str_("x"), "d": np.bool_(True)}
    assert same(loads(pickle.dumps(value, protocol), "p"), {"a": 0.5, "b": -3, "c": "x", "d": True})


@pytest.mark.parametrize("protocol", [0, 1, 2, 3])
@pytest.mark.parametrize("core", [b"numpy.core", b"numpy._core"])
def test_reads_the_names_of_numpy_1_and_numpy_2(core: bytes, protocol: int) -> None:
    data = pickle.dumps([np.arange(4.0), np.float64(2)], protocol)
    data = data.replace(b"numpy._core", b"numpy.core").replace(b"numpy.core", core)
    assert same(loads(data, "p"), [np.arange(4.0), 2.0])


def test_reads_what_python_2_wrote() -> None:
    numbers = struct.pack("<2d", 1.5, -2.0)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntp3\nS'b'\np4\ntp5\nRp6\n(I1\n(I2\ntp7\n"
        b"cnumpy\ndtype\np8\n(S'f8'\np9\nI0\nI1\ntp10\nRp11\n(I3\nS'<'\np12\nNNNI-1\nI-1\nI0\ntp13\nbI00\n"
    )
    lines = b"(dp0\nS'S1'\n" + array + b"S" + ascii(numbers.decode("latin-1")).encode() + b"\np14\ntp15\nbs."
    assert same(loads(lines, "p"), {"S1": np.array([1.5, -2.0])})
    binary = b"\x80\x02}U\x02S1" + array + b"U\x10" + numbers + b"tbs."
    assert same(loads(binary, "p"), pickle.loads(binary, encoding="latin1"))


def test_arrays_cannot_be_written_to() -> None:
    array = loads(pickle.dumps(np.zeros(4)), "p")
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


class Runs:
    """An object whose pickle, run, makes the file `path`."""

    def __init__(self, path: Path, how: str) -> None:
        self.path, self.how = path, how

    def __reduce__(self) -> tuple:
        code = f"open({str(self.path)!r}, 'w').close()"
        return {
            "system": (os.system, (f"touch {self.path}",)),
            "eval": (eval, (code,)),
            "exec": (exec, (code,)),
            "open": (open, (str(self.path), "w")),
            "state": (OrderedDict, (), None, None, iter([("a", RunsInside(self.path))])),
            "numpy": (np.savetxt, (str(self.path), [1.0])),
        }[self.how]


class RunsInside(Runs):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "system")


HOW = ["system", "eval", "exec", "open", "state", "numpy"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("how", HOW)
def test_a_payload_runs_nothing(tmp_path: Path, how: str, protocol: int) -> None:
    path = tmp_path / "made"
    data = pickle.dumps({"S1": [Runs(path, how)]}, protocol)
    with pytest.raises(InvalidInputError, match="not loaded"):
        loads(data, "p")
    assert not path.exists()
    pickle.loads(data)  # the payload is a real one
    assert path.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"(S'touch {}'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'touch {}'\no.",  # OBJ
        b"\x80\x02cos\nsystem\nU\x00\x85\x81.",  # NEWOBJ
        b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92.",  # NEWOBJ_EX
        b"\x80\x02\x82\x01.",  # EXT1
        b"Pname\n.",  # PERSID
        b"\x80\x05\x97.",  # NEXT_BUFFER
        b"}(U\x09__class__cos\nsystem\nsb.",  # BUILD on a dict
        b"\x80\x04\x8f(K\x01\x90.",  # a set
        b"cnumpy\nndarray\n((I1\ntt\x52.",  # ndarray called
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\nS'x'\ntR.",
        b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
        b"cbuiltins\nbytes\n(I999999999999\ntR.",
        b"cnumpy\ndtype\n(VO8\nI0\nI1\ntR.",  # a dtype without its state
    ],
)
def test_instructions_that_act_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        loads(data, "p")


def test_an_object_array_of_arrays_is_refused() -> None:
    data = pickle.dumps(np.array([[1, None], [2, None]], dtype=object))
    with pytest.raises(InvalidInputError):
        loads(data, "p")


def test_a_claimed_size_is_not_allocated() -> None:
    array = pickle.dumps(np.zeros(3), protocol=2)
    for damaged in (array.replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85"), b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f."):
        with pytest.raises(InvalidInputError, match="damaged"):
            loads(damaged, "p")
    # C's unpickler would ask for 64 GiB for this place in the memo.
    assert loads(b"\x80\x02]r\xff\xff\xff\xff.", "p") == []


def test_a_bomb_of_references_is_refused() -> None:
    bomb: list = ["lol"]
    for _ in range(60):
        bomb = [bomb] * 10
    with pytest.raises(InvalidInputError, match="bomb"):
        loads(pickle.dumps(bomb), "p")
    with pytest.raises(InvalidInputError, match="bomb"):
        loads(pickle.dumps({str(n): array for n, array in enumerate([np.zeros(9999)] * 99)}), "p")
    with pytest.raises(InvalidInputError, match="bomb"):
        loads(b"]q\x00h\x00a.", "p")  # a list that holds itself


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ordered_and_default_dictionaries_come_as_dictionaries(protocol: int) -> None:
    by_default = defaultdict(list, {"S1": [np.eye(3)]})
    nested = defaultdict(OrderedDict, {"S1": OrderedDict([("Walking", np.ones(2)), ("Eating", np.zeros(2))])})
    for value in (by_default, nested, OrderedDict([("b", 1), ("a", 2)]), defaultdict(None, {1: 2}), defaultdict(dict)):
        plain = {key: dict(item) if isinstance(item, OrderedDict) else item for key, item in value.items()}
        assert same(loads(pickle.dumps(value, protocol), "p"), plain)


def test_an_ordered_dictionary_of_python_2_is_read_and_its_items_are_not_copied_over_and_over() -> None:
    items = b"(lp0\n(lp1\nS'b'\naI1\naa(lp2\nS'a'\naI2\naa"
    once = b"ccollections\nOrderedDict\n(" + items + b"tR"
    assert loads(once + b".", "p") == {"b": 1, "a": 2}
    again = b"ccollections\nOrderedDict\n(g0\ntR"
    assert loads(b"(l" + once + b"a" + again + b"a.", "p") == [{"b": 1, "a": 2}, {}]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pairs_are_keys(protocol: int) -> None:
    value = {("S1", "54138969"): {"R": np.eye(3)}, ("S1", 2): {}, (): 0}
    assert same(loads(pickle.dumps(value, protocol), "p"), value)


def test_nested_and_long_tuples_are_no_keys() -> None:
    # Hashing (t, t), t = (s, s), ... takes time exponential in the depth, and a deep enough one overflows C's stack.
    deep = b"\x80\x02}" + b")" + b"\x85" * 300 + b"Ns."
    # Hashing one tuple of n items n times takes time square in n.
    long = b"\x80\x02(" + b"N" * 9 + b"tq\x00}h\x00Ns."
    for data in (deep, long):
        with pytest.raises(InvalidInputError, match="keys of type nested or long tuple"):
            loads(data, "p")


def test_deep_nesting_needs_no_deep_stack() -> None:
    data = b"]" * 100_000 + b"a" * 99_999 + b"."
    depth, value = 0, loads(data, "p")
    while value:
        depth, value = depth + 1, value[0]
    assert depth == 99_999


nested = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 64), 1 << 64) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(nested, st.sampled_from(PROTOCOLS))
@settings(max_examples=100, deadline=None)
def test_any_plain_value_comes_back(value: object, protocol: int) -> None:
    assert same(loads(pickle.dumps(value, protocol), "p"), value)


@given(st.data(), st.sampled_from(sorted(VALUES)), st.sampled_from(PROTOCOLS))
@settings(max_examples=300, deadline=None)
def test_a_changed_pickle_gives_data_or_one_error(data: st.DataObject, name: str, protocol: int) -> None:
    changed = bytearray(pickle.dumps(VALUES[name], protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidInputError):
        loads(bytes(changed[: data.draw(st.integers(0, len(changed)))]), "p")


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_data_or_one_error(data: bytes) -> None:
    with contextlib.suppress(InvalidInputError):
        loads(data, "p")
