// What lies over the points of the map: the paths and their ends.

import { pathsOf } from "./paths.js";
import { DATA } from "./steps.js";

/** Draw the ends and the paths between them over the points. */
export function drawOverlay(/** @type {import("./app.js").Explorer} */ page) {
  const context = page.over.getContext("2d"), { look } = page, ratio = page.map.ratio ?? 1;
  context.clearRect(0, 0, page.over.width, page.over.height);
  if (page.printing) context.drawImage(page.points, 0, 0);
  const codes = page.ends.map((end) => page.models[0].code(end)), n = page.coarse ? 25 : 49;
  for (const { path, dash } of page.series.filter(({ m, path }) => m === page.series[0]?.m && path !== DATA)) {
    if (!pathsOf(page.models[0].prior).includes(path)) continue;
    context.beginPath();
    const line = page.models[0].along(path, codes[0], codes[1], Array.from({ length: n }, (_, t) => t / (n - 1)));
    const places = page.allPlaces(line);
    for (let t = 0; t < n; t++) {
      const { x, y } = page.map.toPixels({ x: places[2 * t], y: places[2 * t + 1] });
      context.lineTo(x, y);
    }
    for (const [colour, width] of [[look.paper, 5], [look.strong, 2]]) {
      context.setLineDash(colour === look.paper ? [] : dash.map((/** @type {number} */ each) => each * ratio));
      context.strokeStyle = colour;
      context.lineWidth = width * ratio;
      context.stroke();
    }
    context.setLineDash([]);
    const at = page.map.toPixels(page.project(page.models[0].along(path, codes[0], codes[1], [page.alpha])));
    drawEnd(context, at, 5 * ratio, look.strong, look.paper, ratio);
  }
  page.endPlaces().forEach((place, i) => {
    const at = page.map.toPixels(place);
    drawEnd(context, at, 11 * ratio, i === 0 ? look.a : look.b, i === page.active ? look.strong : look.paper, 2 * ratio);
    context.fillStyle = "#fff";
    context.font = `bold ${12 * ratio}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("AB"[i], at.x, at.y + ratio);
  });
}

function drawEnd(/** @type {CanvasRenderingContext2D} */ context, /** @type {import("./map.js").Point} */ at, /** @type {number} */ radius, /** @type {string} */ fill, /** @type {string} */ rim, /** @type {number} */ width) {
  context.beginPath();
  context.arc(at.x, at.y, radius, 0, 7);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = rim;
  context.lineWidth = width;
  context.stroke();
}
