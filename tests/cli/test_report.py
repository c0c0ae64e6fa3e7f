"""report: a page that opens anywhere, and whose script makes the same artifacts again."""

from __future__ import annotations

import shlex

import pytest
from chromium import READY, browser, complaints, requests, resize
from cli.conftest import run_in

import posectl as library
from posectl.stages.reporting.recipe import recipe
from posectl.stages.run import Run


@pytest.fixture(scope="module")
def swept(store_with_a_model, tmp_path_factory):
    """A folder whose store holds a sweep of two models, scored, of the small dataset, made by commands alone."""
    import shutil

    folder = tmp_path_factory.mktemp("report")
    shutil.copy(store_with_a_model / "poses.npz", folder)
    for command in (
        "prepare arrays poses.npz --name poses",
        "sweep poses --reg acai --lam 0,0.1 --steps 20 --set mlp.widths=16 --name acai-sweep",
        "evaluate acai-sweep --endpoints 4 --steps 5 --samples 20 --recall-samples 50 --recall-targets 20",
    ):
        done = run_in(folder, *shlex.split(command), env={"POSECTL_QUICK": "1"})
        assert done.code == 0, done.err
    return folder


def test_the_page_has_every_section_and_asks_for_nothing(swept):
    made = run_in(swept, "report", "acai-sweep", "-o", "report.html", "--published", "d8", "--force", "--json")
    assert made.code == 0, made.err
    assert len(made.json["models"]) == 2
    with browser() as driver:
        driver.get((swept / "report.html").as_uri())
        assert driver.execute_async_script(READY) is True
        sections = driver.execute_script("return [...document.querySelectorAll('section')].map((each) => each.id)")
        assert sections == ["models", "scores", "figures", "paths", "draws", "recipe"]
        found = "return [...document.querySelectorAll('#scores th[scope=col]')].map((each) => each.textContent)"
        heads = driver.execute_script(found)
        assert [head for head in heads if head.startswith("Table I")] == ["Table I d8 λ=0", "Table I d8 λ=0.1"]
        for width in (390, 1440):
            resize(driver, width, 900)
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        assert [each for each in requests(driver) if not each.startswith(("file:", "data:"))] == []
        assert complaints(driver) == []


def test_columns_sort(swept):
    run_in(swept, "report", "acai-sweep", "-o", "sorted.html", "--force")
    with browser() as driver:
        driver.get((swept / "sorted.html").as_uri())
        assert driver.execute_async_script(READY) is True
        names = "return [...document.querySelectorAll('#models tbody th')].map((each) => each.textContent)"
        before = driver.execute_script(names)
        press = "document.querySelector('#models th button').click();"
        driver.execute_script(press)
        assert driver.execute_script(names) == sorted(before)
        driver.execute_script(press)
        assert driver.execute_script(names) == sorted(before, reverse=True)


def test_the_script_makes_the_same_digests_again(swept, tmp_path):
    lab = library.open(swept / "artifacts", quiet=True)
    sweep = lab["acai-sweep"]
    script = recipe(Run(swept / "artifacts"), [lab.run.artifacts.get(sweep.ref)]).splitlines()
    (tmp_path / "poses.npz").write_bytes((swept / "poses.npz").read_bytes())
    for line in script:
        if "posectl " in line:
            quick, program, *words = shlex.split(line)  # small sizes belong to the script, too
            assert (quick, program) == ("POSECTL_QUICK=1", "posectl")
            done = run_in(tmp_path, *words, env={"POSECTL_QUICK": "1"})
            assert done.code == 0, done.err
    digests = script[script.index("# The digests that this gave:") + 1 :]
    told = dict(line.removeprefix("# ").split() for line in digests)
    assert sweep.ref in told
    again = library.open(tmp_path / "artifacts", quiet=True)
    assert {ref: again.run.artifacts.get(ref).digest for ref in told} == told


def test_bad_input_has_a_sentence(swept):
    assert "should end in .html" in run_in(swept, "report", "-o", "page.md").err
    assert run_in(swept, "report", "nosuch", "-o", "none.html").code == 3
    assert run_in(swept, "report", "poses", "-o", "none.html").code in (3, 4)
    (swept / "mine.html").write_text("mine")
    assert run_in(swept, "report", "-o", "mine.html").code == 7
    assert not (swept / "none.html").exists()
