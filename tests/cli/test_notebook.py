"""The explorer as a widget in a real notebook server: a cell shows it, and the next reads the pair that was picked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest
from chromium import browser

import posectl as library

CELLS = [
    "import json, posectl\nlab = posectl.open('artifacts', quiet=True)\npage = lab.explore('acai')\npage",
    "from pathlib import Path\nPath('pair.json').write_text(json.dumps(page.pair))",
]
TOKEN = "only-here"


@pytest.fixture
def served(store_with_a_model, tmp_path):
    """The address of a JupyterLab in a folder with the store and a notebook, and the folder."""
    for package in ("jupyterlab", "ipykernel", "anywidget"):
        pytest.importorskip(package, reason=f"no {package}")
    (tmp_path / "artifacts").symlink_to(store_with_a_model / "artifacts")
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**empty, "id": f"c{i}", "source": cell} for i, cell in enumerate(CELLS)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "play.ipynb").write_text(json.dumps(notebook))
    homes = {name: str(tmp_path / "home") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser",
               "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--IdentityProvider.token={TOKEN}"]  # fmt: skip
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | homes, stderr=subprocess.DEVNULL) as server:
        try:
            yield _address(tmp_path / "home"), tmp_path
        finally:
            server.terminate()


def _address(home):
    for _ in range(600):
        for file in home.glob("jpserver-*.json"):
            address = json.loads(file.read_text() or "{}").get("url", "")
            try:
                urllib.request.urlopen(f"{address}api?token={TOKEN}")
            except (OSError, ValueError):
                continue
            return address
        time.sleep(0.2)
    raise AssertionError("The server did not start")


RUN = """
    const [cell, done] = arguments, { commands, shell } = jupyterapp;
    shell.currentWidget.content.activeCellIndex = cell;
    commands.execute("notebook:run-cell").then(() => done(true), (error) => done(String(error)));
"""
CONNECTED = """
    const panel = globalThis.jupyterapp?.shell.currentWidget;
    return panel?.content && panel.sessionContext?.session?.kernel?.connectionStatus === "connected";
"""
SHOWN = "return [...document.querySelectorAll('.posectl-explore canvas.sample')].length"


def until(what, seconds=90):
    for _ in range(5 * seconds):
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError("It did not come about")


@pytest.mark.slow
def test_a_cell_shows_the_explorer_and_the_next_reads_its_pair(served):
    from selenium.webdriver.common.by import By

    address, folder = served
    with browser() as driver:
        driver.get(f"{address}lab/tree/play.ipynb?token={TOKEN}")
        until(lambda: driver.execute_script(CONNECTED))
        assert driver.execute_async_script(RUN, 0) is True
        until(lambda: driver.execute_script(SHOWN))
        number = driver.find_element(By.CSS_SELECTOR, ".posectl-explore input[type=number]")
        number.send_keys("5")
        driver.execute_script("arguments[0].dispatchEvent(new Event('change'))", number)
        time.sleep(1)
        assert driver.execute_async_script(RUN, 1) is True
        until((folder / "pair.json").exists)
        pair = json.loads((folder / "pair.json").read_text())
    assert pair["samples"][0] == 5
    lab = library.open(folder / "artifacts", quiet=True)
    codes = lab["acai"].encode(lab["poses"].samples[pair["samples"]])
    np.testing.assert_allclose(pair["codes"][0], codes, atol=1e-4)
