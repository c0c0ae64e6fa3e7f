from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posectl.errors import PosectlError, UsageError
from posectl.store.refs import NAME, Ref, check_alias, check_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acai", Ref(name="acai")),
        ("acai:latest", Ref(name="acai")),
        ("acai:v3", Ref(name="acai", selector="v3")),
        ("acai:best", Ref(name="acai", selector="best")),
        ("poses:v2#12", Ref(name="poses", selector="v2", sample=12)),
        ("poses#0", Ref(name="poses", sample=0)),
        ("sha256:1f2e", Ref(digest="1f2e")),
        ("artifacts/acai/v3", Ref(path=Path("artifacts/acai/v3"))),
        ("./v3#7", Ref(path=Path("v3"), sample=7)),
        ("a.b-c_0", Ref(name="a.b-c_0")),
    ],
)
def test_ref_is_taken_apart(text: str, expected: Ref) -> None:
    assert Ref.parse(text) == expected


def test_version_is_a_number_only_where_a_version_is_named() -> None:
    assert Ref.parse("acai:v30").version == 30
    assert Ref.parse("acai:best").version is None
    assert Ref.parse("acai").version is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "acai:",
        "Acai",
        "-acai",
        "a" * 64,
        "a b",
        "a:b:c",
        "sha256:xyz",
        "sha256:",
        "sha256:12",
        "poses#",
        "poses#x",
        "poses#-1",
        "#3",
        "a\0b",
        "poses:#1",
        "é",
    ],
)
def test_what_is_no_ref_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError) as error:
        Ref.parse(text)
    assert error.value.hint


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_ref_or_a_posectl_error(text: str) -> None:
    try:
        ref = Ref.parse(text)
    except PosectlError:
        return
    assert bool(ref.name) + bool(ref.digest) + (ref.path is not None) == 1


@settings(deadline=None)
@given(st.from_regex(NAME, fullmatch=True), st.from_regex(NAME, fullmatch=True), st.none() | st.integers(0, 10**6))
def test_a_ref_reads_back_from_its_text(name: str, selector: str, sample: int | None) -> None:
    ref = Ref(name=name, selector=selector, sample=sample)
    if name != "sha256" and not name.startswith("."):
        assert Ref.parse(str(ref)) == ref


@pytest.mark.parametrize("name", ["../x", "", "A", "sha256", "store.json", ".staging", "a/b", "a:b", "a#1"])
def test_unfit_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


@pytest.mark.parametrize("alias", ["latest", "v1", "v23", "seal", "Best", "a:b", ""])
def test_reserved_and_unfit_aliases_are_refused(alias: str) -> None:
    with pytest.raises(UsageError):
        check_alias(alias)


@pytest.mark.parametrize("alias", ["best", "v1.2", "version", "v01"])
def test_what_only_looks_like_a_version_may_be_an_alias(alias: str) -> None:
    assert check_alias(alias) == alias
