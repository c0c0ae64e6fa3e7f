// A trained model in the page: its decoder, the codes of the data, and what becomes of the ends of a path in it.

import { Background, Network } from "./network.js";
import { PATHS, onto } from "./paths.js";

/**
 * One end of a path, the same for all models: a weighted mean of samples (`rows`), or a draw, of the prior by `noise`, or
 * of those that a model brings by the share of them that `draw` is; `set` holds the codes that were moved by hand, by
 * model, and `amounts` those of attributes, by their number, that are added.
 * @typedef {{rows: number[], weights: number[], noise: Float64Array | null, draw?: number, set: Map<number, Float64Array>, amounts?: Map<number, number>}} End
 */

const SLOW = 3e6; // products of a decode, beyond which it goes to a worker

export class Model {
  constructor(/** @type {any} */ about, /** @type {Map<string, any>} */ arrays, /** @type {number} */ index, /** @type {number} */ size) {
    this.about = about;
    this.index = index;
    this.size = size;
    this.latent = about.latent;
    this.prior = about.prior;
    this.codes = arrays.get(`${index}.codes`);
    this.speed = arrays.get(`${index}.speed`);
    this.density = arrays.get(`${index}.density`);
    this.draws = arrays.get(`${index}.draws`); // of a model whose draws are not the prior's
    const operations = about.operations.map((/** @type {any} */ each) => ({
      ...each,
      arrays: Object.fromEntries(Object.entries(each.arrays).map(([key, name]) => [key, arrays.get(name)])),
    }));
    this.network = new Network(operations, about.latent);
    this.background = this.network.products > SLOW ? new Background(this.network) : null;
    /** @type {{name: string, model: number, most: number, direction: Float32Array}[]} */
    this.attributes = [];
    /** @type {Map<string, Float32Array>} */
    this.cache = new Map();
    /** @type {WeakMap<End, Float64Array>} */
    this.known = new WeakMap();
  }

  /** The code of an end, the same array each time. */
  code(/** @type {End} */ end) {
    let code = this.known.get(end);
    if (!code) this.known.set(end, code = this.edited(end));
    return code;
  }

  /** The code of an end with its attributes added, on the prior's support. */
  edited(/** @type {End} */ end) {
    const base = this.base(end);
    const added = [...(end.amounts ?? [])].filter(([number, amount]) => amount && this.attributes[number]?.model === this.index);
    if (!added.length) return base;
    const sum = Float64Array.from(base, (each, k) => added.reduce((total, [number, amount]) => total + amount * this.attributes[number].direction[k], each));
    return onto(sum, this.prior);
  }

  /** The code of an end: codes of samples are averaged and put on the prior's support; draws are taken as they are. */
  base(/** @type {End} */ end) {
    const own = end.set.get(this.index);
    if (own) return own;
    if (end.noise && this.draws) {
      const row = Math.floor((end.draw ?? 0) * (this.draws.length / this.latent)) * this.latent;
      return Float64Array.from(this.draws.subarray(row, row + this.latent));
    }
    if (end.noise) return onto(end.noise.subarray(0, this.latent), this.prior);
    const sum = new Float64Array(this.latent);
    end.rows.forEach((row, i) => {
      for (let k = 0; k < this.latent; k++) sum[k] += end.weights[i] * this.codes[row * this.latent + k];
    });
    return end.rows.length === 1 ? sum : onto(sum, this.prior);
  }

  /** Set one number of a code. On the sphere the others shrink or grow together, so that it stays there. */
  moved(/** @type {ArrayLike<number>} */ code, /** @type {number} */ axis, /** @type {number} */ value) {
    const moved = Float64Array.from(code);
    if (this.prior === "sphere") {
      const rest = Math.sqrt(Math.max(0, 1 - code[axis] ** 2)), wanted = Math.sqrt(Math.max(0, 1 - value ** 2));
      for (let k = 0; k < moved.length; k++) moved[k] = rest > 1e-9 ? (code[k] * wanted) / rest : wanted / Math.sqrt(moved.length - 1);
    }
    moved[axis] = value;
    return moved;
  }

  /** The codes of n steps of a path, one after another. */
  along(/** @type {string} */ path, /** @type {Float64Array} */ a, /** @type {Float64Array} */ b, /** @type {number[]} */ alphas) {
    const codes = new Float32Array(alphas.length * this.latent);
    alphas.forEach((alpha, t) => codes.set(PATHS[path](a, b, alpha), t * this.latent));
    return codes;
  }

  /** Decode codes; null where a worker is at it, which calls `later` when it has them. */
  decode(/** @type {Float32Array} */ codes, /** @type {() => void} */ later) {
    const n = codes.length / this.latent;
    if (!this.background) return this.network.run(codes, n);
    const keys = Array.from({ length: n }, (_, t) => codes.subarray(t * this.latent, (t + 1) * this.latent).join());
    const missing = keys.flatMap((key, t) => (this.cache.has(key) ? [] : [t]));
    if (missing.length === 0) {
      const samples = new Float32Array(n * this.size);
      keys.forEach((key, t) => samples.set(/** @type {Float32Array} */ (this.cache.get(key)), t * this.size));
      return samples;
    }
    if (!this.busy) {
      this.busy = true;
      const some = missing.slice(0, 4);
      const asked = new Float32Array(some.length * this.latent);
      some.forEach((t, i) => asked.set(codes.subarray(t * this.latent, (t + 1) * this.latent), i * this.latent));
      this.background.run(asked, some.length).then((samples) => {
        this.busy = false;
        if (this.cache.size > 512) this.cache.clear();
        some.forEach((t, i) => this.cache.set(keys[t], samples.slice(i * this.size, (i + 1) * this.size)));
        later();
      });
    }
    return null;
  }
}
