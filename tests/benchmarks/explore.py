"""Script time a frame of the explorer's page while an end is dragged, and the time from opening to the first drag.

    python tests/benchmarks/explore.py none acai posectl [--store DIR]

Each page is opened in headless Chromium, as it is and slowed four times, with 20,000 points and with 200,000 (the same
codes again, a little moved). WebGL is software there: its own time, which a graphics card would take, is told apart.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chromium import browser

import posectl

OPENED = """
    const done = arguments[arguments.length - 1];
    const wait = () => (globalThis.opened ? opened.then((e) => {
      window.e = e;
      e.drag({ x: 0, y: 0 });
      requestAnimationFrame(() => done(performance.now()));
    }) : setTimeout(wait, 5));
    wait();
"""
MORE = """
    const { places } = e.map, all = new Float32Array(arguments[0] * 2);
    for (let i = 0; i < all.length; i++) all[i] = places[i % places.length] + 0.01 * Math.random();
    e.map.coded = e.count = arguments[0];
    for (const model of e.models) {
      const codes = new Float32Array(arguments[0] * model.latent);
      for (let i = 0; i < codes.length; i++) codes[i] = model.codes[i % model.codes.length];
      model.codes = codes;
    }
    e.map.replace(all);
    e.map.paint(new Uint8Array(3 * arguments[0]).fill(90));
"""
DRAG = """
    const done = arguments[arguments.length - 1], [frames, moves] = arguments, points = [], drags = [];
    const plain = e.map.drawPoints.bind(e.map);
    e.map.drawPoints = () => { const started = performance.now(); plain(); points.push(performance.now() - started); };
    e.frameTimes.length = 0;
    let frame = 0;
    const next = () => {
      if (frame++ === frames) {
        e.map.drawPoints = plain;
        return done([e.frameTimes.map((each, i) => each + (drags[i] ?? 0)), points]);
      }
      const started = performance.now();
      e.drag({ x: 0.5 * Math.cos(frame / 9), y: 0.5 * Math.sin(frame / 7) }, frame % 2);
      drags.push(performance.now() - started);
      if (moves) e.map.zoom(1.001, e.map.centre);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--store", default="artifacts")
    parser.add_argument("--frames", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        made = posectl.open(given.store, quiet=True).explore(given.models, page)
        print(f"{len(given.models)} models, {made.bytes:,} bytes")
        with browser() as driver:
            for slowed in (1, 4):
                driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slowed})
                for count in (20_000, 200_000):
                    driver.get(page.as_uri())
                    opened = driver.execute_async_script(OPENED)
                    if count > 20_000:
                        driver.execute_script(MORE, count)
                    for moves in (False, True):
                        told(driver.execute_async_script(DRAG, given.frames, moves), slowed, count, moves, opened)


def told(times: tuple[list[float], list[float]], slowed: int, count: int, moves: bool, opened: float) -> None:
    """Print the median and the 99th percentile of a drag's frames, without the points' own time, and of the points'."""
    frames, points = times
    points = points[-len(frames) :]
    own = sorted(frame - point for frame, point in zip(frames, points, strict=True))
    print(
        f"{slowed} x slowed, {count:>7,} points, {'zooming' if moves else 'dragging'}: script "
        f"{statistics.median(own):.1f} ms, 99 % {own[int(0.99 * (len(own) - 1))]:.1f} ms; points "
        f"{statistics.median(points):.1f} ms; opened in {opened:.0f} ms"
    )


if __name__ == "__main__":
    main()
