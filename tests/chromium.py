"""A headless Chromium for tests of pages, driven by selenium; where either is absent, tests skip with a word."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
DRIVER = shutil.which("chromedriver")
# Of a page of posectl: waits until it is opened, as `e`, and returns true, or what it failed of.
READY = """
    const done = arguments[arguments.length - 1];
    const tell = () => opened.then((e) => { window.e = e; done(true); }, (error) => done(String(error)));
    const wait = () => (globalThis.opened ? tell() : setTimeout(wait, 10));
    wait();
"""


@contextmanager
def browser(downloads: Path | None = None, *, webgl: bool = True) -> Iterator[Any]:
    """Open a browser; downloads: the folder where it saves files."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium")
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium and chromedriver: Debian's packages chromium and chromium-driver have them")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    flags = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-device-scale-factor=1"]
    for flag in [*flags, "--enable-unsafe-swiftshader" if webgl else "--disable-3d-apis"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if downloads is not None:
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(120)
    try:
        yield driver
    finally:
        driver.quit()


def resize(driver: Any, width: int, height: int) -> None:
    """Give the page this size, whatever a window may have."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def emulate(driver: Any, **features: str) -> None:
    """Set media features, prefers_color_scheme="dark"."""
    named = [{"name": key.replace("_", "-"), "value": value} for key, value in features.items()]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})


def complaints(driver: Any) -> list[str]:
    """Return the page's console errors."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def requests(driver: Any) -> list[str]:
    """Return the addresses that were asked for since the last time."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent: list[Mapping[str, Any]] = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [each["request"]["url"] for each in sent]
