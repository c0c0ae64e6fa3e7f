// How many steps a path has, and what its straight line in data space is called.

const DRAGGED = 12; // while an end is dragged; a network decodes four together
const IN_WORKER = 13; // of a decoder that a worker runs
export const FINE = 49; // at rest
export const DATA = "data space"; // the straight line between the decoded ends

/** The steps of a model's path: at rest, or while an end is dragged. */
export function stepsOf(/** @type {import("./model.js").Model} */ model, dragged = false) {
  if (model.background) return IN_WORKER;
  return dragged ? DRAGGED : FINE;
}
