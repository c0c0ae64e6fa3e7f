// A small chart of curves over alpha.

import { cleared } from "./dom.js";

/** @typedef {{values: number[], colour: string, dash: number[]}} Curve */

/** Draw curves over alpha from 0 to 1, with a level to compare with, and a mark at alpha. */
export function drawChart(/** @type {HTMLCanvasElement} */ canvas, /** @type {Curve[]} */ curves, /** @type {{alpha: number, level: number | null, least: number, ink: string, grid: string}} */ look, /** @type {() => void} */ resized) {
  const { context, width, height, ratio } = cleared(canvas, resized);
  context.scale(ratio, ratio);
  const [left, right, top, bottom] = [38, width / ratio - 8, 8, height / ratio - 20];
  const most = nice(Math.max(look.least, ...curves.flatMap((curve) => curve.values.filter(Number.isFinite))));
  const x = (/** @type {number} */ share) => left + share * (right - left);
  const y = (/** @type {number} */ value) => bottom - (value / most) * (bottom - top);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = look.ink;
  context.strokeStyle = look.grid;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    context.beginPath();
    context.moveTo(left, y(share * most));
    context.lineTo(right, y(share * most));
    context.stroke();
    context.fillText(String(+(share * most).toPrecision(3)), left - 5, y(share * most));
  }
  context.textBaseline = "top";
  for (const [share, label, align] of /** @type {[number, string, CanvasTextAlign][]} */ ([[0, "0", "left"], [0.5, "alpha", "center"], [1, "1", "right"]])) {
    context.textAlign = align;
    context.fillText(label, x(share), bottom + 5);
  }
  if (look.level !== null) line(context, [[left, y(look.level)], [right, y(look.level)]], look.ink, [2, 3], 1);
  line(context, [[x(look.alpha), top], [x(look.alpha), bottom]], look.ink, [], 1);
  for (const { values, colour, dash } of curves) {
    const middle = values.length > 0 ? 0.5 / values.length : 0;
    const places = values.map((value, t) => /** @type {[number, number]} */ ([x(t / values.length + middle), y(value)]));
    line(context, places.filter(([, height]) => Number.isFinite(height)), colour, dash, 2);
  }
}

function line(/** @type {CanvasRenderingContext2D} */ context, /** @type {[number, number][]} */ places, /** @type {string} */ colour, /** @type {number[]} */ dash, /** @type {number} */ width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  for (const [x, y] of places) context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
}

/** The next number of 1, 2, 2.5 or 5 times a power of ten. */
function nice(/** @type {number} */ value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (/** @type {number} */ ([1, 2, 2.5, 5, 10].find((each) => each * power >= value * 0.999)));
}
