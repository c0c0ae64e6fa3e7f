// A path through one model: its sample at alpha and all its steps are decoded and measured once for where its ends are.

import { boneErrors, transitions } from "./measures.js";
import { pathsOf } from "./paths.js";
import { DATA, stepsOf } from "./steps.js";

export class Series {
  constructor(/** @type {import("./app.js").Explorer} */ page, /** @type {number} */ m, /** @type {string} */ path, /** @type {any} */ shown) {
    this.page = page;
    this.m = m;
    this.model = page.models[m];
    this.path = path;
    /** @type {{name: string, colour: string, dash: number[], canvas: HTMLCanvasElement, element: HTMLElement}} */
    const { name, colour, dash, canvas, element } = shown;
    Object.assign(this, { name, colour, dash, canvas, element });
    this.turn = 0; // when its steps were last decoded
    /** @type {Float32Array | null} */
    this.sample = null;
    /** @type {Float32Array | null} */
    this.samples = null;
    this.n = 0;
    /** @type {{row: number, distance: number} | null} */
    this.ghost = null;
    /** @type {number[]} */
    this.curve = [];
    /** @type {number[]} */
    this.bones = [];
    [this.ratio, this.unevenness, this.length] = [NaN, NaN, NaN];
  }

  codes() {
    return this.page.ends.map((end) => this.model.code(end));
  }

  /** Decode the sample at alpha, and find the nearest real one, unless both are those of the last time. */
  look() {
    const { page, model } = this, [from, to] = this.codes(), steps = stepsOf(model);
    // A worker has the steps of the path alone.
    const alpha = model.background ? Math.round(page.alpha * (steps - 1)) / (steps - 1) : page.alpha;
    // The nearest of clouds takes its time: while an end is dragged it waits.
    const compared = page.reference.count > 0 && !page.withoutGhost && !(page.coarse && page.kind.kind === "clouds");
    const { seen } = this;
    if (seen && seen.from === from && seen.to === to && seen.alpha === alpha && seen.compared === compared) return;
    const sample = this.decode(from, to, [alpha]);
    if (!sample) return;
    this.seen = { from, to, alpha, compared };
    this.sample = sample;
    this.ghost = compared ? page.reference.nearest(sample, 0, this.ghost?.row) : null;
  }

  /** Whether its steps are those from where its ends are. */
  follows(dragged = false) {
    const [from, to] = this.codes();
    return this.n === stepsOf(this.model, dragged) && this.from === from && this.to === to;
  }

  /** Decode and measure its steps. */
  follow(dragged = false) {
    const { page, model } = this, [from, to] = this.codes(), n = stepsOf(model, dragged);
    const samples = this.decode(from, to, Array.from({ length: n }, (_, t) => t / (n - 1)));
    if (!samples) return;
    const clouds = page.kind.kind === "clouds"; // whose distances wait, too
    Object.assign(this, { from, to, n, samples, ...(dragged && clouds ? {} : transitions(page.kind, samples, n)) });
    if (page.kind.kind === "poses") this.bones = boneErrors(samples, n, page.scene.parents);
  }

  /** Decode codes along the path; the straight line in data space mixes the decoded ends. Null where a worker is at it. */
  decode(/** @type {Float64Array} */ from, /** @type {Float64Array} */ to, /** @type {number[]} */ alphas) {
    const { model, path, page } = this, own = pathsOf(model.prior), later = () => page.request();
    if (path !== DATA) return model.decode(model.along(own.includes(path) ? path : own[0], from, to, alphas), later);
    const ends = model.decode(model.along("lerp", from, to, [0, 1]), later);
    if (!ends) return null;
    const { size } = page, mixed = new Float32Array(alphas.length * size);
    alphas.forEach((alpha, t) => {
      for (let k = 0; k < size; k++) mixed[t * size + k] = (1 - alpha) * ends[k] + alpha * ends[size + k];
    });
    return mixed;
  }
}
