// The page of a report: tables, figures, paths that play, draws beside the nearest real samples, and the recipe.

import { lookOf } from "./colours.js";
import { unpack } from "./data.js";
import { button, choice, make } from "./dom.js";
import { drawSample, sceneOf, turnable } from "./drawing.js";

const ONE_WAY = 3; // seconds from one end of a path to the other

/** Open the packed text of a report in an element. */
export async function report(/** @type {HTMLElement} */ root, /** @type {string} */ text) {
  root.classList.add("posectl-explore", "posectl-report");
  try {
    return new Report(root, await unpack(text));
  } catch (error) {
    root.replaceChildren(make("p", { class: "failure", role: "alert" }, String(/** @type {Error} */ (error).message)));
    throw error;
  }
}

class Report {
  constructor(/** @type {HTMLElement} */ root, /** @type {import("./data.js").Data} */ data) {
    const { header, arrays } = data;
    this.root = root;
    this.header = header;
    this.arrays = arrays;
    this.size = header.shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    this.scene = sceneOf(header);
    this.camera = { yaw: -0.6, pitch: 0.15 };
    this.playing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.alpha = 0;
    const sections = [this.models(), this.scores(), this.figures(), this.paths(), this.draws(), this.recipe()].filter(Boolean);
    const links = sections.map((/** @type {any} */ each) => make("a", { href: `#${each.id}` }, each.title));
    sections.forEach((/** @type {any} */ each) => each.removeAttribute("title"));
    root.replaceChildren(make("header", {}, make("h1", {}, header.title), make("nav", {}, ...links)), ...sections);
    this.frame = this.frame.bind(this);
    addEventListener("beforeprint", () => { this.everywhere = true; this.drawStill(); });
    addEventListener("afterprint", () => { this.everywhere = false; });
    addEventListener("scroll", () => { if (!this.playing) this.drawStill(); else this.drawDraws(); }, { passive: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.drawStill());
    new ResizeObserver(() => this.drawStill()).observe(root);
    requestAnimationFrame(this.frame);
  }

  section(/** @type {string} */ id, /** @type {string} */ title, /** @type {any[]} */ ...children) {
    return make("section", { id, title }, make("h2", {}, title), ...children);
  }

  models() {
    const { head, rows } = this.header.models;
    return this.section("models", "What was trained", sortable(head, rows.map((/** @type {string[]} */ row) => row.map((text) => ({ text })))));
  }

  scores() {
    const table = this.header.scores;
    if (!table) return null;
    const head = ["", ...table.heads.map((/** @type {any} */ each) => each.label)];
    const rows = table.rows.map((/** @type {any} */ row) => [
      { text: [row.name, row.unit && `(${row.unit})`, row.arrow].filter(Boolean).join(" ") },
      ...row.cells.map((/** @type {any} */ cell, /** @type {number} */ i) => ({
        text: cell ? `${short(cell.mean)} ± ${short(cell.std)}` : "", best: row.best.includes(i), value: cell?.mean,
        title: cell ? `median ${short(cell.median)}` : "",
      })),
    ]);
    const notes = table.notes.map((/** @type {string} */ note) => make("li", {}, note));
    const over = table.over ? `Mean ± standard deviation over ${table.over}; the best of those scored here in bold.` : "";
    return this.section("scores", "Scores", make("p", {}, over), sortable(head, rows), make("ul", { class: "notes" }, ...notes));
  }

  figures() {
    if (!this.header.figures.length) return null;
    const shown = this.header.figures.map((/** @type {any} */ figure) => {
      const image = make("img", { src: `data:image/svg+xml;base64,${figure.svg}`, alt: figure.caption });
      const zoom = make("button", { type: "button", class: "zoom", "aria-label": `Enlarge: ${figure.caption}`, onclick: () => enlarge(image, figure.caption) }, image);
      return make("figure", { class: `panel ${figure.name}` }, zoom, make("figcaption", {}, figure.caption));
    });
    return this.section("figures", "Figures", make("div", { class: "figures" }, ...shown));
  }

  paths() {
    if (!this.header.played.length) return null;
    const metrics = [...new Set(this.header.played.map((/** @type {any} */ each) => each.metric))];
    const grid = make("div", { class: "played" });
    const show = (/** @type {number} */ index) => {
      /** @type {any[]} */
      this.panels = [];
      const models = [...new Set(this.header.played.map((/** @type {any} */ each) => each.model))];
      grid.replaceChildren(...models.flatMap((model) => {
        const some = this.header.played.filter((/** @type {any} */ each) => each.model === model && each.metric === metrics[index]);
        return [make("h3", {}, model), make("div", { class: "panels" }, ...some.map((/** @type {any} */ each) => this.panel(each)))];
      }));
      this.drawStill();
    };
    const chosen = choice("Best, median and worst by", /** @type {string[]} */ (metrics), show);
    const play = button(this.playing ? "Pause" : "Play", () => { this.playing = !this.playing; play.textContent = this.playing ? "Pause" : "Play"; if (this.playing) requestAnimationFrame(this.frame); });
    show(0);
    return this.section("paths", "Paths", make("p", {}, "Of a hundred paths between test samples of each model."), make("div", { class: "row" }, chosen.element, play), grid);
  }

  panel(/** @type {any} */ path) {
    const canvas = make("canvas", { class: "small", tabindex: "0", role: "img", "aria-label": `The ${path.place} path of ${path.model} by ${path.metric}` });
    this.panels?.push({ canvas, samples: this.arrays.get(path.samples) });
    turnable(canvas, this.camera, () => this.drawStill());
    return make("figure", { class: "panel" }, make("figcaption", {}, `${path.place}: ${short(path.value)}`), canvas);
  }

  draws() {
    if (!this.header.draws.length) return null;
    /** @type {any[]} */
    this.stills = [];
    const rows = this.header.draws.flatMap((/** @type {any} */ each) => {
      const [samples, real, distances] = ["samples", "nearest", "distances"].map((key) => this.arrays.get(`${each.name}.${key}`));
      const cells = Array.from({ length: each.count }, (_, i) => {
        const canvas = make("canvas", { class: "small", tabindex: "0", role: "img", "aria-label": `A draw from ${each.model}, and the nearest real ${this.header.noun}` });
        this.stills.push({ canvas, samples, from: i * this.size, real });
        turnable(canvas, this.camera, () => this.drawStill());
        const far = this.header.kind === "poses" ? `${(1000 * distances[i]).toFixed(0)} mm` : short(distances[i]);
        return make("figure", { class: "panel" }, canvas, make("figcaption", {}, `${far} off`));
      });
      return [make("h3", {}, each.model), make("div", { class: "panels" }, ...cells)];
    });
    return this.section("draws", "Draws from the prior", make("p", {}, `Each with the nearest real ${this.header.noun}, ${this.header.kind === "images" ? "beside it" : "in grey"}.`), ...rows);
  }

  recipe() {
    const text = make("pre", {}, this.header.recipe);
    const copy = button("Copy", () => navigator.clipboard?.writeText(this.header.recipe).then(() => { copy.textContent = "Copied"; }, () => {}));
    return this.section("recipe", "To make it again", make("div", { class: "row" }, copy), text);
  }

  frame(/** @type {number} */ now) {
    const turn = (now / 1000 / ONE_WAY) % 2;
    if (this.playing) this.alpha = turn < 1 ? turn : 2 - turn;
    this.paint();
    if (this.playing) requestAnimationFrame(this.frame);
  }

  /** Draw the paths at alpha, those that are in view. */
  paint() {
    const look = lookOf(this.root), t = Math.round(this.alpha * (this.header.steps - 1));
    for (const { canvas, samples } of this.panels ?? []) this.draw(canvas, look, samples, t * this.size, null);
  }

  drawDraws() {
    const look = lookOf(this.root);
    for (const { canvas, samples, from, real } of this.stills ?? []) this.draw(canvas, look, samples, from, real);
  }

  drawStill() {
    this.drawDraws();
    this.paint();
  }

  draw(/** @type {HTMLCanvasElement} */ canvas, /** @type {any} */ look, /** @type {Float32Array} */ samples, /** @type {number} */ from, /** @type {Float32Array | null} */ real) {
    const box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    if (!box.width || (!this.everywhere && (box.bottom < -200 || box.top > innerHeight + 200))) return;
    [canvas.width, canvas.height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    if (this.header.kind !== "images" || !real) {
      drawSample(context, canvas.width, canvas.height, this.scene, this.camera, look, samples, from, real && { samples: real, from });
      return;
    }
    drawSample(context, canvas.width / 2, canvas.height, this.scene, this.camera, look, samples, from, null);
    context.translate(canvas.width / 2, 0);
    drawSample(context, canvas.width / 2, canvas.height, this.scene, this.camera, look, real, from, null);
  }
}

/** A number as people read it. */
function short(/** @type {number | null | undefined} */ value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(+value.toPrecision(3));
}

/** Whether a cell is a number, perhaps with its unit or spread, and no digest that begins with digits. */
const isNumber = (/** @type {string} */ text) => /^[-–]?(\d[\d.,]*([^\w.,]|$)|$)/.test(text);

/** A table whose rows sort by a column when its head is pressed, by number where all are numbers. */
function sortable(/** @type {string[]} */ head, /** @type {any[][]} */ rows) {
  const body = make("tbody");
  const fill = () => body.replaceChildren(...rows.map((cells) => make("tr", {}, ...cells.map((cell, c) =>
    make(c === 0 ? "th" : "td", {
      ...(c === 0 ? { scope: "row" } : {}), ...(cell.title ? { title: cell.title } : {}),
      class: cell.best ? "best" : isNumber(cell.text) ? "" : "words",
    }, cell.text)))));
  /** @type {[number, number]} */
  let sorted = [-1, 1];
  const heads = head.map((name, column) => make("th", { scope: "col", class: isNumber(rows[0]?.[column]?.text ?? "") ? "" : "words" }, make("button", { type: "button", onclick: () => {
    sorted = [column, sorted[0] === column ? -sorted[1] : 1];
    const key = (/** @type {any[]} */ row) => row[column]?.value ?? parseFloat(row[column]?.text);
    const numbers = rows.every((row) => Number.isFinite(key(row)) || !row[column]?.text);
    rows.sort((a, b) => sorted[1] * (numbers ? key(a) - key(b) : String(a[column]?.text).localeCompare(String(b[column]?.text))));
    heads.forEach((each, i) => each.setAttribute("aria-sort", i === column ? (sorted[1] > 0 ? "ascending" : "descending") : "none"));
    fill();
  } }, name)));
  fill();
  return make("div", { class: "scroll" }, make("table", { class: "numbers sortable" }, make("thead", {}, make("tr", {}, ...heads)), body));
}

/** Show a figure as large as the window. */
function enlarge(/** @type {HTMLImageElement} */ image, /** @type {string} */ caption) {
  const dialog = make("dialog", { "aria-label": caption }, make("img", { src: image.src, alt: caption }));
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  image.closest(".posectl-explore")?.append(dialog);
  dialog.showModal();
}
