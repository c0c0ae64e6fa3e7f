// What leaves the page: the command that remakes what it shows, arrays and pictures.

import { lookOf } from "./colours.js";
import { make } from "./dom.js";
import { gif, npy, save } from "./files.js";
import { pathsOf } from "./paths.js";
import { DATA, stepsOf } from "./steps.js";

export class Exports {
  constructor(/** @type {import("./app.js").Explorer} */ page) {
    this.page = page;
  }

  /** The numbers of the two samples in the data set; null where an end is no sample. */
  pairNumbers() {
    const rows = this.page.arrays.get("rows");
    const moved = (/** @type {import("./model.js").End} */ end) => end.rows.length !== 1 || end.set.size || end.noise || [...(end.amounts?.values() ?? [])].some(Boolean);
    if (this.page.ends.some(moved)) return null;
    return this.page.ends.map((end) => rows[end.rows[0]]);
  }

  first() {
    return this.page.series.find(({ path }) => path !== DATA) ?? this.page.series[0];
  }

  commandLine() {
    const series = this.first();
    if (!series) return "";
    const pair = this.pairNumbers(), about = this.page.header.models[series.m];
    const path = pathsOf(series.model.prior)[0] === series.path || series.path === DATA ? "" : ` --path ${series.path}`;
    const ends = pair && this.page.header.dataset ? pair.map((number) => `'${this.page.header.dataset}#${number}'`).join(" ") : "--codes ends.npy";
    const weights = about.weights === "last" ? "" : ` --weights ${about.weights}`;
    return `posectl interpolate ${ends} --model ${about.ref} --steps ${stepsOf(series.model)}${path}${weights}`;
  }

  copy() {
    const text = this.commandLine();
    if (!this.pairNumbers()) this.saveEnds();
    const said = () => this.page.say(this.pairNumbers() ? "Copied." : "Copied; ends.npy holds the codes.");
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(said, () => this.page.say("Select the command and copy it."));
    else this.page.say("Select the command and copy it.");
  }

  saveEnds() {
    const { model } = this.first();
    const codes = this.page.ends.map((end) => model.code(end));
    save(npy(Float32Array.from([...codes[0], ...codes[1]]), [2, model.latent]), "ends.npy");
  }

  savePath() {
    const { samples, n } = this.first();
    if (samples) save(npy(samples, [1, n, ...this.page.header.shape]), "path.npy");
  }

  /** Draw the panels that are shown, side by side, at alpha. */
  still(/** @type {number} */ side, /** @type {any} */ look) {
    const canvas = make("canvas");
    const columns = Math.min(3, this.page.series.length);
    [canvas.width, canvas.height] = [columns * side, Math.ceil(this.page.series.length / columns) * (side + 24)];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = look.paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.page.series.forEach((series, i) => {
      context.save();
      context.translate((i % columns) * side, Math.floor(i / columns) * (side + 24));
      context.fillStyle = look.strong;
      context.font = "14px system-ui, sans-serif";
      context.fillText(`${series.name}  α ${this.page.alpha.toFixed(2)}`, 8, 18, side - 16);
      context.translate(0, 24);
      if (series.sample) this.page.paint(context, side, side, look, series.sample, series.ghost);
      context.restore();
    });
    return canvas;
  }

  savePng() {
    this.still(600, lookOf(this.page.root)).toBlob((/** @type {Blob} */ blob) => save(blob, "path.png"), "image/png");
  }

  saveGif() {
    const kept = this.page.alpha, frames = [], look = lookOf(this.page.root);
    const steps = Array.from({ length: 25 }, (_, t) => t / 24);
    let size = [0, 0];
    for (const alpha of [...steps, ...steps.slice(1, -1).reverse()]) {
      this.page.alpha = alpha;
      for (const series of this.page.series) series.look();
      const canvas = this.still(280, look);
      size = [canvas.width, canvas.height];
      frames.push(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
    }
    this.page.alpha = kept;
    save(gif(frames, size[0], size[1], 8), "path.gif");
    this.page.request();
  }
}
