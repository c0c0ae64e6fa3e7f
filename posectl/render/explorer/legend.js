// What the colours on the map tell, and the colours.

import { MOST_COLOURS, byClass, byValue, classColour, scaleColour } from "./colours.js";
import { make } from "./dom.js";

const MOST_NAMES = 200; // of classes in the legend

/** Colours by class, and a legend in which a class can be pointed at: alone it keeps its colour. */
export function paintClasses(/** @type {import("./app.js").Explorer} */ page, /** @type {any} */ label) {
  const classes = page.arrays.get(`label.${label.name}`), { lift } = page.look;
  const legend = label.names.slice(0, MOST_NAMES).map((/** @type {string} */ name, /** @type {number} */ i) => {
    const swatch = make("i");
    swatch.style.background = classColour(i === page.only ? i % MOST_COLOURS : i, lift);
    const pointed = () => { page.only = page.only === i ? null : i; page.recolour(page.colouring); };
    return make("button", { type: "button", "aria-pressed": String(page.only === i), onclick: pointed }, swatch, make("b", {}, name));
  });
  if (label.names.length > MOST_NAMES) legend.push(make("span", {}, `and ${label.names.length - MOST_NAMES} more`));
  return { colours: byClass(classes, lift, page.only), legend };
}

/** Colours by value, and a bar that tells which. */
export function paintValues(/** @type {import("./app.js").Explorer} */ page, /** @type {ArrayLike<number>} */ values, /** @type {number} */ period, /** @type {string} */ unit) {
  const { colours, low, high } = byValue(values, period);
  const bar = make("i", { class: "bar" });
  if (!period) bar.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((share) => `rgb(${scaleColour(share)})`).join(", ")})`;
  const text = (/** @type {number} */ value) => `${+value.toPrecision(3)}`;
  return { colours, legend: [make("span", {}, text(low), bar, `${text(high)} ${unit}`)] };
}
