// The page: two ends on a map of codes, the path between them decoded, drawn and measured while they are moved.

import { drawChart } from "./chart.js";
import { MOST_COLOURS, classColour, lookOf } from "./colours.js";
import { endControls, exportControls, mapControls, pathControls } from "./controls.js";
import { unpack } from "./data.js";
import { cleared, fillTable, make } from "./dom.js";
import { drawSample, sceneOf, turnable } from "./drawing.js";
import { Exports } from "./exports.js";
import { listen } from "./gestures.js";
import { LatentMap, projected } from "./map.js";
import { Reference } from "./measures.js";
import { Model } from "./model.js";
import { drawOverlay } from "./overlay.js";
import { normals, pathsOf, random } from "./paths.js";
import { Series } from "./series.js";
import { DATA } from "./steps.js";

const AROUND = 8; // samples whose codes make that of a place on the map
const SECONDS = 4; // from one end to the other
const SHARE = 2.5; // milliseconds of a frame in which paths are decoded

/** Open the packed text of a page in an element. */
export async function explore(/** @type {HTMLElement} */ root, /** @type {string} */ text, /** @type {(state: any) => void} */ told = () => {}) {
  root.classList.add("posectl-explore");
  try {
    return new Explorer(root, await unpack(text), told);
  } catch (error) {
    root.replaceChildren(make("p", { class: "failure", role: "alert" }, String(/** @type {Error} */ (error).message)));
    throw error;
  }
}

export class Explorer {
  constructor(/** @type {HTMLElement} */ root, /** @type {import("./data.js").Data} */ data, /** @type {(state: any) => void} */ told) {
    const { header, arrays } = data;
    this.root = root;
    this.header = header;
    this.arrays = arrays;
    this.told = told;
    this.size = header.shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    this.kind = { kind: header.kind, size: this.size };
    this.reference = new Reference(this.kind, arrays.get("reference"));
    /** @type {Model[]} */
    this.models = header.models.map((/** @type {any} */ about, /** @type {number} */ i) => new Model(about, arrays, i, this.size));
    const attributes = header.attributes.map((/** @type {any} */ each) => ({ ...each, direction: arrays.get(each.direction) }));
    this.models.forEach((model) => { model.attributes = attributes; });
    this.shown = new Set(this.models.keys());
    const own = pathsOf(this.models[0].prior)[0];
    /** @type {Set<string>} */
    this.paths = new Set([own]);
    this.alpha = 0.5;
    this.forward = true;
    this.playing = false;
    this.camera = { yaw: -0.6, pitch: 0.15 };
    this.active = 0;
    /** @type {number[]} */
    this.frameTimes = [];
    this.turns = 0;
    /** @type {number | null} */
    this.only = null; // the class that is pointed at
    this.measures = { turn: 0, follow: () => this.showMeasures() };
    this.count = header.count;
    this.scene = sceneOf(header);
    this.ends = [this.sampleEnd(header.start[0]), this.sampleEnd(header.start[1])];
    this.exports = new Exports(this);
    this.look = lookOf(root);
    this.build();
    this.recolour(0);
    listen(this);
    this.request();
  }

  // Ends

  /** @returns {import("./model.js").End} */
  sampleEnd(/** @type {number} */ row) {
    return { rows: [row], weights: [1], noise: null, set: new Map() };
  }

  setEnd(/** @type {import("./model.js").End} */ end, index = this.active) {
    this.ends[index] = end;
    this.moved();
  }

  /** Move an end to a place on the map: the weighted codes of the samples around it. */
  drag(/** @type {import("./map.js").Point} */ place, index = this.active) {
    this.setEnd({ ...this.map.around(place, AROUND), noise: null, set: new Map() }, index);
    this.places[index] = place;
  }

  moved() {
    this.places[this.active] = null;
    this.coarse = true;
    clearTimeout(this.settle);
    this.settle = setTimeout(() => {
      this.coarse = false;
      this.request();
    }, 150);
    this.request();
  }

  /** The place of a code on the map. */
  project(/** @type {ArrayLike<number>} */ code) {
    const [x, y] = this.allPlaces(code);
    return { x, y };
  }

  /** The places of codes, those of the samples, on the map, one after another. */
  allPlaces(codes = this.models[0].codes) {
    return projected(codes, this.arrays.get("middle"), this.arrays.get("axes"));
  }

  // The page

  build() {
    const { header } = this;
    this.points = make("canvas", { class: "layer" });
    this.over = make("canvas", {
      class: "layer over", tabindex: "0", role: "application",
      "aria-label": "Map of codes. Arrow keys move the chosen end, A and B choose it, plus and minus zoom, space plays.",
    });
    this.places = [null, null];
    this.legend = make("div", { class: "legend", role: "group", "aria-label": "Colours" });
    this.panels = make("div", { class: "panels" });
    this.numbers = make("table", { class: "numbers" });
    this.speedChart = make("canvas", { class: "chart", role: "img", "aria-label": "Speed along the path" });
    this.boneChart = make("canvas", { class: "chart", role: "img", "aria-label": "Bone length error along the path" });
    this.status = make("p", { class: "status", role: "status" });
    this.command = make("code", { class: "command" });
    this.root.replaceChildren(
      make("header", {}, make("h1", {}, header.title), make("p", {}, header.subtitle)),
      make("main", {},
        make("section", { class: "left", "aria-label": "Codes" },
          make("div", { class: "map" }, this.points, this.over), this.legend, mapControls(this), endControls(this)),
        make("section", { class: "right", "aria-label": "Path" },
          pathControls(this), this.panels, this.numbers,
          make("div", { class: "charts" },
            make("figure", {}, make("figcaption", {}, "speed, 1 is even"), this.speedChart),
            ...(header.kind === "poses" ? [make("figure", {}, make("figcaption", {}, "bone length error, %"), this.boneChart)] : [])),
          exportControls(this))),
    );
    this.map = new LatentMap(this.points, this.over, this.allPlaces());
    this.buildPanels();
  }

  /** One panel for each model and path that is shown. */
  buildPanels() {
    this.series = this.models.flatMap((_, m) => (this.shown.has(m) ? [...this.paths].map((path) => ({ m, path })) : []))
      .map((each) => {
        const colour = classColour(each.m % MOST_COLOURS, this.look.lift), order = [...pathsOf(this.models[0].prior), DATA].indexOf(each.path);
        const canvas = make("canvas", { class: "sample", tabindex: "0", role: "img" });
        const label = this.models.length > 1 || this.paths.size < 2 ? this.header.models[each.m].label : "";
        const name = [label, this.paths.size > 1 || each.path === DATA ? each.path : ""].filter(Boolean).join(", ");
        const swatch = make("span", { class: `swatch dash${order}` });
        swatch.style.borderTopColor = colour;
        const element = make("figure", { class: "panel" }, make("figcaption", {}, swatch, name), canvas);
        return new Series(this, each.m, each.path, { name, colour, dash: [[], [7, 4], [2, 3], [9, 3, 2, 3]][order], canvas, element });
      });
    this.panels.replaceChildren(...this.series.map(({ element }) => element));
    for (const { canvas } of this.series) turnable(canvas, this.camera, () => this.request());
    this.request();
  }

  // Colours

  /** Take the style sheet's colours anew. */
  restyle() {
    this.look = lookOf(this.root);
    for (const each of this.series) {
      each.colour = classColour(each.m % MOST_COLOURS, this.look.lift);
      each.element.querySelector(".swatch").style.borderTopColor = each.colour;
    }
    this.recolour(this.colouring);
  }

  /** Draw everything for paper, light and at once; a printed canvas of WebGL is empty, so its points go on the other. */
  print(/** @type {boolean} */ printing) {
    this.printing = printing;
    this.root.classList.toggle("printing", printing);
    this.restyle();
    this.draw(0);
  }

  recolour(/** @type {number} */ index) {
    this.colouring = index;
    if (!this.colourings.length) return;
    const { colours, legend } = this.colourings[index].paint();
    const all = this.withDraws ? new Uint8Array(this.map.places.length / 2 * 3).fill(150) : colours;
    if (this.withDraws) all.set(colours);
    this.map.paint(all);
    this.legend.replaceChildren(...legend, ...(this.withDraws ? [make("span", {}, make("i", { class: "drawn" }), "draws")] : []));
    this.request();
  }

  /** Put draws beside the codes of the data. */
  showDraws(/** @type {boolean} */ wanted) {
    const model = this.models[0], uniform = random(1), draws = Math.min(4000, this.count);
    const places = this.allPlaces();
    this.withDraws = wanted;
    if (wanted) {
      const all = new Float32Array(places.length + 2 * draws);
      all.set(places);
      for (let i = 0; i < draws; i++) {
        const end = { rows: [], weights: [], noise: normals(uniform, model.latent), draw: i / draws, set: new Map() };
        const { x, y } = this.project(model.code(end));
        all.set([x, y], places.length + 2 * i);
      }
      this.map.replace(all);
    } else this.map.replace(places);
    this.map.fit();
    this.recolour(this.colouring);
  }

  // Choosing

  choose(/** @type {number} */ index) {
    this.active = index;
    this.endButtons.forEach((each, i) => each.setAttribute("aria-pressed", String(i === index)));
    this.request();
  }

  pick(/** @type {number} */ row) {
    if (row >= 0) this.setEnd(this.sampleEnd(row));
  }

  /** The row in the page of a sample's number in the data set, or of the next one that the page has. */
  rowOf(/** @type {number} */ number) {
    const rows = this.arrays.get("rows");
    let best = 0;
    for (let i = 0; i < rows.length; i++) if (Math.abs(rows[i] - number) < Math.abs(rows[best] - number)) best = i;
    if (rows[best] !== number) this.say(`The page holds ${this.count} of ${this.header.total} ${this.header.nouns}; #${rows[best]} is the nearest.`);
    return best;
  }

  pickWhere(/** @type {any} */ label, /** @type {number} */ value) {
    const classes = this.arrays.get(`label.${label.name}`), found = [];
    for (let i = 0; i < this.count; i++) if (value < 0 || classes[i] === value) found.push(i);
    this.pick(found[Math.floor(Math.random() * found.length)] ?? -1);
  }

  drawEnd() {
    const most = Math.max(...this.models.map((model) => model.latent));
    this.setEnd({ rows: [], weights: [], noise: normals(Math.random, most), draw: Math.random(), set: new Map() });
  }

  walk() {
    this.ends = [this.ends[1], this.ends[0]];
    this.alpha = 0;
    this.forward = true;
    this.choose(1);
    this.pick(Math.floor(Math.random() * this.count));
    if (!this.playing) this.toggle();
    this.walking = true;
  }

  toggle() {
    this.playing = !this.playing;
    this.walking = this.walking && this.playing;
    this.play.textContent = this.playing ? "Pause" : "Play";
    this.before = undefined;
    this.request();
  }

  say(/** @type {string} */ text) {
    this.status.textContent = text;
  }

  // Frames

  request() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame((now) => {
      this.asked = false;
      const started = performance.now();
      this.draw(now);
      this.frameTimes.push(performance.now() - started);
      if (this.frameTimes.length > 5000) this.frameTimes.shift();
    });
  }

  draw(/** @type {number} */ now) {
    if (this.playing) this.advance(now);
    const { look } = this;
    for (const each of this.series) each.look();
    this.map.drawPoints();
    drawOverlay(this);
    for (const each of this.series) this.drawPanel(each, look);
    this.follow();
    if (!this.coarse) this.showRest();
    if (this.playing) this.request();
  }

  advance(/** @type {number} */ now) {
    const seconds = this.before === undefined ? 0 : Math.min(0.1, (now - this.before) / 1000);
    this.before = now;
    this.alpha += ((this.forward ? 1 : -1) * seconds) / SECONDS;
    if (this.alpha > 1 && this.walking) this.walk();
    else if (this.alpha > 1 || this.alpha < 0) {
      this.alpha = Math.max(0, Math.min(1, this.alpha));
      this.forward = !this.forward;
    }
    this.scrub.input.value = String(this.alpha);
  }

  /**
   * Decode paths anew, first those that have waited longest, and show what is measured of them, one after another while
   * the frame's share of time lasts; the rest waits for the next frame.
   */
  follow() {
    const late = this.series.filter((each) => !each.follows(this.coarse));
    const tasks = [...late, this.measures].sort((a, b) => a.turn - b.turn), started = performance.now();
    let done = 0, spent = 0;
    for (; done < tasks.length && (done === 0 || spent * (1 + 1 / done) <= SHARE); done++) {
      tasks[done].follow(this.coarse);
      tasks[done].turn = ++this.turns;
      spent = performance.now() - started;
    }
    if (done < tasks.length || this.measures.turn !== this.turns) this.request();
  }

  showMeasures() {
    this.drawCharts();
    this.showNumbers();
  }

  endPlaces() {
    return this.ends.map((end, i) => this.places[i] ?? this.project(this.models[0].code(end)));
  }

  drawPanel(/** @type {any} */ series, /** @type {any} */ look) {
    const { canvas, sample, ghost } = series, { context, width, height } = cleared(canvas, () => this.request());
    if (sample) this.paint(context, width, height, look, sample, ghost);
  }

  paint(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ width, /** @type {number} */ height, /** @type {any} */ look, /** @type {Float32Array} */ sample, /** @type {any} */ ghost) {
    if (this.header.kind === "images" && ghost) {
      // An image has no room behind it: the nearest real one stands beside it.
      drawSample(context, width / 2, height, this.scene, this.camera, look, sample, 0, null);
      context.translate(width / 2, 0);
      context.globalAlpha = 0.55;
      drawSample(context, width / 2, height, this.scene, this.camera, look, this.reference.samples, ghost.row * this.size, null);
      context.globalAlpha = 1;
      context.translate(-width / 2, 0);
      return;
    }
    drawSample(context, width, height, this.scene, this.camera, look, sample, 0, ghost && { samples: this.reference.samples, from: ghost.row * this.size });
  }

  drawCharts() {
    const { look } = this;
    const ready = this.series.filter(({ samples }) => samples);
    const at = { alpha: this.alpha, ink: look.ink, grid: look.grid }, resized = () => this.request();
    drawChart(this.speedChart, ready.map(({ curve, colour, dash }) => ({ values: curve, colour, dash })), { ...at, level: 1, least: 2 }, resized);
    if (this.header.kind === "poses") {
      drawChart(this.boneChart, ready.map(({ bones, colour, dash }) => ({ values: bones, colour, dash })), { ...at, level: null, least: 5 }, resized);
    }
  }

  showNumbers() {
    const [unit, times] = this.header.kind === "poses" ? ["mm", 1000] : ["", 1];
    const text = (/** @type {number} */ value, /** @type {number} */ digits) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
    const far = (/** @type {number} */ value) => (times === 1 ? text(value, 3) : text(value * times, 1)) + (unit && ` ${unit}`);
    const head = ["", "length / straight", "fastest / slowest", "length", ...(this.reference.count && !this.withoutGhost ? ["to the nearest real"] : [])];
    fillTable(this.numbers, head, this.series.filter(({ samples }) => samples).map(({ name, ratio, unevenness, length, ghost }) =>
      [name, text(ratio, 3), text(unevenness, 1), far(length), ...(ghost ? [far(ghost.distance)] : [])]));
  }

  /** What need not follow every frame: the sliders, the command, the names of panels, and who listens. */
  showRest() {
    const model = this.models[this.slid], code = model.code(this.ends[this.active]);
    this.inputs.forEach((each, axis) => {
      if (document.activeElement === each.input) return;
      const { amounts } = this.ends[this.active];
      each.input.value = String(each.attribute === undefined ? code[axis] : amounts?.get(each.attribute) ?? 0);
    });
    this.command.textContent = this.exports.commandLine();
    for (const { canvas, name } of this.series) canvas.setAttribute("aria-label", `${this.header.noun} at alpha ${this.alpha.toFixed(2)} by ${name}`);
    this.told({ alpha: this.alpha, codes: this.models.map((each) => this.ends.map((end) => Array.from(each.code(end)))), samples: this.exports.pairNumbers() });
  }
}
