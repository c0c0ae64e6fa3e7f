// Colours: of classes, of values from low to high, and of the page, which its style sheet says.

/** Okabe and Ito's, then others that differ in lightness. */
const CLASSES = [
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c564b", "#7f7f7f", "#bcbd22", "#9467bd", "#17becf",
  "#b2182b",
];

/** Viridis at nine places. */
const SCALE = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"];

export const MOST_COLOURS = CLASSES.length;
const OTHERS = [140, 140, 140]; // of classes beyond, and of those that are not pointed at

/** The colour of a class; lift: how far it goes towards white, which dark grounds ask for. */
export function classColour(/** @type {number} */ index, /** @type {number} */ lift) {
  return `rgb(${classParts(index, lift)})`;
}

function classParts(/** @type {number} */ index, /** @type {number} */ lift) {
  return index < MOST_COLOURS ? parts(CLASSES[index]).map((each) => Math.round(each + lift * (255 - each))) : OTHERS;
}

/** @returns {[number, number, number]} */
function parts(/** @type {string} */ colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** The colour of a share from 0 to 1. */
export function scaleColour(/** @type {number} */ share) {
  const place = Math.max(0, Math.min(0.9999, share)) * (SCALE.length - 1);
  const [low, high] = [parts(SCALE[Math.floor(place)]), parts(SCALE[Math.floor(place) + 1])];
  return low.map((each, i) => Math.round(each + (place % 1) * (high[i] - each)));
}

/** The bytes of points' colours: by class; `only`: the one class that has a colour, if there is one. */
export function byClass(/** @type {ArrayLike<number>} */ classes, /** @type {number} */ lift, /** @type {number | null} */ only) {
  const out = new Uint8Array(3 * classes.length), known = new Map();
  const colour = (/** @type {number} */ each) => (only === null ? classParts(each, lift) : each === only ? classParts(each % MOST_COLOURS, lift) : OTHERS);
  for (let i = 0; i < classes.length; i++) {
    if (!known.has(classes[i])) known.set(classes[i], colour(classes[i]));
    out.set(known.get(classes[i]), 3 * i);
  }
  return out;
}

/** By value, from the 1st to the 99th hundredth; `period`: where the values go round. */
export function byValue(/** @type {ArrayLike<number>} */ values, /** @type {number} */ period) {
  const sorted = Float32Array.from(values).sort();
  const low = period ? 0 : sorted[Math.floor(0.01 * (sorted.length - 1))];
  const high = period || sorted[Math.ceil(0.99 * (sorted.length - 1))];
  const out = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const share = (values[i] - low) / (high - low || 1);
    out.set(period ? turnColour(share) : scaleColour(share), 3 * i);
  }
  return { colours: out, low, high };
}

/** A colour that goes round with its share. */
function turnColour(/** @type {number} */ share) {
  return [0, 1 / 3, 2 / 3].map((shift) => Math.round(140 + 100 * Math.cos(2 * Math.PI * (share - shift))));
}

/** Read the page's colours from its style sheet. */
export function lookOf(/** @type {Element} */ root) {
  const style = getComputedStyle(root);
  const of = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("muted"), strong: of("ink"), grid: of("line"), paper: of("panel"), left: of("left"), right: of("right"),
    middle: of("middle"), ghost: of("ghost"), floor: of("line"), a: of("a"), b: of("b"), lift: Number(of("lift")),
  };
}
