// The page: two ends on a map of codes, the path between them decoded, drawn and measured while they are moved.

import { drawChart } from "./chart.js";
import { MOST_COLOURS, byClass, byValue, classColour, lookOf, scaleColour } from "./colours.js";
import { unpack } from "./data.js";
import { button, choice, cleared, make, slider } from "./dom.js";
import { drawSample, sceneOf, turnable } from "./drawing.js";
import { Exports } from "./exports.js";
import { listen } from "./gestures.js";
import { LatentMap, projected } from "./map.js";
import { Reference } from "./measures.js";
import { Model } from "./model.js";
import { normals, pathsOf, random } from "./paths.js";
import { Series } from "./series.js";
import { DATA } from "./steps.js";

const AROUND = 8; // samples whose codes make that of a place on the map
const MOST_NAMES = 200; // of classes in the legend
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
          make("div", { class: "map" }, this.points, this.over), this.legend, this.mapControls(), this.endControls()),
        make("section", { class: "right", "aria-label": "Path" },
          this.pathControls(), this.panels, this.numbers,
          make("div", { class: "charts" },
            make("figure", {}, make("figcaption", {}, "speed, 1 is even"), this.speedChart),
            ...(header.kind === "poses" ? [make("figure", {}, make("figcaption", {}, "bone length error, %"), this.boneChart)] : [])),
          this.exportControls())),
    );
    this.map = new LatentMap(this.points, this.over, this.allPlaces());
    this.buildPanels();
  }

  mapControls() {
    const { header } = this;
    /** @type {{name: string, paint: () => {colours: Uint8Array, legend: (Node | string)[]}}[]} */
    this.colourings = [
      ...header.labels.map((/** @type {any} */ label) => ({ name: label.name, paint: () => this.paintClasses(label) })),
      ...header.factors.map((/** @type {any} */ factor) => ({ name: factor.name, paint: () => this.paintValues(this.arrays.get(`factor.${factor.name}`), factor.period, factor.unit) })),
      ...this.models.flatMap((model, i) => (model.speed ? [{ name: `speed of ${header.models[i].label}`, paint: () => this.paintValues(model.speed, 0, header.models[i].speedUnit) }] : [])),
      ...(this.models[0].density ? [{ name: "density of codes", paint: () => this.paintValues(this.models[0].density, 0, "") }] : []),
    ];
    const colour = choice("Colour by", this.colourings.length ? this.colourings.map(({ name }) => name) : ["nothing"], (index) => { this.only = null; this.recolour(index); });
    const draws = make("input", { type: "checkbox", onchange: () => this.showDraws(draws.checked) });
    return make("div", { class: "row" }, colour.element, make("label", { class: "check" }, draws, "draws from the prior"),
      button("Fit", () => { this.map.fit(); this.request(); }, "Show all codes"));
  }

  endControls() {
    const { header } = this;
    this.endButtons = ["A", "B"].map((name, index) =>
      make("button", { type: "button", class: `end ${name.toLowerCase()}`, onclick: () => this.choose(index), "aria-pressed": String(index === 0) }, name));
    const number = make("input", { type: "number", min: "0", max: String(header.total - 1), "aria-label": `Number of a ${header.noun}`, placeholder: `${header.noun} #` });
    number.addEventListener("change", () => this.pick(this.rowOf(Number(number.value))));
    const lists = header.labels.map((/** @type {any} */ label) =>
      choice(label.name, ["any", ...label.names], (index) => this.pickWhere(label, index - 1)).element);
    this.sliders = make("div", { class: "sliders" });
    const which = choice("Numbers of the code in", header.models.map((/** @type {any} */ each) => each.label), (index) => { this.slid = index; this.buildSliders(); });
    this.slid = 0;
    this.buildSliders();
    return make("fieldset", { class: "ends" },
      make("legend", {}, "End"),
      make("div", { class: "row" }, ...this.endButtons, number,
        button("Random", () => this.pick(Math.floor(Math.random() * this.count)), `A ${header.noun} of the data`),
        button("Draw", () => this.drawEnd(), "A code drawn from the prior"),
        button("Swap", () => { this.ends.reverse(); this.places.reverse(); this.request(); })),
      make("div", { class: "row" }, ...lists),
      make("details", {}, make("summary", {}, "The code, number by number"), ...(this.models.length > 1 ? [which.element] : []), this.sliders));
  }

  buildSliders() {
    const model = this.models[this.slid];
    const most = model.prior === "sphere" ? 1 : model.about.most;
    this.inputs = Array.from({ length: Math.min(model.latent, 64) }, (_, axis) => slider(`z${axis + 1}`, { min: -most, max: most, step: most / 500, value: 0 }, (value) => {
      const end = this.ends[this.active];
      this.setEnd({ ...end, amounts: new Map(), set: new Map(end.set).set(model.index, model.moved(model.code(end), axis, value)) });
    }));
    const { heads } = model.about, names = this.header.classNames;
    const told = choice("Class in the code", ["as it is", ...Array.from({ length: heads }, (_, i) => names[i] ?? String(i))], (index) => {
      const end = this.ends[this.active], code = Float64Array.from(model.code(end));
      for (let i = 0; index && i < heads; i++) code[i] = i === index - 1 ? 1 : 0;
      this.setEnd({ ...end, amounts: new Map(), set: new Map(end.set).set(model.index, code) });
    });
    model.attributes.forEach((attribute, number) => {
      if (attribute.model !== model.index) return;
      const range = { min: -attribute.most, max: attribute.most, step: attribute.most / 100, value: 0 };
      const { element, input } = slider(attribute.name, range, (value) => {
        const end = this.ends[this.active];
        this.setEnd({ ...end, amounts: new Map(end.amounts ?? []).set(number, value) });
      });
      this.inputs.push({ element, input, attribute: number });
    });
    this.sliders.replaceChildren(...(heads ? [told.element] : []), ...this.inputs.map(({ element }) => element));
  }

  pathControls() {
    this.play = button("Play", () => this.toggle());
    this.scrub = slider("alpha", { min: 0, max: 1, step: 0.001, value: this.alpha }, (value) => { this.alpha = value; this.request(); });
    const names = [...pathsOf(this.models[0].prior), DATA];
    const paths = names.map((name) => {
      const box = make("input", { type: "checkbox", checked: this.paths.has(name), onchange: () => {
        if (box.checked) this.paths.add(name);
        else this.paths.delete(name);
        this.buildPanels();
      } });
      return make("label", { class: "check" }, box, name);
    });
    const models = this.models.length < 2 ? [] : this.models.map((model, index) => {
      const box = make("input", { type: "checkbox", checked: true, onchange: () => {
        if (box.checked) this.shown.add(index);
        else this.shown.delete(index);
        this.buildPanels();
      } });
      return make("label", { class: "check" }, box, this.header.models[index].label);
    });
    const ghost = make("input", { type: "checkbox", checked: true, onchange: () => { this.withoutGhost = !ghost.checked; this.request(); } });
    return make("div", {},
      make("div", { class: "row play" }, this.play, this.scrub.element, button("Walk", () => this.walk(), "Go on from B to another random end")),
      make("div", { class: "row" }, ...paths, ...models,
        ...(this.reference.count ? [make("label", { class: "check" }, ghost, `nearest real ${this.header.noun}`)] : [])));
  }

  exportControls() {
    return make("div", { class: "saves" },
      make("div", { class: "row" },
        button("Save path .npy", () => this.exports.savePath()), button("Save ends .npy", () => this.exports.saveEnds()),
        button("Save PNG", () => this.exports.savePng()), button("Save GIF", () => this.exports.saveGif()),
        button("Copy command", () => this.exports.copy())),
      this.command, this.status);
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

  /** Colours by class, and a legend in which a class can be pointed at: alone it keeps its colour. */
  paintClasses(/** @type {any} */ label) {
    const classes = this.arrays.get(`label.${label.name}`), { lift } = this.look;
    const legend = label.names.slice(0, MOST_NAMES).map((/** @type {string} */ name, /** @type {number} */ i) => {
      const swatch = make("i");
      swatch.style.background = classColour(i === this.only ? i % MOST_COLOURS : i, lift);
      const pointed = () => { this.only = this.only === i ? null : i; this.recolour(this.colouring); };
      return make("button", { type: "button", "aria-pressed": String(this.only === i), onclick: pointed }, swatch, make("b", {}, name));
    });
    if (label.names.length > MOST_NAMES) legend.push(make("span", {}, `and ${label.names.length - MOST_NAMES} more`));
    return { colours: byClass(classes, lift, this.only), legend };
  }

  paintValues(/** @type {ArrayLike<number>} */ values, /** @type {number} */ period, /** @type {string} */ unit) {
    const { colours, low, high } = byValue(values, period);
    const bar = make("i", { class: "bar" });
    if (!period) bar.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((share) => `rgb(${scaleColour(share)})`).join(", ")})`;
    const text = (/** @type {number} */ value) => `${+value.toPrecision(3)}`;
    return { colours, legend: [make("span", {}, text(low), bar, `${text(high)} ${unit}`)] };
  }

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

  /** Put draws from the prior beside the codes of the data. */
  showDraws(/** @type {boolean} */ wanted) {
    const model = this.models[0], uniform = random(1), draws = Math.min(4000, this.count);
    const places = this.allPlaces();
    this.withDraws = wanted;
    if (wanted) {
      const all = new Float32Array(places.length + 2 * draws);
      all.set(places);
      for (let i = 0; i < draws; i++) {
        const end = { rows: [], weights: [], noise: normals(uniform, model.latent), set: new Map() };
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
    this.setEnd({ rows: [], weights: [], noise: normals(Math.random, most), set: new Map() });
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
    this.drawOver(look);
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

  drawOver(/** @type {any} */ look) {
    const context = this.over.getContext("2d"), ratio = this.map.ratio ?? 1;
    context.clearRect(0, 0, this.over.width, this.over.height);
    if (this.printing) context.drawImage(this.points, 0, 0);
    const codes = this.ends.map((end) => this.models[0].code(end)), n = this.coarse ? 25 : 49;
    for (const { path, dash } of this.series.filter(({ m, path }) => m === this.series[0]?.m && path !== DATA)) {
      if (!pathsOf(this.models[0].prior).includes(path)) continue;
      context.beginPath();
      const line = this.models[0].along(path, codes[0], codes[1], Array.from({ length: n }, (_, t) => t / (n - 1)));
      const places = this.allPlaces(line);
      for (let t = 0; t < n; t++) {
        const { x, y } = this.map.toPixels({ x: places[2 * t], y: places[2 * t + 1] });
        context.lineTo(x, y);
      }
      for (const [colour, width] of [[look.paper, 5], [look.strong, 2]]) {
        context.setLineDash(colour === look.paper ? [] : dash.map((/** @type {number} */ each) => each * ratio));
        context.strokeStyle = colour;
        context.lineWidth = width * ratio;
        context.stroke();
      }
      context.setLineDash([]);
      const at = this.map.toPixels(this.project(this.models[0].along(path, codes[0], codes[1], [this.alpha])));
      this.dot(context, at, 5 * ratio, look.strong, look.paper, ratio);
    }
    this.endPlaces().forEach((place, i) => {
      const at = this.map.toPixels(place);
      this.dot(context, at, 11 * ratio, i === 0 ? look.a : look.b, i === this.active ? look.strong : look.paper, 2 * ratio);
      context.fillStyle = "#fff";
      context.font = `bold ${12 * ratio}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText("AB"[i], at.x, at.y + ratio);
    });
  }

  dot(/** @type {CanvasRenderingContext2D} */ context, /** @type {import("./map.js").Point} */ at, /** @type {number} */ radius, /** @type {string} */ fill, /** @type {string} */ rim, /** @type {number} */ width) {
    context.beginPath();
    context.arc(at.x, at.y, radius, 0, 7);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = rim;
    context.lineWidth = width;
    context.stroke();
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
    this.table(this.numbers, head, this.series.filter(({ samples }) => samples).map(({ name, ratio, unevenness, length, ghost }) =>
      [name, text(ratio, 3), text(unevenness, 1), far(length), ...(ghost ? [far(ghost.distance)] : [])]));
  }

  /** Fill a table, whose cells are kept from frame to frame. */
  table(/** @type {HTMLTableElement} */ table, /** @type {string[]} */ head, /** @type {string[][]} */ rows) {
    const all = [head, ...rows];
    while (table.rows.length > all.length) table.deleteRow(-1);
    all.forEach((cells, r) => {
      const row = table.rows[r] ?? table.insertRow();
      while (row.cells.length > cells.length) row.deleteCell(-1);
      cells.forEach((text, c) => {
        const cell = row.cells[c] ?? row.appendChild(make(r === 0 || c === 0 ? "th" : "td", { scope: r === 0 ? "col" : "row" }));
        if (cell.textContent !== text) cell.textContent = text;
      });
    });
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
