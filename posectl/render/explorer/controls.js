// The controls of the page: each part's own elements, which tell the page what is wished.

import { button, choice, make, slider } from "./dom.js";
import { paintClasses, paintValues } from "./legend.js";
import { pathsOf } from "./paths.js";
import { DATA } from "./steps.js";

/** What is shown on the map, and in which colours. */
export function mapControls(/** @type {import("./app.js").Explorer} */ page) {
  const { header } = page;
  /** @type {{name: string, paint: () => {colours: Uint8Array, legend: (Node | string)[]}}[]} */
  page.colourings = [
    ...header.labels.map((/** @type {any} */ label) => ({ name: label.name, paint: () => paintClasses(page, label) })),
    ...header.factors.map((/** @type {any} */ factor) => ({ name: factor.name, paint: () => paintValues(page, page.arrays.get(`factor.${factor.name}`), factor.period, factor.unit) })),
    ...page.models.flatMap((model, i) => (model.speed ? [{ name: `speed of ${header.models[i].label}`, paint: () => paintValues(page, model.speed, 0, header.models[i].speedUnit) }] : [])),
    ...(page.models[0].density ? [{ name: "density of codes", paint: () => paintValues(page, page.models[0].density, 0, "") }] : []),
  ];
  const colour = choice("Colour by", page.colourings.length ? page.colourings.map(({ name }) => name) : ["nothing"], (index) => { page.only = null; page.recolour(index); });
  const draws = make("input", { type: "checkbox", onchange: () => page.showDraws(draws.checked) });
  return make("div", { class: "row" }, colour.element, make("label", { class: "check" }, draws, "draws"),
    button("Fit", () => { page.map.fit(); page.request(); }, "Show all codes"));
}

/** The ends: which moves, and from where it is taken. */
export function endControls(/** @type {import("./app.js").Explorer} */ page) {
  const { header } = page;
  page.endButtons = ["A", "B"].map((name, index) =>
    make("button", { type: "button", class: `end ${name.toLowerCase()}`, onclick: () => page.choose(index), "aria-pressed": String(index === 0) }, name));
  const number = make("input", { type: "number", min: "0", max: String(header.total - 1), "aria-label": `Number of a ${header.noun}`, placeholder: `${header.noun} #` });
  number.addEventListener("change", () => page.pick(page.rowOf(Number(number.value))));
  const lists = header.labels.map((/** @type {any} */ label) =>
    choice(label.name, ["any", ...label.names], (index) => page.pickWhere(label, index - 1)).element);
  page.sliders = make("div", { class: "sliders" });
  const which = choice("Numbers of the code in", header.models.map((/** @type {any} */ each) => each.label), (index) => { page.slid = index; buildSliders(page); });
  page.slid = 0;
  buildSliders(page);
  return make("fieldset", { class: "ends" },
    make("legend", {}, "End"),
    make("div", { class: "row" }, ...page.endButtons, number,
      button("Random", () => page.pick(Math.floor(Math.random() * page.count)), `A ${header.noun} of the data`),
      button("Draw", () => page.drawEnd(), "A code drawn at random"),
      button("Swap", () => { page.ends.reverse(); page.places.reverse(); page.request(); })),
    make("div", { class: "row" }, ...lists),
    make("details", {}, make("summary", {}, "The code, number by number"), ...(page.models.length > 1 ? [which.element] : []), page.sliders));
}

/** A slider for each number of the chosen end's code in a model, and for each attribute vector of that model. */
function buildSliders(/** @type {import("./app.js").Explorer} */ page) {
  const model = page.models[page.slid];
  const most = model.prior === "sphere" ? 1 : model.about.most;
  page.inputs = Array.from({ length: Math.min(model.latent, 64) }, (_, axis) => slider(`z${axis + 1}`, { min: -most, max: most, step: most / 500, value: 0 }, (value) => {
    const end = page.ends[page.active];
    page.setEnd({ ...end, amounts: new Map(), set: new Map(end.set).set(model.index, model.moved(model.code(end), axis, value)) });
  }));
  const { heads } = model.about, names = page.header.classNames;
  const told = choice("Class in the code", ["as it is", ...Array.from({ length: heads }, (_, i) => names[i] ?? String(i))], (index) => {
    const end = page.ends[page.active], code = Float64Array.from(model.code(end));
    for (let i = 0; index && i < heads; i++) code[i] = i === index - 1 ? 1 : 0;
    page.setEnd({ ...end, amounts: new Map(), set: new Map(end.set).set(model.index, code) });
  });
  model.attributes.forEach((attribute, number) => {
    if (attribute.model !== model.index) return;
    const range = { min: -attribute.most, max: attribute.most, step: attribute.most / 100, value: 0 };
    const { element, input } = slider(attribute.name, range, (value) => {
      const end = page.ends[page.active];
      page.setEnd({ ...end, amounts: new Map(end.amounts ?? []).set(number, value) });
    });
    page.inputs.push({ element, input, attribute: number });
  });
  page.sliders.replaceChildren(...(heads ? [told.element] : []), ...page.inputs.map(({ element }) => element));
}

/** The place on the path, the paths and the models that are shown. */
export function pathControls(/** @type {import("./app.js").Explorer} */ page) {
  page.play = button("Play", () => page.toggle());
  page.scrub = slider("alpha", { min: 0, max: 1, step: 0.001, value: page.alpha }, (value) => { page.alpha = value; page.request(); });
  const names = [...pathsOf(page.models[0].prior), DATA];
  const paths = names.map((name) => {
    const box = make("input", { type: "checkbox", checked: page.paths.has(name), onchange: () => {
      if (box.checked) page.paths.add(name);
      else page.paths.delete(name);
      page.buildPanels();
    } });
    return make("label", { class: "check" }, box, name);
  });
  const models = page.models.length < 2 ? [] : page.models.map((model, index) => {
    const box = make("input", { type: "checkbox", checked: true, onchange: () => {
      if (box.checked) page.shown.add(index);
      else page.shown.delete(index);
      page.buildPanels();
    } });
    return make("label", { class: "check" }, box, page.header.models[index].label);
  });
  const ghost = make("input", { type: "checkbox", checked: true, onchange: () => { page.withoutGhost = !ghost.checked; page.request(); } });
  return make("div", {},
    make("div", { class: "row play" }, page.play, page.scrub.element, button("Walk", () => page.walk(), "Go on from B to another random end")),
    make("div", { class: "row" }, ...paths, ...models,
      ...(page.reference.count ? [make("label", { class: "check" }, ghost, `nearest real ${page.header.noun}`)] : [])));
}

/** What is seen, saved, and the command that makes it again. */
export function exportControls(/** @type {import("./app.js").Explorer} */ page) {
  return make("div", { class: "saves" },
    make("div", { class: "row" },
      button("Save path .npy", () => page.exports.savePath()), button("Save ends .npy", () => page.exports.saveEnds()),
      button("Save PNG", () => page.exports.savePng()), button("Save GIF", () => page.exports.saveGif()),
      button("Copy command", () => page.exports.copy())),
    page.command, page.status);
}
